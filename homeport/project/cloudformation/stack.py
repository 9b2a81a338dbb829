"""A template as the stack that CloudFormation would make of it: its resources, every function in them worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.project.cloudformation.intrinsics import NO_VALUE, Evaluator, UnresolvedValueError
from homeport.project.cloudformation.parameters import StackValues
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document


@dataclass(frozen=True, slots=True)
class StackResource:
    """A resource of a stack, its condition true.

    ``logical_id`` is the template's; a nested stack's resource has those of the stacks above before it
    (``Storage.ItemsTable``). ``properties`` is the cursor of its Properties, in which functions are worked out: a
    reference to another resource has become the name, ARN or URL that AWS would give. Problems that it reports name the
    owner's file and line. ``physical_id`` is the value of ``Ref``. ``attributes`` are the values of ``Fn::GetAtt``.
    ``unknown`` has the places below ``properties`` (``("Environment", "Variables", "KEY")``) whose value only AWS
    knows.
    """

    logical_id: str
    type: str
    properties: Cursor
    physical_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[tuple[str, ...]] = frozenset()

    @property
    def arn(self) -> str:
        """The ARN, ``""`` for a type that has none."""
        return self.attributes.get("Arn", "")


@dataclass(frozen=True)
class CloudFormationStack:
    """The resources of a template and of its nested stacks, in the template's order.

    ``names`` has the values of parameters and pseudo parameters. ``outputs`` are the template's own, worked out.
    """

    name: str
    region: str
    resources: Mapping[str, StackResource]
    names: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def of_type(self, *types: str) -> Iterator[StackResource]:
        """Yield the resources of some types (``AWS::Lambda::Function``)."""
        return (resource for resource in self.resources.values() if resource.type in types)

    def by_arn(self, arn: str) -> StackResource | None:
        """Return the resource that has an ARN; a function's may end in a version or alias (``…:function:f:live``)."""
        for resource in self.resources.values():
            if resource.arn and (arn == resource.arn or arn.startswith(f"{resource.arn}:")):
                return resource
        return None


def read_stack(document: Document, values: StackValues, diagnostics: Diagnostics) -> CloudFormationStack:
    """Read a template without Transform as the stack that CloudFormation would make of it."""
    root = Cursor.root(document, diagnostics)
    names = {
        "AWS::AccountId": LOCAL_ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": values.region,
        "AWS::StackId": f"arn:aws:cloudformation:{values.region}:{LOCAL_ACCOUNT}:stack/{values.name}/local",
        "AWS::StackName": values.name,
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::NotificationARNs": [],
        **values.parameters,
    }
    evaluator = Evaluator(names, root.map("Conditions"), root.map("Mappings"))
    resources = {}
    for logical_id, cursor in root.map("Resources").items():
        try:
            if cursor.has("Condition") and not evaluator.condition(cursor.at("Condition")):
                continue
            properties = evaluator.value(cursor.map("Properties"))
        except UnresolvedValueError as error:
            error.cursor.error(error.message, error.hint)
            continue
        made = Document(document.file, {} if properties is NO_VALUE else properties, evaluator.source_map)
        name = f"{values.name}-{logical_id}"
        resources[logical_id] = StackResource(logical_id, cursor.text("Type"), Cursor.root(made, diagnostics), name)
    return CloudFormationStack(values.name, values.region, resources, names)
