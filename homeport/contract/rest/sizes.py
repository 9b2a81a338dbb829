"""The largest size that a value can have by its schema, as DynamoDB counts it. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from typing import Any

from homeport.contract.rest.shapes import Document
from homeport.project.schema.references import resolve_map

_BYTES_OF_A_CHARACTER = 4
_NUMBER = 21
_OVERHEAD = 3
_OF_FORMAT = {"date": 10, "date-time": 40, "time": 20, "uuid": 36, "ipv4": 15, "ipv6": 45}
_DEEPEST = 8


def largest_size(schema: Any, document: Document, depth: int = 0) -> int | None:
    """Return the most bytes that a valid value takes, None where the schema sets no limit."""
    node = resolve_map(schema, document)
    if depth > _DEEPEST:
        return None
    parts = [largest_size(one, document, depth + 1) for one in (*node.get("allOf", ()), *_choices(node))]
    if None in parts:
        return None
    return _own_size(node, document, depth, sum(part or 0 for part in parts))


def _choices(node: Any) -> tuple[Any, ...]:
    return (*node.get("anyOf", ()), *node.get("oneOf", ()))


def _own_size(node: Any, document: Document, depth: int, inherited: int) -> int | None:
    if node.get("enum"):
        return max(len(str(value)) for value in node["enum"]) * _BYTES_OF_A_CHARACTER
    match node.get("type"):
        case "string":
            known = _OF_FORMAT.get(str(node.get("format")))
            most = node.get("maxLength")
            return known if most is None else int(most) * _BYTES_OF_A_CHARACTER
        case "integer" | "number":
            return _NUMBER
        case "boolean":
            return 1
        case "array":
            inner, most = largest_size(node.get("items") or {}, document, depth + 1), node.get("maxItems")
            return None if inner is None or most is None else _OVERHEAD + int(most) * (inner + 1)
        case _ if node.get("properties"):
            return _object_size(node, document, depth, inherited)
    return inherited or None


def _object_size(node: Any, document: Document, depth: int, inherited: int) -> int | None:
    if node.get("additionalProperties", True) not in (False, None) and "additionalProperties" in node:
        return None
    total = _OVERHEAD + inherited
    for name, part in node["properties"].items():
        size = largest_size(part, document, depth + 1)
        if size is None:
            return None
        total += len(name) + size + 1
    return total
