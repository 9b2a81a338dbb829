"""Values of a CloudFormation template as people read them: names where the template has functions. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
_DYNAMIC = re.compile(r"\{\{resolve:([^}]+)\}\}")


@dataclass(frozen=True, slots=True)
class TemplateWords:
    """The words for a template's values in one stack. The account is not known: ``ACCOUNT`` stands for it.

    ``parameters`` are the template's; the default of one is its value.
    """

    stack: str
    region: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def text(self, value: Any) -> str:
        """Return a value as text: ``Ref`` and ``Fn::GetAtt … Arn`` of a resource become its logical id."""
        match value:
            case {"Ref": str(name)}:
                return self._name(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return name
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return f"{name}.{attribute}"
            case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
                return _VARIABLE.sub(self._variable, text)
            case {"Fn::ImportValue": name}:
                return f"what another stack exports as {self.text(name)}"
            case str() | int() | float():
                return str(value)
        return json.dumps(value, sort_keys=True)

    def _name(self, name: str) -> str:
        pseudo = {"StackName": self.stack, "Region": self.region, "AccountId": "ACCOUNT", "Partition": "aws"}
        if name.startswith("AWS::"):
            return pseudo.get(name.removeprefix("AWS::"), name)
        return str((self.parameters.get(name) or {}).get("Default", name))

    def number(self, value: Any) -> int | None:
        """Return a whole number, None for one that CloudFormation works out."""
        text = self.text(value)
        return int(text) if text.isdecimal() else None

    def _variable(self, found: re.Match[str]) -> str:
        return f"${{{found[2]}}}" if found[1] else self._name(found[2].removesuffix(".Arn"))


def as_list(value: Any) -> list[Any]:
    """Return the value of a key that IAM takes as one value or as a list: ``Action``, ``Resource``, ``Statement``."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def external_references(value: Any, words: TemplateWords) -> Iterator[str]:
    """Yield what CloudFormation looks up elsewhere: parameters, secrets and the exports of other stacks."""
    if isinstance(value, str):
        for found in _DYNAMIC.findall(value):
            service, _, name = found.partition(":")
            kind = "the secret" if service == "secretsmanager" else "the parameter"
            yield f"{kind} {name.partition(':')[0]} ({service})"
    elif isinstance(value, Mapping):
        if set(value) == {"Fn::ImportValue"}:
            yield f"the export {words.text(value['Fn::ImportValue'])} of another stack"
        for inner in value.values():
            yield from external_references(inner, words)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from external_references(inner, words)
