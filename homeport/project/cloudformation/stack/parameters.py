"""The values that come from outside a template: its parameters, its stack's name and region, and imports.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.imports import Imported, ImportedValues, import_hint
from homeport.project.cloudformation.stack.samconfig import read_samconfig
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.names import did_you_mean, slug
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.stages.settings import read_dotenv_file

DEFAULT_REGION = "us-east-1"
_LONGEST_STACK_NAME = 128

_LIST = re.compile(r"CommaDelimitedList|List<.*>|AWS::SSM::Parameter::Value<(List<.*>|CommaDelimitedList)>")
_SSM = re.compile(r"AWS::SSM::Parameter::Value<.*>")

_PLACEHOLDERS = {
    "AWS::EC2::AvailabilityZone::Name": "us-east-1a",
    "AWS::EC2::Image::Id": "ami-00000000000000000",
    "AWS::EC2::Instance::Id": "i-00000000000000000",
    "AWS::EC2::SecurityGroup::Id": "sg-00000000000000000",
    "AWS::EC2::Subnet::Id": "subnet-00000000000000000",
    "AWS::EC2::VPC::Id": "vpc-00000000000000000",
    "AWS::EC2::Volume::Id": "vol-00000000000000000",
    "AWS::Route53::HostedZone::Id": "Z0000000000000",
    "Number": "1",
}
"""What stands for a value of a type of AWS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
"""
_WORDS = (("email", "nobody@example.com"), ("origin", "https://example.com"), ("url", "https://example.com"))
_NAME_PLACEHOLDERS = (*_WORDS, ("domain", "example.com"), ("arn", "arn:aws:::placeholder"))
"""What stands for a text whose parameter has such a word in its name."""


@dataclass(frozen=True)
class StackValues:
    """The values from outside with which a template is a stack.

    ``parameters`` has a text for each parameter, or a list of texts for those of a list type. ``imports`` are exports
    of other stacks and targets of dynamic references. ``missing`` has the parameters that have a placeholder, because
    nobody gives a value, each with the way to give one. ``secrets`` are those with ``NoEcho``, which are not to be
    printed.
    """

    name: str
    region: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The values of parameters and pseudo parameters.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
        """
        stack_id = f"stack/{self.name}/00000000-0000-0000-0000-000000000000"
        return {
            "AWS::AccountId": LOCAL_ACCOUNT,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{LOCAL_ACCOUNT}:{stack_id}",
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
            **self.parameters,
        }


def read_parameters(
    root: Path,
    document: Document,
    inputs: ProjectInputs,
    stage_key: str,
    environ: Mapping[str, str],
    diagnostics: Diagnostics,
) -> StackValues:
    """Return the values for a template, as it is before its Transform.

    A value is that of ``--parameter``, else of samconfig.toml, else the Default. samconfig.toml is read for the
    environment ``stage_key`` if it has one of that name. Exports and dynamic references have the values of
    ``--import``, else of ``.env``, whose variables ``environ`` may set as well.
    """
    config = read_samconfig(root, stage_key, diagnostics)
    dotenv = read_dotenv_file(root, diagnostics)
    imports = {**dotenv, **{name: environ[name] for name in dotenv if name in environ}, **dict(inputs.imports)}
    parameters = Cursor.root(document, diagnostics).map("Parameters")
    given = dict(inputs.parameters)
    for name in given:
        if name not in parameters.value:
            parameters.error(f"the template has no parameter {name!r}", did_you_mean(name, parameters.value))
    reader = _ParameterReader({**config.parameters, **given}, imports)
    found = StackValues(
        name=config.stack_name or slug(root.name)[:_LONGEST_STACK_NAME],
        region=config.region or DEFAULT_REGION,
        parameters={name: reader.value(name, cursor) for name, cursor in parameters.items()},
        imports=imports,
        missing=reader.missing,
        secrets=frozenset(reader.secrets),
    )
    reader.imported.report()
    if reader.without_value:
        names = reader.without_value
        parameters.at(names[0]).warning(
            f"no value is given for {', '.join(names)}: a placeholder stands for {'each' if names[1:] else 'it'}",
            parameter_hint(names[0]),
        )
    return found


class GivenParameters(NamedTuple):
    """The parameters that a stack gives to a nested one; ``missing`` and ``secrets`` are as in ``StackValues``."""

    values: Mapping[str, Any]
    missing: Mapping[str, str]
    secrets: frozenset[str]


def nested_values(
    above: StackValues,
    logical_id: str,
    document: Document,
    given: GivenParameters,
    resource: Cursor,
) -> StackValues:
    """Return the values for the template of a nested stack; ``resource`` is its place in the template above."""
    reader = _ParameterReader({name: _parameter_text(value) for name, value in given.values.items()}, above.imports)
    parameters = Cursor.root(document, resource.diagnostics).map("Parameters")
    found = StackValues(
        name=f"{above.name}-{logical_id}",
        region=above.region,
        parameters={name: reader.value(name, cursor) for name, cursor in parameters.items()},
        imports=above.imports,
        missing={**reader.missing, **given.missing},
        secrets=frozenset(reader.secrets) | given.secrets,
    )
    reader.imported.report()
    for name in reader.without_value:
        resource.error(f"the nested stack {logical_id} needs the parameter {name!r}", "add it to Parameters")
    for name in given.values:
        if name not in parameters.value:
            resource.map("Properties").map("Parameters").at(name).error(
                f"the template of {logical_id} has no parameter {name!r}", did_you_mean(name, parameters.value)
            )
    return found


class _ParameterReader:
    """Works out parameters with the values that are ``given`` for them."""

    def __init__(self, given: Mapping[str, str], imports: Mapping[str, str]) -> None:
        self.missing: dict[str, str] = {}
        self.without_value: list[str] = []
        self.secrets: set[str] = set()
        self.imported = ImportedValues(imports)
        self._given = given

    def value(self, name: str, cursor: Cursor) -> str | list[str]:
        """Return the value of a parameter, or a placeholder."""
        if not cursor.is_a(dict, "a parameter, a map"):
            return name
        type, default = cursor.text("Type", "String"), cursor.value.get("Default")
        if cursor.value.get("NoEcho") in (True, "true"):
            self.secrets.add(name)
        if name in self._given or default is not None:
            text = self._given[name] if name in self._given else _parameter_text(default)
            for problem in _faults(name, text, type, cursor, secret=name in self.secrets):
                cursor.error(*problem)
        else:
            self.missing[name] = parameter_hint(name)
            self.without_value.append(name)
            text = _placeholder(name, type, cursor)
        if _SSM.fullmatch(type):
            # The parameter's value is the name of a parameter of Systems Manager.
            found = Imported(text) if name in self.missing else self.imported.parameter(text, cursor)
            text = found.value
            if found.missing:
                self.missing[name] = import_hint(found.missing)
        return [part.strip() for part in text.split(",")] if _LIST.fullmatch(type) else text


def parameter_hint(name: str) -> str:
    """Return how a value is given to a parameter."""
    return f"--parameter {name}=VALUE, or parameter_overrides in samconfig.toml"


def _parameter_text(value: Any) -> str:
    return ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)


def _placeholder(name: str, type: str, cursor: Cursor) -> str:
    allowed = cursor.value.get("AllowedValues")
    if isinstance(allowed, list) and allowed:
        return as_text(allowed[0])
    inner = re.sub(r"^(AWS::SSM::Parameter::Value|List)<(.*)>$", r"\2", type)
    if inner in _PLACEHOLDERS:
        return as_text(cursor.value.get("MinValue") or _PLACEHOLDERS[inner])
    return next((text for word, text in _NAME_PLACEHOLDERS if word in name.lower()), name)


def _faults(name: str, text: str, type: str, cursor: Cursor, *, secret: bool) -> Iterator[tuple[str, str]]:
    """Yield in words why CloudFormation would refuse a value, each with a hint; a secret is not printed."""
    shown = "its value" if secret else repr(text)
    hint = str(cursor.value.get("ConstraintDescription") or "give it another value")
    allowed, pattern = cursor.value.get("AllowedValues"), cursor.value.get("AllowedPattern")
    for each in [part.strip() for part in text.split(",")] if _LIST.fullmatch(type) else [text]:
        if isinstance(allowed, list) and each not in [as_text(word) for word in allowed]:
            words = ", ".join(as_text(word) for word in allowed)
            yield f"the parameter {name!r} can't be {shown}", f"allowed: {words}"
        if isinstance(pattern, str) and not _matches(pattern, each):
            yield f"the parameter {name!r} can't be {shown}: it does not match {pattern}", hint
        if type in ("Number", "List<Number>"):
            number = _number(each)
            if number is None:
                yield f"the parameter {name!r} is a Number and can't be {shown}", hint
            elif not _limit(cursor, "MinValue", number) <= number <= _limit(cursor, "MaxValue", number):
                yield f"the parameter {name!r} can't be {shown}: it is out of MinValue and MaxValue", hint
    if not _limit(cursor, "MinLength", len(text)) <= len(text) <= _limit(cursor, "MaxLength", len(text)):
        yield f"the parameter {name!r} can't be {shown}: it is {len(text)} characters long", hint


def _matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern of Java; a pattern that Python can't read matches all."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _limit(cursor: Cursor, key: str, otherwise: float) -> float:
    found = _number(as_text(cursor.value.get(key)))
    return otherwise if found is None else found
