"""JSON without loss: numbers keep every digit, and what another parser could read otherwise is refused.

That is I-JSON (https://www.rfc-editor.org/rfc/rfc7493): UTF-8, no name twice in an object, no lone surrogates.
"""

from __future__ import annotations

import json
from decimal import Context, Decimal, InvalidOperation
from typing import Any

LONGEST_NUMBER = 1000
_DAMAGE = "\ufffd"
"""What API Gateway puts in place of bytes that aren't UTF-8 when it passes a body on as text."""

_ANY_LENGTH = Context(prec=LONGEST_NUMBER)
# One for all: json.dumps makes an encoder for each value.
_encode = json.JSONEncoder(ensure_ascii=False).encode


def loads(data: bytes) -> Any:
    """The value of a JSON text: integers are int, other numbers Decimal. Raises ValueError that says what is wrong."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    if _DAMAGE in text:
        raise ValueError("is not UTF-8 text, or has U+FFFD, which JSON can write as \\ufffd")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeEncodeError:
        raise ValueError("has a lone surrogate, which is no character") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return value


def dumps(value: Any) -> str:
    """A value as JSON text; numbers may be int or Decimal."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_encode(key)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return number_text(value) if isinstance(value, Decimal) else _encode(value)


def number_text(number: Decimal) -> str:
    """A number without trailing zeros, and with an exponent only where JavaScript writes one."""
    if not number:
        return "0"
    number = number.normalize(_ANY_LENGTH)
    return f"{number:f}" if -7 <= number.adjusted() < 21 else str(number)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"has the property {json.dumps(twice[:100])} twice")
    return found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(_short(text))
    except InvalidOperation:
        raise ValueError("has a number that is out of range") from None


def _integer(text: str) -> int:
    return int(_short(text))


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"has a number of more than {LONGEST_NUMBER} characters")
    return text


def _constant(name: str) -> Any:
    raise ValueError(f"is not JSON: {name} is no number")
