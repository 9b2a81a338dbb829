"""An item as text: plain JSON where that is without loss, else DynamoDB's own JSON; numbers keep every digit. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from homeport import strict_json
from homeport.errors import HomeportError

Attribute = Mapping[str, Any]
Item = dict[str, Attribute]

_SETS = ("SS", "NS", "BS")
# A number between two characters that no text has.
_MARKED = re.compile('"\ufdd0([^"\ufdd0]*)\ufdd0"')


class ItemError(HomeportError):
    """The text is no item."""


class _Number(str):
    """The digits of a number."""


def to_text(item: Mapping[str, Attribute], *, typed: bool) -> str:
    """Return an item as indented JSON: with DynamoDB's types, or plain."""
    if typed:
        return json.dumps(_printable(item), indent=2, ensure_ascii=False)
    return _to_json({name: _plain(value) for name, value in item.items()}, 2)


def is_plain(item: Mapping[str, Attribute]) -> bool:
    """Return whether plain JSON holds all of an item: it has neither sets nor binaries."""
    return all(map(_is_plain, item.values()))


def from_text(text: str, *, typed: bool) -> Item:
    """Return the item of a text like that of ``to_text``. Raises ItemError."""
    try:
        value = strict_json.loads(text, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError) as error:
        raise ItemError(f"this is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ItemError("an item is a JSON object", "write its attributes between { and }")
    return {
        name: _check_attribute(name, attribute) if typed else _attribute(attribute) for name, attribute in value.items()
    }


def cell(value: Attribute | None) -> str:
    """Return an attribute in one line; "": there is none."""
    if value is None:
        return ""
    ((kind, content),) = value.items()
    if kind in ("S", "N"):
        return str(content)
    if kind in ("B", "BS"):
        return f"({kind})"
    return json.dumps(sorted(content), ensure_ascii=False) if kind in _SETS else _to_json(_plain(value), None)


def _is_plain(value: Attribute) -> bool:
    ((kind, content),) = value.items()
    if kind == "L":
        return all(map(_is_plain, content))
    if kind == "M":
        return all(map(_is_plain, content.values()))
    return kind in ("S", "N", "BOOL", "NULL")


def _plain(value: Attribute) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return _Number(content)
    if kind == "NULL":
        return None
    if kind == "L":
        return [_plain(part) for part in content]
    if kind == "M":
        return {name: _plain(part) for name, part in content.items()}
    return f"({kind})" if kind in ("B", *_SETS) else content


def _attribute(value: Any) -> Attribute:
    if isinstance(value, _Number):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [_attribute(part) for part in value]}
    return {"M": {name: _attribute(part) for name, part in value.items()}}


def _check_attribute(name: str, value: Any) -> Attribute:
    """Return an attribute of DynamoDB's JSON, with binaries as bytes, as boto3 takes them. Raises ItemError."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ItemError(f"{name} has no type", 'write it as {"S": "text"}, {"N": "1"}, …')
    ((kind, content),) = value.items()
    try:
        if kind == "B":
            return {kind: base64.b64decode(content, validate=True)}
        if kind == "BS":
            return {kind: [base64.b64decode(part, validate=True) for part in content]}
    except (binascii.Error, TypeError, ValueError) as error:
        raise ItemError(f"{name} is no base64: {error}") from error
    if kind == "L" and isinstance(content, list):
        return {kind: [_check_attribute(name, part) for part in content]}
    if kind == "M" and isinstance(content, dict):
        return {kind: {key: _check_attribute(key, part) for key, part in content.items()}}
    return {kind: str(content) if isinstance(content, _Number) else content}


def _printable(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _printable(part) for name, part in value.items()}
    return [_printable(part) for part in value] if isinstance(value, list | tuple) else value


def _to_json(value: Any, indent: int | None) -> str:
    """Return JSON with numbers as they are; ``indent`` None: in one line."""
    text = json.dumps(_mark_numbers(value), indent=indent, ensure_ascii=False)
    return _MARKED.sub(r"\1", text)


def _mark_numbers(value: Any) -> Any:
    # Python's encoder would write a number again, with other digits.
    if isinstance(value, _Number):
        return f"\ufdd0{value}\ufdd0"
    if isinstance(value, dict):
        return {name: _mark_numbers(part) for name, part in value.items()}
    return [_mark_numbers(part) for part in value] if isinstance(value, list) else value


def digest(item: Mapping[str, Attribute]) -> str:
    """Return a text that differs where anything of an item does, but for the order of its attributes."""
    return hashlib.sha256(to_text(dict(sorted(item.items())), typed=True).encode()).hexdigest()


def encode_key(key: Mapping[str, Attribute]) -> str:
    """Return a key as a part of a URL."""
    return base64.urlsafe_b64encode(to_text(key, typed=True).encode()).decode()


def decode_key(text: str) -> Item:
    """Return the key that ``encode_key`` encoded. Raises ItemError."""
    try:
        return from_text(base64.urlsafe_b64decode(text).decode(), typed=True)
    except (ValueError, json.JSONDecodeError) as error:
        raise ItemError("this link names no item", "go back to the table") from error
