"""The condition keys of DynamoDB: what a request says about items, keys and attributes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..patterns import Context
from .dynamodb import NeededPermission, Token, statement_tokens

_TRANSACTIONS = ("TransactGetItems", "TransactWriteItems", "ExecuteTransaction")
_READS = ("GetItem", "BatchGetItem", "Query", "Scan")
_RETURNING = ("PutItem", "UpdateItem", "DeleteItem")
_EXPRESSIONS = (
    *("ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression"),
    "UpdateExpression",
)
_MAPS = ("Key", "Item", "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter")
_WORDS = frozenset(("ADD", "AND", "BETWEEN", "DELETE", "IN", "NOT", "OR", "REMOVE", "SET"))
_NAME = re.compile(r"([.:]?)(#?[A-Za-z_][\w-]*)(\s*\()?")
_KEY_EQUALS = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")


def dynamodb_context(operation: str, needed: NeededPermission, partition_key: str | None) -> Context:
    """Return DynamoDB's own condition keys of a request, those left out that are not to be known.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    part = needed.part
    known = {
        "dynamodb:enclosingoperation": [operation] if operation in _TRANSACTIONS else [],
        "dynamodb:returnconsumedcapacity": [part.get("ReturnConsumedCapacity", "NONE")],
        "dynamodb:returnvalues": [part.get("ReturnValues", "NONE")] if needed.action in _RETURNING else [],
        "dynamodb:select": [_select(part)] if needed.action in _READS else [],
    }
    if "Statement" in part:
        tokens = statement_tokens(part["Statement"])
        if partition_key is not None and tokens is not None:
            is_select = needed.action == "PartiQLSelect"
            known["dynamodb:fulltablescan"] = [str(_scans(tokens, partition_key)).lower()] if is_select else []
        return known
    known["dynamodb:fulltablescan"] = []
    known["dynamodb:attributes"] = sorted(set(_attributes(part)))
    if partition_key is not None:
        keys = _leading_keys(needed, partition_key)
        if keys is not None:
            known["dynamodb:leadingkeys"] = keys
    return known


def _select(part: Mapping[str, Any]) -> str:
    if part.get("Select"):
        return str(part["Select"])
    if part.get("ProjectionExpression") or part.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in part else "ALL_ATTRIBUTES"


def _scans(tokens: Sequence[Token], key: str) -> bool:
    """Return whether a SELECT may read the whole table: nothing that holds for each item names its partition key."""
    words = [text.upper() if kind == "word" else text for kind, text in tokens]
    where = words.index("WHERE") if "WHERE" in words else len(words)
    if {"OR", "NOT"} & set(words[where:]):
        return True
    names = [text for kind, text in tokens]
    return not any(names[at] == key and words[at + 1] in ("=", "IN") for at in range(where, len(words) - 1))


def _items(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the items and keys of a request."""
    written = [request.get("PutRequest") or request.get("DeleteRequest") for request in part.get("Requests", ())]
    holders = [part, *written]
    return [*part.get("Keys", ()), *(each[name] for each in holders for name in ("Key", "Item") if name in each)]


def _attributes(part: Mapping[str, Any]) -> Iterable[str]:
    """Yield the top-level attributes that a request names."""
    for names in (*_items(part), *(part.get(member, {}) for member in _MAPS)):
        yield from names
    yield from part.get("AttributesToGet", ())
    aliases = part.get("ExpressionAttributeNames", {})
    for expression in _EXPRESSIONS:
        for before, name, call in _NAME.findall(part.get(expression, "")):
            if not before and not call and name.upper() not in _WORDS:
                yield aliases.get(name, name)


def _leading_keys(needed: NeededPermission, key: str) -> list[str] | None:
    """Return the partition keys of a request, None if they are not to be known."""
    part = needed.part
    if needed.action == "Scan":
        return []
    if needed.action == "Query":
        aliases, values = part.get("ExpressionAttributeNames", {}), part.get("ExpressionAttributeValues", {})
        found = _KEY_EQUALS.findall(part.get("KeyConditionExpression", ""))
        given = [values.get(value, {}) for name, value in found if aliases.get(name, name) == key]
        given += part.get("KeyConditions", {}).get(key, {}).get("AttributeValueList", ())[:1]
    else:
        given = [item.get(key, {}) for item in _items(part)]
    texts = [_key_text(value) for value in given]
    return None if None in texts or not texts else [text for text in texts if text is not None]


def _key_text(value: Mapping[str, Any]) -> str | None:
    return next((str(value[kind]) for kind in ("S", "N", "B") if kind in value), None)
