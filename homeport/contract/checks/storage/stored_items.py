"""Stored items: DynamoDB's JSON as plain values, the items of a resource, keys and expiry of tables. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Attribute = Mapping[str, Any]
StoredItem = Mapping[str, Attribute]

EXPIRY_NAME = re.compile(
    r"(?i)^_?(ttl|expir(y|es|e|ation)([_-]?(at|on|time|date))?|time[_-]?to[_-]?live|delete[_-]?after)$"
)
_LEASE = re.compile(r"(?i)lock|lease|owner|holder")
_TEN_YEARS = 10 * 366 * 24 * 3600
# Seconds: a clock of another process may be a little off, and an expiry at once is a way to delete.
_SLACK = 60
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_BETWEEN_UNITS = (60, 24, 7, 3600)
_DURATION = re.compile(r"\b(?P<count>\d{1,4}|an?|one)[ -](?P<unit>second|minute|hour|day|week)s?\b", re.IGNORECASE)
_KEPT = re.compile(
    r"\b(kept|keeps?|stored?|remember(ed|s)?|retained|expires?|deleted|removed|forgotten|valid)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class KeyPart:
    """An attribute of a key. ``index`` is ``""`` for the table's own key."""

    index: str
    name: str
    is_sort_key: bool


def plain_value(attribute: Attribute) -> Any:
    """Return the value of an attribute: numbers as Decimal, sets as lists."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return Decimal(value)
        case "NULL":
            return None
        case "M":
            return {name: plain_value(one) for name, one in value.items()}
        case "L":
            return [plain_value(one) for one in value]
        case "NS":
            return [Decimal(one) for one in value]
        case _:
            return value


def type_of(attribute: Attribute) -> str:
    """Return the type of an attribute, ``S``."""
    return next(iter(attribute))


def key_parts(properties: Mapping[str, Any]) -> Iterator[KeyPart]:
    """Yield the key attributes of a table and its indexes."""
    indexes = [*properties.get("GlobalSecondaryIndexes", ()), *properties.get("LocalSecondaryIndexes", ())]
    for name, schema in (
        ("", properties.get("KeySchema", ())),
        *((one["IndexName"], one["KeySchema"]) for one in indexes),
    ):
        for part in schema:
            yield KeyPart(name, part["AttributeName"], part["KeyType"] == "RANGE")


def expiry_attribute(properties: Mapping[str, Any]) -> str:
    """Return the attribute by which DynamoDB deletes items of a table, ``""``: it deletes none."""
    found = properties.get("TimeToLiveSpecification") or {}
    is_on = str(found.get("Enabled", False)).lower() == "true"
    return str(found.get("AttributeName", "")) if is_on else ""


def find_item(items: Sequence[StoredItem], properties: Mapping[str, Any], identity: Any) -> StoredItem | None:
    """Return the item of a resource: a key attribute is its id or has it as a part; of several the largest."""
    names = [part.name for part in key_parts(properties) if not part.index]
    text = re.compile(rf"(?:^|[^A-Za-z0-9]){re.escape(str(identity))}(?:$|[^A-Za-z0-9])")
    found = [one for one in items if any(text.search(str(plain_value(one[name]))) for name in names if name in one)]
    return max(found, key=len, default=None)


def mentions(item: StoredItem, text: str) -> bool:
    """Return whether an item has a text anywhere."""
    return json.dumps(text)[1:-1] in json.dumps(item)


def wrong_type(value: Any, attribute: Attribute) -> str:
    """Return how the type of an attribute differs from that of the value which answers show, ``""``: it fits."""
    kind = type_of(attribute)
    if isinstance(value, bool):
        return "" if kind == "BOOL" else f"a boolean is stored as {kind}" if kind in ("S", "N") else ""
    if isinstance(value, int | Decimal) and kind == "S":
        try:
            same = Decimal(attribute["S"]) == value
        except ArithmeticError:
            return ""
        return "a number is stored as S, which sorts and compares as text" if same else ""
    if isinstance(value, list) and kind in ("SS", "NS", "BS"):
        return f"an array is stored as {kind}: a set keeps neither order nor duplicates"
    if isinstance(value, str) and kind == "S" and value == "" != attribute["S"]:
        return f"an empty text is stored as {attribute['S']!r}"
    return ""


def expiry_problems(
    item: StoredItem,
    properties: Mapping[str, Any],
    documented: Sequence[str],
    now: float,
    described: Sequence[float] = (),
) -> Iterator[tuple[str, str]]:
    """Yield attribute and problem of each expiry of an item that DynamoDB will not act on as meant.

    ``described`` are the times for which the document says that something is kept, in seconds.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
    """
    own = expiry_attribute(properties)
    if own in item:
        if problem := _expiry_problem(item[own], now) or _other_unit(item[own], now, described):
            yield own, problem
        return
    for name, attribute in item.items():
        if not EXPIRY_NAME.match(name) or name in documented or type_of(attribute) in ("NULL", "BOOL", "M", "L"):
            continue
        if own:
            yield name, f"the table's TimeToLive is on {own}, which the item does not have"
        elif not _expiry_problem(attribute, now) and not any(_LEASE.search(one) for one in item):
            # In another unit it is the service's own time, which no TimeToLive was meant to act on.
            yield name, "the table has no TimeToLive on it, so that nothing is ever deleted"


def described_durations(text: str) -> list[float]:
    """Return the times, in seconds, for which a text says that something is kept: "kept for 35 days"."""
    clauses = (clause for clause in re.split(r"[.;\n]\s", text) if _KEPT.search(clause))
    found = (match for clause in clauses for match in _DURATION.finditer(clause))
    return [(int(match["count"]) if match["count"].isdigit() else 1) * _UNITS[match["unit"].lower()] for match in found]


def _other_unit(attribute: Attribute, now: float, described: Sequence[float]) -> str:
    """Return the described time that an expiry has in a smaller or larger unit, as 35 hours for 35 days."""
    left = float(plain_value(attribute)) - now
    if left <= 0 or any(_is_about(left, one) for one in described):
        return ""
    for one in described:
        if any(_is_about(left * factor, one) or _is_about(left, one * factor) for factor in _BETWEEN_UNITS):
            return f"it is {round(left):,} s from now, and the document speaks of {round(one):,} s"
    return ""


def _is_about(seconds: float, described: float) -> bool:
    return abs(seconds - described) <= max(0.02 * described, 5)


def _expiry_problem(attribute: Attribute, now: float) -> str:
    kind = type_of(attribute)
    value = plain_value(attribute)
    if kind != "N":
        return f"it is stored as {kind} ({value!r}), and TimeToLive takes numbers only"
    if value > now * 100:
        return f"{value} looks like milliseconds, and TimeToLive takes seconds since 1970"
    if value != int(value):
        return f"{value} is no whole number of seconds"
    if value < now - _SLACK:
        return f"{value} is in the past"
    return f"{value} is more than ten years from now" if value > now + _TEN_YEARS else ""
