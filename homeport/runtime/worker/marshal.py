"""A function's result as the JSON that AWS's runtime client makes of it.

That client encodes with simplejson, not with the standard library: a named tuple becomes an object, bytes inside a
result become text, a Decimal keeps its digits, NaN is let through. Plain values take the standard library's encoder,
which writes them the same way.
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

_SCALARS = frozenset({str, int, float, bool, type(None)})


_UNESCAPED_SINCE = (3, 12)


def ascii_only(execution_environment: str) -> bool:
    """Whether a runtime (``AWS_Lambda_python3.11``) escapes what is not ASCII, as those before python3.12 do."""
    version = execution_environment.removeprefix("AWS_Lambda_python").split(".")
    return tuple(int(part) for part in version if part.isdigit()) < _UNESCAPED_SINCE


class Marshaller:
    """``escape`` writes what is not ASCII as ``\\u…``."""

    def __init__(self, escape: bool) -> None:
        self._encoder = json.JSONEncoder(ensure_ascii=escape)

    def encode(self, value: Any) -> str:
        """``value`` as JSON. Raises TypeError or ValueError, worded as simplejson does, where it has no JSON."""
        if _is_plain(value):
            return self._encoder.encode(value)
        return "".join(self._pieces(value, set()))

    def _pieces(self, value: Any, parents: set[int]) -> Iterator[str]:
        if isinstance(value, (str, bytes)):
            yield self._text(value)
        elif value is None or isinstance(value, (bool, int, float)):
            yield _scalar(value)
        elif isinstance(value, Decimal):
            yield "NaN" if value.is_nan() else str(value)
        elif isinstance(value, (dict, list, tuple)):
            yield from self._container(value, parents)
        else:
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    def _container(self, value: Any, parents: set[int]) -> Iterator[str]:
        if id(value) in parents:
            raise ValueError("Circular reference detected")
        parents.add(id(value))
        fields = getattr(value, "_asdict", None) if isinstance(value, (list, tuple)) else None
        if callable(fields):
            yield from self._object(fields(), parents)
        elif isinstance(value, dict):
            yield from self._object(value, parents)
        else:
            yield from _joined("[]", (self._pieces(item, parents) for item in value))
        parents.discard(id(value))

    def _object(self, value: dict[Any, Any], parents: set[int]) -> Iterator[str]:
        return _joined("{}", (self._member(key, item, parents) for key, item in value.items()))

    def _member(self, key: Any, value: Any, parents: set[int]) -> Iterator[str]:
        yield self._text(_key(key))
        yield ": "
        yield from self._pieces(value, parents)

    def _text(self, value: str | bytes) -> str:
        return self._encoder.encode(value.decode("utf-8") if isinstance(value, bytes) else value)


def _joined(brackets: str, items: Iterable[Iterator[str]]) -> Iterator[str]:
    yield brackets[0]
    for number, item in enumerate(items):
        if number:
            yield ", "
        yield from item
    yield brackets[1]


def _scalar(value: bool | int | float | None) -> str:
    # An int or float subclass is written as the number that it is, not by its own __repr__.
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return json.dumps(int(value)) if isinstance(value, int) else json.dumps(float(value))


def _key(key: Any) -> str | bytes:
    if isinstance(key, (str, bytes)):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return _scalar(key)
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")


def _is_plain(value: Any) -> bool:
    """Whether both encoders agree on ``value``: on a circular one, too, and on one too deep to look through."""
    try:
        return _plain(value)
    except RecursionError:
        return True


def _plain(value: Any) -> bool:
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is dict:
        return all(type(key) is str and _plain(item) for key, item in value.items())
    return (kind is list or kind is tuple) and all(map(_plain, value))
