"""Checks of Query and Scan that need the table: the starting key, the filter, and what an index holds.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..expressions.binding import condition_paths
from ..expressions.key_condition import KeyCondition
from ..expressions.tree import Path
from ..expressions.values import begins_with, comparable, equal, holds_in_order
from .keys import ReadTarget
from .messages import INVALID
from .request import RequestExpressions

_START = "The provided starting key is invalid"
_SCHEMA = "The provided key element does not match the schema"
_LEGACY = {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "BETWEEN", "BEGINS_WITH": "begins_with"}


def query_error(data: Mapping[str, Any], expressions: RequestExpressions, target: ReadTarget) -> str | None:
    """Return the message for a Query that DynamoDB refuses for what the table is."""
    conditions = query_conditions(data, expressions)
    return (
        start_key_error(data, target, "")
        or _hash_error(conditions, target, data_is_legacy="KeyConditions" in data)
        or _boundary_error(data, conditions, target)
        or _key_filter_error(data, expressions, target)
        or select_error(data, expressions, target)
        or _unprojected_filter_error(data, expressions, target)
    )


def scan_error(data: Mapping[str, Any], expressions: RequestExpressions, target: ReadTarget) -> str | None:
    """Return the message for a Scan that DynamoDB refuses for what the table is."""
    detail = "" if target.name else f": {_SCHEMA}"
    return (
        start_key_error(data, target, detail) or _segment_error(data, target) or select_error(data, expressions, target)
    )


def query_conditions(data: Mapping[str, Any], expressions: RequestExpressions) -> Mapping[str, KeyCondition]:
    """Return the condition on each attribute of the key, from an expression or from KeyConditions."""
    if data.get("KeyConditionExpression"):
        return expressions.key_conditions()
    return {
        name: KeyCondition(
            _LEGACY.get(condition.get("ComparisonOperator", ""), ""), tuple(condition.get("AttributeValueList") or ())
        )
        for name, condition in (data.get("KeyConditions") or {}).items()
    }


def start_key_error(data: Mapping[str, Any], target: ReadTarget, detail: str) -> str | None:
    """Return the message for a starting key that no page of the target can have ended with."""
    start = data.get("ExclusiveStartKey")
    if start is None:
        return None
    if not isinstance(start, dict) or start.keys() != target.start_keys:
        return _START + detail
    for name, value in start.items():
        kind = target.types.get(name)
        if not isinstance(value, dict) or list(value) != [kind]:
            return f"{_START}: {_SCHEMA}"
        if value[kind] == "" and name in target.table_keys:
            word = "string" if kind == "S" else "binary"
            message = f"The AttributeValue for a key attribute cannot contain an empty {word} value. Key: {name}"
            return f"{_START}: One or more parameter values are not valid. {message}"
    return None


def select_error(data: Mapping[str, Any], expressions: RequestExpressions, target: ReadTarget) -> str | None:
    """Return the message for attributes that a global index does not hold: only a local one fetches from the table."""
    if not target.is_global or target.projected is None:
        return None
    if data.get("Select") == "ALL_ATTRIBUTES":
        reason = "because its projection type is not ALL"
        select = "Select type ALL_ATTRIBUTES is not supported for global secondary index"
        return f"{INVALID}: {select} {target.name} {reason}"
    lacking = _lacking(expressions.projection(), target)
    return f"{INVALID}: Global secondary index {target.name} does not project [{lacking}]" if lacking else None


def is_fetching(data: Mapping[str, Any], expressions: RequestExpressions, target: ReadTarget) -> bool:
    """Return True if a read of a local index also reads the table, for attributes that the index does not hold."""
    if target.is_global or target.projected is None:
        return False
    return data.get("Select") == "ALL_ATTRIBUTES" or bool(_lacking(expressions.projection(), target))


def _lacking(paths: Iterable[Path], target: ReadTarget) -> str:
    heads = dict.fromkeys(str(path[0]) for path in paths)
    return ", ".join(name for name in heads if not target.holds(name))


def _hash_error(conditions: Mapping[str, KeyCondition], target: ReadTarget, *, data_is_legacy: bool) -> str | None:
    """Return the message for a partition key that is compared otherwise than with ``=``."""
    for name in target.hashes:
        condition = conditions.get(name)
        if condition is not None and condition.operator != "=":
            if not condition.operator:
                return "Attempted conditional constraint is not an indexable operation"
            return "Query key condition not supported"
    if data_is_legacy:
        for name in target.keys:
            if name not in conditions and (name in target.hashes or len(conditions) > 1):
                return f"Query condition missed key schema element: {name}"
    for name in target.ranges:
        if name in conditions and not conditions[name].operator:
            return "Attempted conditional constraint is not an indexable operation"
    return None


def _boundary_error(data: Mapping[str, Any], conditions: Mapping[str, KeyCondition], target: ReadTarget) -> str | None:
    """Return the message for a starting key that is not among what the Query asks for."""
    start = data.get("ExclusiveStartKey")
    if start is None or any(name not in conditions for name in target.hashes):
        return None
    inside = all(equal(start[name], conditions[name].values[0]) for name in target.hashes)
    asked = [name for name in target.ranges if name in conditions]
    if not asked:
        outside = "The provided starting key is outside query boundaries based on provided conditions"
        return None if inside else outside
    if not all(_satisfies(start[name], conditions[name]) for name in asked):
        return "The provided starting key does not match the range key predicate"
    return None if inside else "The query can return at most one row and cannot be restarted"


def _satisfies(value: Mapping[str, Any], condition: KeyCondition) -> bool:
    match condition.operator, condition.values:
        case "=", (wanted,):
            return equal(value, wanted)
        case "BETWEEN", (low, high):
            return holds_in_order(value, ">=", low) and holds_in_order(value, "<=", high)
        case "begins_with", (start,):
            return begins_with(value, start)
        case operator, (wanted,):
            return holds_in_order(value, operator, wanted)
    return True


def _key_filter_error(data: Mapping[str, Any], expressions: RequestExpressions, target: ReadTarget) -> str | None:
    """Return the message for a filter on the key that the Query reads by."""
    word = "Filter Expression" if data.get("FilterExpression") else "QueryFilter"
    heads = {path[0] for path in _filter_paths(data, expressions)}
    for name in target.keys:
        if name in heads:
            return f"{word} can only contain non-primary key attributes: Primary key attribute: {name}"
    return None


def _unprojected_filter_error(
    data: Mapping[str, Any], expressions: RequestExpressions, target: ReadTarget
) -> str | None:
    lacking = _lacking(_filter_paths(data, expressions), target)
    if not lacking:
        return None
    return f"{INVALID}: Secondary index {target.name} does not project one or more filter attributes: [{lacking}]"


def _filter_paths(data: Mapping[str, Any], expressions: RequestExpressions) -> list[Path]:
    if data.get("FilterExpression"):
        return list(condition_paths(expressions.condition("FilterExpression")))
    return [(name,) for name in data.get("QueryFilter") or ()]


def segment_of(value: Mapping[str, Any], segments: int) -> int:
    """Return the segment of a parallel scan that a partition key's value belongs to."""
    return partition_segment(str(next(iter(value.values()))).encode("utf-8", "surrogatepass"), segments)


def partition_segment(partition: bytes, segments: int) -> int:
    """Return the segment of a parallel scan that a partition belongs to, by its key's text."""
    return int.from_bytes(hashlib.sha1(partition).digest()[:4], "big") % segments


def _segment_error(data: Mapping[str, Any], target: ReadTarget) -> str | None:
    start, segment, segments = data.get("ExclusiveStartKey"), data.get("Segment"), data.get("TotalSegments")
    if start is None or not isinstance(segment, int) or not isinstance(segments, int) or segments < 1:
        return None
    if segment_of(start[target.hashes[-1]], segments) == segment:
        return None
    return (
        f"{_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        f"TotalSegments: {segments} Segment: {segment}"
    )


def order_of(key: Mapping[str, Any], names: Iterable[str]) -> tuple[Any, ...]:
    """Return what items are put in order by: the values of some attributes of a key."""
    return tuple(comparable(key[name]) for name in names)
