"""A template as the stack that CloudFormation would make of it: its resources, every function in them worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from homeport.project.cloudformation.stack.imports import ImportedValues
from homeport.project.cloudformation.stack.intrinsics import UnresolvedValueError
from homeport.project.cloudformation.stack.parameters import StackValues, nested_values
from homeport.project.cloudformation.stack.stack_evaluator import NESTED, StackEvaluator
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines


@dataclass(frozen=True, slots=True)
class StackResource:
    """A resource of a stack, its condition true.

    ``logical_id`` is the template's; a nested stack's resource has those of the stacks above before it
    (``Storage.ItemsTable``). ``properties`` is the cursor of its Properties, in which functions are worked out: a
    reference to another resource has become the name, ARN or URL that AWS would give. Problems that it reports name the
    owner's file and line. ``physical_id`` is the value of ``Ref``. ``attributes`` are the values of ``Fn::GetAtt``.
    ``unknown`` has the places below ``properties`` (``("Environment", "Variables", "KEY")``) whose value only AWS
    knows, and ``secret`` those whose value must not be printed (NoEcho, Secrets Manager). ``metadata`` is the
    resource's Metadata as written.
    """

    logical_id: str
    type: str
    properties: Cursor
    physical_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[tuple[str, ...]] = frozenset()
    secret: frozenset[tuple[str, ...]] = frozenset()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN, ``""`` for a type that has none."""
        return self.attributes.get("Arn", "")


@dataclass(frozen=True)
class CloudFormationStack:
    """The resources of a template and of its nested stacks, in the template's order.

    ``names`` has the values of parameters and pseudo parameters. ``outputs`` are the template's own, worked out.
    ``files`` are those in which the templates are.
    """

    name: str
    region: str
    resources: Mapping[str, StackResource]
    names: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    files: frozenset[str] = frozenset()

    def of_type(self, *types: str) -> Iterator[StackResource]:
        """Yield the resources of some types (``AWS::Lambda::Function``)."""
        return (resource for resource in self.resources.values() if resource.type in types)

    def by_arn(self, arn: str) -> StackResource | None:
        """Return the resource that has an ARN; a function's may end in a version or alias (``…:function:f:live``)."""
        return self._by_arn.get(arn) or self._by_arn.get(arn.rpartition(":")[0])

    @cached_property
    def _by_arn(self) -> Mapping[str, StackResource]:
        return {resource.arn: resource for resource in self.resources.values() if resource.arn}


class TemplateReader(Protocol):
    """The reader of a nested stack's template."""

    def read(self, location: str, file: str) -> Document | None:
        """Return the template that ``file`` names; None if that is no local file, or if it can't be read."""

    def translate(self, document: Document, values: StackValues) -> Document | None:
        """Return a template after its Transform."""


def read_stack(
    document: Document, values: StackValues, diagnostics: Diagnostics, templates: TemplateReader | None = None
) -> CloudFormationStack:
    """Read a template, after its Transform, as the stack that CloudFormation would make of it.

    ``templates`` reads those of nested stacks, whose resources become part of this one.
    """
    imported = ImportedValues(values.imports)
    stack = _StackReader(Cursor.root(document, diagnostics), values, imported, templates).stack()
    imported.report()
    return stack


_PROTECTION = {
    "AWS::ApiGateway::ApiKey": frozenset(("Value", "Enabled")),
    "AWS::ApiGateway::Authorizer": None,
    "AWS::ApiGateway::Method": None,
    "AWS::ApiGateway::RestApi": frozenset(("Body", "Policy")),
    "AWS::ApiGatewayV2::Api": frozenset(("Body",)),
    "AWS::ApiGatewayV2::Authorizer": None,
    "AWS::ApiGatewayV2::Route": None,
}
"""The properties that say who may call an API, by type; None: all of them."""
_DEEPEST = 10


class _StackReader:
    """Reads one template; ``prefix`` and ``root_name`` are as in ``StackEvaluator``."""

    def __init__(
        self,
        root: Cursor,
        values: StackValues,
        imported: ImportedValues,
        templates: TemplateReader | None,
        prefix: str = "",
        root_name: str = "",
    ) -> None:
        self._root = root
        self._values = values
        self._imported = imported
        self._templates = templates
        self._prefix = prefix
        self._root_name = root_name or values.name
        self._nested: dict[str, CloudFormationStack | None] = {}
        self._evaluator = StackEvaluator(root, values, imported, self._outputs_of, prefix, self._root_name)

    def stack(self) -> CloudFormationStack:
        resources: dict[str, StackResource] = {}
        files = self._root.document.files()
        for logical_id, cursor in self._root.map("Resources").items():
            if not cursor.is_a(dict, "a resource, a map"):
                continue
            if not cursor.text("Type"):
                cursor.error(f"the resource {logical_id} has no Type", "write for example Type: AWS::SQS::Queue")
                continue
            resource = self._resource(logical_id, cursor)
            if resource is None:
                continue
            resources[resource.logical_id] = resource
            nested = self._nested_stack(logical_id) if resource.type == NESTED else None
            if nested is not None:
                resources.update(nested.resources)
                files |= nested.files
        values = self._values
        return CloudFormationStack(
            values.name, values.region, resources, values.names, dict(self._outputs()), frozenset(files)
        )

    def _resource(self, logical_id: str, cursor: Cursor) -> StackResource | None:
        evaluator, type = self._evaluator, cursor.text("Type")
        evaluator.begin()
        try:
            exists = not cursor.has("Condition") or evaluator.condition(cursor.at("Condition"))
            if exists:
                properties = evaluator.value(cursor.map("Properties"))
                physical_id = evaluator.reference(logical_id, cursor)
        except UnresolvedValueError as error:
            evaluator.report(error)
            return None
        self._check_guesses(logical_id, type)
        if not exists:
            return None
        if not isinstance(properties, dict):
            cursor.at("Properties").error(f"the Properties of {logical_id} must be a map", "write them out")
            return None
        lines = evaluator.source_map.get(id(properties), SourceLines(0, {}))
        source = cursor.source
        evaluator.source_map[id(properties)] = lines._replace(
            line=source.line, file=source.file if source.file != cursor.document.file else ""
        )
        document = Document(cursor.document.file, properties, evaluator.source_map)
        metadata = cursor.value.get("Metadata")
        return StackResource(
            logical_id=f"{self._prefix}{logical_id}",
            type=type,
            properties=Cursor.root(document, cursor.diagnostics),
            physical_id=physical_id,
            attributes=evaluator.attributes(logical_id),
            unknown=frozenset(evaluator.unknown),
            secret=frozenset(evaluator.secret),
            metadata=metadata if isinstance(metadata, dict) else {},
        )

    def _check_guesses(self, logical_id: str, type: str) -> None:
        """Report a placeholder that decides how an API is protected: that must not be guessed."""
        evaluator = self._evaluator
        if type not in _PROTECTION:
            return
        protecting = _PROTECTION[type]
        guesses = [
            guess
            for (place, _), guess in evaluator.decided.items()
            if not place or protecting is None or place[0] in protecting
        ]
        if type == "AWS::ApiGateway::ApiKey" and ("Value",) in evaluator.guesses:
            guesses.append(evaluator.guesses["Value",])
        for name, hint in dict.fromkeys(guesses):
            parameter = self._root.map("Parameters").at(name)
            place = parameter if parameter.value is not None else self._root.map("Resources").at(logical_id)
            place.error(f"{name!r} has no value, and it decides how {logical_id} is protected", hint)

    def _outputs(self) -> Iterator[tuple[str, Any]]:
        evaluator = self._evaluator
        for name, cursor in self._root.map("Outputs").items():
            evaluator.begin()
            try:
                if cursor.has("Condition") and not evaluator.condition(cursor.at("Condition")):
                    continue
                if cursor.has("Value"):
                    yield name, evaluator.value(cursor.at("Value"))
            except UnresolvedValueError as error:
                error.cursor.warning(error.message, error.hint)

    def _outputs_of(self, logical_id: str) -> Mapping[str, Any] | None:
        nested = self._nested_stack(logical_id)
        return None if nested is None else nested.outputs

    def _nested_stack(self, logical_id: str) -> CloudFormationStack | None:
        if logical_id not in self._nested:
            self._nested[logical_id] = None
            try:
                self._nested[logical_id] = self._read_nested(logical_id)
            except UnresolvedValueError as error:
                self._evaluator.report(error)
        return self._nested[logical_id]

    def _read_nested(self, logical_id: str) -> CloudFormationStack | None:
        resource = self._root.map("Resources").at(logical_id)
        at = resource.map("Properties").at("TemplateURL")
        location = self._evaluator.property(logical_id, "TemplateURL")
        document = None
        if self._prefix.count(".") >= _DEEPEST:
            at.error("stacks are nested too deeply", "does a template nest itself?")
        elif isinstance(location, str) and self._templates is not None:
            document = self._templates.read(location, at.source.file)
        if document is None:
            at.warning(
                f"the template of the nested stack {logical_id} is not a local file, so its resources are left out",
                "name a file of this project",
            )
            return None
        given = self._evaluator.parameters_of(logical_id)
        values = nested_values(self._values, logical_id, document, given, resource)
        assert self._templates is not None
        translated = self._templates.translate(document, values)
        if translated is None:
            return None
        root = Cursor.root(translated, resource.diagnostics)
        prefix = f"{self._prefix}{logical_id}."
        return _StackReader(root, values, self._imported, self._templates, prefix, self._root_name).stack()
