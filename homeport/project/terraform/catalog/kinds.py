"""The form of an entry of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Nested:
    """A block, or with ``many`` blocks of a type, that become a property with a map, or a list of maps."""

    name: str
    fields: Mapping[str, Field]
    many: bool = False


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """An attribute with a text of JSON (or YAML) that becomes a property with its value."""

    name: str


Field = str | Nested | JsonDocument


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A type of resource. ``type`` is CloudFormation's.

    ``fields`` has the property for each attribute or block, ``values`` what the provider makes: attributes with the
    format of their value, whose fields are ``Ref``, attributes of ``Fn::GetAtt``, ``region``, ``account``, and
    attributes of the resource itself (``{self.stage_name}``). ``defaults`` are the provider's where they are not
    CloudFormation's. ``named_by`` is the attribute of the name, which a ``…_prefix`` may begin. ``protects`` says that
    what can't be worked out of it is an error, because it decides who may call an API.
    """

    type: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    named_by: str = "name"
    protects: bool = False


def pascal(*attributes: str) -> dict[str, Field]:
    """Return the fields of attributes whose property has the same name: ``memory_size`` is ``MemorySize``."""
    return {attribute: property_name(attribute) for attribute in attributes}


def property_name(attribute: str) -> str:
    """Return an attribute's name as CloudFormation writes names."""
    return "".join(word[:1].upper() + word[1:] for word in attribute.split("_"))


INVOKE_ARN = "arn:aws:apigateway:{{region}}:lambda:path/2015-03-31/functions/{}/invocations"
EXECUTION_ARN = "arn:aws:execute-api:{region}:{account}:"
"""The beginning of the ARN of an API's requests."""
