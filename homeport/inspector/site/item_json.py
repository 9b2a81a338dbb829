"""Items as people read and write them: plain JSON where it says the same, else DynamoDB's own. Pure.

Numbers keep every digit. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from homeport.errors import HomeportError

Attribute = Mapping[str, Any]
Item = dict[str, Attribute]

_SETS = ("SS", "NS", "BS")


class ItemError(HomeportError):
    """What was written is no item."""


class _Number(str):
    """A number's digits."""


def to_text(item: Mapping[str, Attribute], *, typed: bool) -> str:
    """An item as indented JSON: with DynamoDB's types, or plain."""
    if typed:
        return json.dumps(_printable(item), indent=2, ensure_ascii=False)
    return _written({name: _plain(value) for name, value in item.items()}, 0)


def is_plain(item: Mapping[str, Attribute]) -> bool:
    """Whether plain JSON says all that is in an item: it has neither sets nor binaries."""
    return all(map(_is_plain, item.values()))


def from_text(text: str, *, typed: bool) -> Item:
    """What ``to_text`` wrote, changed or not. Raises ItemError."""
    try:
        value = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ItemError(f"this is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ItemError("an item is a JSON object", "write its attributes between { and }")
    return {name: _checked(name, attribute) if typed else _typed(attribute) for name, attribute in value.items()}


def cell(value: Attribute | None) -> str:
    """An attribute in one line; "": there is none."""
    if value is None:
        return ""
    ((kind, content),) = value.items()
    if kind in ("S", "N"):
        return str(content)
    if kind in ("B", "BS"):
        return f"({kind})"
    return json.dumps(sorted(content), ensure_ascii=False) if kind in _SETS else _written(_plain(value), None)


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


def _typed(value: Any) -> Attribute:
    if isinstance(value, _Number):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [_typed(part) for part in value]}
    return {"M": {name: _typed(part) for name, part in value.items()}}


def _checked(name: str, value: Any) -> Attribute:
    """An attribute in DynamoDB's JSON; boto3 wants binaries as bytes."""
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
        return {kind: [_checked(name, part) for part in content]}
    if kind == "M" and isinstance(content, dict):
        return {kind: {key: _checked(key, part) for key, part in content.items()}}
    return {kind: str(content) if isinstance(content, _Number) else content}


def _printable(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _printable(part) for name, part in value.items()}
    return [_printable(part) for part in value] if isinstance(value, list | tuple) else value


def _written(value: Any, depth: int | None) -> str:
    """JSON with numbers as they are; ``depth`` None: in one line."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict) and value:
        parts = [f"{_quoted(name)}: {_written(part, _deeper(depth))}" for name, part in value.items()]
        return _group("{}", parts, depth)
    if isinstance(value, list) and value:
        return _group("[]", [_written(part, _deeper(depth)) for part in value], depth)
    return _quoted(value)


def _group(around: str, parts: list[str], depth: int | None) -> str:
    if depth is None:
        return around[0] + ", ".join(parts) + around[1]
    indent = "  " * (depth + 1)
    return f"{around[0]}\n{indent}" + f",\n{indent}".join(parts) + f"\n{'  ' * depth}{around[1]}"


def _deeper(depth: int | None) -> int | None:
    return None if depth is None else depth + 1


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
