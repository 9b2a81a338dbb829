"""CloudFormation's short tags and their long forms: ``!Sub x`` is ``{"Fn::Sub": x}``.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

from typing import Any

from homeport.spec.names import did_you_mean

_PLAIN = frozenset(("Ref", "Condition"))
_FUNCTIONS = frozenset(
    (
        "And",
        "Base64",
        "Cidr",
        "Equals",
        "FindInMap",
        "GetAtt",
        "GetAZs",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
    )
)


def long_form(tag: str, value: Any) -> dict[str, Any]:
    """What the tag stands for. Raises ValueError for a tag that CloudFormation does not know."""
    name = tag.removeprefix("!")
    if name in _PLAIN:
        return {name: value}
    if name not in _FUNCTIONS:
        known = [f"!{known}" for known in _PLAIN | _FUNCTIONS]
        raise ValueError(f"CloudFormation knows no tag {tag}: {did_you_mean(tag, known)}")
    if name == "GetAtt" and isinstance(value, str):
        resource, _, attribute = value.partition(".")
        return {"Fn::GetAtt": [resource, attribute]}
    return {f"Fn::{name}": value}
