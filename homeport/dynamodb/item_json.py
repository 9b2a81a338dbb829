"""Items of DynamoDB as lines of JSON: typed values, bytes in Base64, as DynamoDB's own JSON has them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def encode_line(value: Any) -> bytes:
    """Return a line of JSON, bytes in Base64."""
    return json.dumps(value, default=_to_base64, separators=(",", ":")).encode() + b"\n"


def _to_base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no type of DynamoDB")


def from_json(typed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a typed value of JSON in boto3's form, Base64 as bytes. Raises ValueError and TypeError for any other."""
    ((kind, value),) = typed.items()
    match kind:
        case "B":
            return {kind: base64.b64decode(value, validate=True)}
        case "BS":
            return {kind: [base64.b64decode(one, validate=True) for one in value]}
        case "M":
            return {kind: {name: from_json(inner) for name, inner in value.items()}}
        case "L":
            return {kind: [from_json(inner) for inner in value]}
        case "S" | "N" | "SS" | "NS" | "BOOL" | "NULL":
            return dict(typed)
    raise ValueError(f"{kind} is no type of DynamoDB")
