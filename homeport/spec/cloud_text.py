"""Texts that only the deployed stack knows: ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` where openapi.yaml may have them.

An API that is part of a stack names what the stack makes, such as its user pool, by CloudFormation's functions.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.spec.view import View

_CURE = "write a text, or one of Ref, Fn::GetAtt and Fn::Sub with a text"


def is_known(text: str) -> bool:
    """Whether a text says its value by itself."""
    return "${" not in text


def cloud_text(view: View) -> str:
    """The text in a view, ``""`` if it is none; a function as ``Fn::Sub`` writes its value (``${Pool.Arn}``)."""
    if not isinstance(view.value, dict):
        return view.value if view.value is not None and view.is_a(str, "text") else ""
    text = _substitution(view.value)
    if not text:
        view.error(f"{view.name!r} has no function of CloudFormation that gives a text", _CURE)
    return text


def cloud_texts(view: View) -> Iterator[str]:
    """Those of a list."""
    return (text for entry in view.entries() if (text := cloud_text(entry)))


def _substitution(function: dict[str, Any]) -> str:
    match function:
        case {"Fn::Sub": str(text), **rest} if not rest:
            return text
        case {"Ref": str(name), **rest} if not rest:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)], **rest} if not rest:
            return f"${{{name}.{attribute}}}"
        case {"Fn::GetAtt": str(name), **rest} if not rest:
            return f"${{{name}}}"
    return ""
