"""References to resources: the ids that a template names, and the values of ``Ref`` and ``Fn::GetAtt``, by the type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.resource_forms import arn_form, form_of
from homeport.project.model import LOCAL_ACCOUNT, physical_name
from homeport.project.names import api_id

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_PLACEHOLDER = re.compile(r"\$\{(?!!)([A-Za-z0-9]+)(?:\.[\w.]+)?\}")
_ID = re.compile(r"(id|hex|upper)([0-9]+)")


class ResourceOwner(NamedTuple):
    """A resource whose values are asked for: its type, its logical id, and the stack in which it is.

    ``stack_name`` is that of the resource's own stack, and ``path`` the logical id as the stack above all has it
    (``Nested.Api``), whose name is ``root_name``. ``property_of`` works out a property, None if there is none.
    """

    type: str
    logical_id: str
    path: str
    stack_name: str
    root_name: str
    region: str
    property_of: Callable[[str], Any]


_SERVICES = {"ElasticLoadBalancingV2": "elasticloadbalancing", "CertificateManager": "acm", "Elasticsearch": "es"}
"""The services whose name in an ARN is not that in the type, in lower case."""


def reference_of(owner: ResourceOwner) -> str:
    """Return the value of ``Ref``. Raises UnresolvedValueError where a property that it needs can't be worked out."""
    return _format(form_of(owner.type).ref, owner)


def attribute_of(owner: ResourceOwner, attribute: str) -> str | None:
    """Return the value of ``Fn::GetAtt``, None if only AWS knows it. Raises UnresolvedValueError as well."""
    known = form_of(owner.type).attributes.get(attribute)
    if known is not None:
        return _format(known, owner)
    if attribute == "Arn" and owner.type.startswith("AWS::"):
        return _format(arn_form("{service}", "{kind}/{name}"), owner)
    # Many attributes give a property back.
    given = owner.property_of(attribute)
    return None if given is None or isinstance(given, dict | list) else as_text(given)


def placeholder_of(owner: ResourceOwner, attribute: str) -> str:
    """Return a text that stands for an attribute that only AWS knows."""
    last = attribute.rpartition(".")[2]
    if last.endswith(("Arn", "ARN")):
        return _format(arn_form("{service}", "{name}/{attribute}"), owner, attribute=last)
    if last.endswith(("Url", "URL", "Uri", "URI")):
        return _format("https://{name}.{attribute}.{region}.amazonaws.com", owner, attribute=last.lower())
    return _format("{name}-{attribute}", owner, attribute=last)


def attribute_names(type: str) -> tuple[str, ...]:
    """Return the attributes of a type that are known here."""
    return tuple(form_of(type).attributes)


def _format(text: str, owner: ResourceOwner, **fields: str) -> str:
    return text.format_map(_Fields(owner, fields)) if "{" in text else text


class _Fields(dict[str, str]):
    """The fields of a format, each worked out when it is asked for."""

    def __init__(self, owner: ResourceOwner, fields: Mapping[str, str]) -> None:
        super().__init__(region=owner.region, account=LOCAL_ACCOUNT, **fields)
        self._owner = owner

    def __missing__(self, field: str) -> str:
        owner = self._owner
        match field:
            case "name":
                return _name(owner)
            case "ref":
                return reference_of(owner)
            case "api":
                return api_id(owner.path, owner.root_name)
            case "uuid":
                return str(UUID(bytes=_digest(owner)[:16], version=4))
            case "function":
                # FunctionName is a name, an ARN, or either with an alias.
                name = self["FunctionName" if owner.type != "AWS::Lambda::Url" else "TargetFunctionArn"]
                return name.rpartition(":function:")[2].partition(":")[0]
            case "service":
                service = owner.type.split("::")[1] if "::" in owner.type else owner.type
                return _SERVICES.get(service, service.lower())
            case "kind":
                return owner.type.rpartition("::")[2].lower()
            case "path":
                return as_text(owner.property_of("Path") or "/")
        found = _ID.fullmatch(field)
        if found is None:
            value = owner.property_of(field)
            return "" if value is None else as_text(value)
        return _id(found[1], int(found[2]), _digest(owner))


def _name(owner: ResourceOwner) -> str:
    form = form_of(owner.type)
    for property in (form.name_from,) if form.name_from else ("Name", f"{owner.type.rpartition('::')[2]}Name"):
        given = owner.property_of(property)
        if given is not None and not isinstance(given, dict | list):
            return as_text(given)
    suffix = ".fifo" if owner.type == "AWS::SQS::Queue" and owner.property_of("FifoQueue") in (True, "true") else ""
    made = physical_name(owner.stack_name, owner.logical_id, form.longest - len(suffix)) + suffix
    return made.lower() if form.lower else made


def _digest(owner: ResourceOwner) -> bytes:
    return sha256(f"{owner.root_name}/{owner.path}".encode()).digest()


def _id(kind: str, length: int, digest: bytes) -> str:
    if kind == "hex":
        return digest.hex()[:length]
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest * 2)[:length]
    return letters.upper() if kind == "upper" else letters


def referenced_ids(value: Any) -> Iterator[str]:
    """Yield the logical ids that Ref, Fn::GetAtt and Fn::Sub name."""
    match value:
        case {"Ref": str(name)} if "::" not in name:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::Sub": str(text)}:
            yield from _PLACEHOLDER.findall(text)
        case {"Fn::Sub": [str(text), dict(variables)]}:
            yield from (name for name in _PLACEHOLDER.findall(text) if name not in variables)
            yield from referenced_ids(variables)
        case dict():
            for child in value.values():
                yield from referenced_ids(child)
        case list():
            for child in value:
                yield from referenced_ids(child)
