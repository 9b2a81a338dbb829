"""CloudFormation's functions in openapi.yaml, where a value is known to the deployed stack only.

``cloud_text`` reads them as ``Fn::Sub`` writes their value, such as the ARN of the stack's user pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.source.cursor import Cursor

_CLOUD_TEXT_HINT = "write a text, or one of Ref, Fn::GetAtt and Fn::Sub with a text"


def is_known(text: str) -> bool:
    """Return whether a text has no placeholder of ``Fn::Sub``."""
    return "${" not in text


def cloud_text(cursor: Cursor) -> str:
    """Return the text here, ``""`` if it is none; a function as ``Fn::Sub`` writes its value (``${Pool.Arn}``)."""
    if not isinstance(cursor.value, dict):
        return cursor.value if cursor.value is not None and cursor.is_a(str, "text") else ""
    text = _substitution(cursor.value)
    if not text:
        cursor.error(f"{cursor.name!r} has no function of CloudFormation that gives a text", _CLOUD_TEXT_HINT)
    return text


def cloud_texts(cursor: Cursor) -> Iterator[str]:
    """Yield the texts of a list, as ``cloud_text`` returns them."""
    return (text for entry in cursor.entries() if (text := cloud_text(entry)))


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
