"""The API's own description of each request: the types of its members, which it needs, their lengths and values.

The model is the one that the SDKs are made from; botocore, which is in the engine's package set, has it as a file.
Only requests about tables are held to it: those about items have checks of their own, in the order measured on AWS.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .messages import constraint_error
from .types import Check, check_list, check_map, check_scalar

_FILE = "data/{}/2012-08-10/service-2.json.gz"
_SCALARS: Mapping[str, Check] = {
    "string": check_scalar(str, "String", "a"),
    "blob": check_scalar(str, "String", "a"),
    "integer": check_scalar(int, "Integer", "an"),
    "long": check_scalar(int, "Long", "a"),
    "boolean": check_scalar(bool, "Boolean", "a"),
}
# Actions whose constraints are checked elsewhere, in the order that was measured on AWS.
_CHECKED_ELSEWHERE = frozenset({"CreateTable"})
_LENGTH = "Member must have length {} than or equal to {}"
_VALUE = "Member must have value {} than or equal to {}"


class RequestModel:
    """The members of the requests, by ``model``, a service description of botocore."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._shapes: Mapping[str, Any] = model["shapes"]
        operations: Mapping[str, Any] = model["operations"]
        self._inputs = {name: each["input"]["shape"] for name, each in operations.items() if "input" in each}

    def error(self, action: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return the exception and the message for a request that the API does not have, None for one that it has."""
        if action not in self._inputs:
            return None
        wrong = self._type_error(self._inputs[action], data)
        if wrong is not None:
            return "SerializationException", wrong
        if action in _CHECKED_ELSEWHERE:
            return None
        failures = [
            f"Value {_text(value)} at '{path}' failed to satisfy constraint: {constraint}"
            for path, value, constraint in self._failures(self._inputs[action], data, "")
        ]
        return ("ValidationException", constraint_error(*failures)) if failures else None

    def _type_error(self, name: str, value: Any) -> str | None:
        shape = self._shapes[name]
        match shape["type"]:
            case "structure":
                if not isinstance(value, dict):
                    return "Unexpected value type in payload" if isinstance(value, list) else "Unexpected field type"
                members = shape["members"]
                parts = ((members[key]["shape"], part) for key, part in value.items() if key in members)
                checks = (self._type_error(member, part) for member, part in parts if part is not None)
                return next((message for message in checks if message is not None), None)
            case "list":
                return check_list(lambda each: self._type_error(shape["member"]["shape"], each))(value)
            case "map":
                return check_map(lambda each: self._type_error(shape["value"]["shape"], each))(value)
        scalar = _SCALARS.get(shape["type"])
        return scalar(value) if scalar is not None else None

    def _failures(self, name: str, value: Any, path: str) -> Iterator[tuple[str, Any, str]]:
        """Yield the path, the value and the constraint of each member that does not satisfy one."""
        shape = self._shapes[name]
        kind = shape["type"]
        if kind == "structure":
            for key, member in shape["members"].items():
                at = f"{path}.{key[0].lower()}{key[1:]}".lstrip(".")
                part = value.get(key)
                if part is not None:
                    yield from self._failures(member["shape"], part, at)
                elif key in shape.get("required", ()):
                    yield at, None, "Member must not be null"
            return
        for constraint in _violations(shape, value):
            yield path, value, constraint
        if kind == "list":
            for place, each in enumerate(value, 1):
                yield from self._failures(shape["member"]["shape"], each, f"{path}.{place}.member")


def _violations(shape: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Yield the constraints of a shape that a value does not satisfy."""
    has_length = shape["type"] in ("string", "list", "map")
    size, bound = (len(value), _LENGTH) if has_length else (value, _VALUE)
    if "max" in shape and size > shape["max"]:
        yield bound.format("less", shape["max"])
    if "min" in shape and size < shape["min"]:
        yield bound.format("greater", shape["min"])
    if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {shape['pattern']}"
    if "enum" in shape and value not in shape["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"


@cache
def request_model(service: str = "dynamodb") -> RequestModel:
    """Return the model of DynamoDB's API or of ``dynamodbstreams``, read once, when a request needs it first."""
    spec = importlib.util.find_spec("botocore")
    assert spec is not None and spec.origin is not None
    return RequestModel(json.loads(gzip.decompress((Path(spec.origin).parent / _FILE.format(service)).read_bytes())))


def _text(value: Any) -> str:
    return "null" if value is None else f"'{value if isinstance(value, str) else json.dumps(value)}'"
