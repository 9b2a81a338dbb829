"""Checks of the parts of a request alone: what they have and what they lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .messages import INVALID, broken_constraint, constraint_error

_ONE_TYPE = "must contain exactly one of the supported datatypes"
_SEVERAL = f"Supplied AttributeValue has more than one datatypes set, {_ONE_TYPE}"
_OPERATIONS = ("ConditionCheck", "Put", "Delete", "Update")
_NEEDED = {"ConditionCheck": ("Key", "ConditionExpression"), "Put": ("Item",), "Delete": ("Key",)}
_NEEDED["Update"] = ("Key", "UpdateExpression")


def item_error(item: Any) -> str | None:
    """Return the message for an item with a name or a value that is empty."""
    if not isinstance(item, dict):
        return None
    if "" in item:
        return "Empty attribute name"
    if any(value == {} for value in item.values()):
        return f"Supplied AttributeValue is empty, {_ONE_TYPE}"
    return None


def attributes_to_get_error(data: Mapping[str, Any]) -> str | None:
    """Return the message for an AttributesToGet that names no attribute, or one twice."""
    names = data.get("AttributesToGet")
    if not isinstance(names, list):
        return None
    if not names:
        return constraint_error(broken_constraint("[]", "attributesToGet", "have length greater than or equal to 1"))
    for place, name in enumerate(names):
        if name in names[:place]:
            return f"{INVALID}: Duplicate value in attribute name: {name}"
    return None


def conditional_operator_error(data: Mapping[str, Any], conditions: str) -> str | None:
    """Return the message for a ConditionalOperator without what it joins, ``conditions``."""
    if data.get("ConditionalOperator") is None:
        return None
    count = len(data.get(conditions) or ())
    if not count:
        return "ConditionalOperator cannot be used without Filter or Expected"
    if count == 1:
        return "ConditionalOperator can only be used when Filter or Expected has two or more elements"
    return None


def write_requests_error(requests: Mapping[str, Any]) -> str | None:
    """Return the message for a batch with a member that is not exactly one put or delete."""
    for members in requests.values():
        for member in members if isinstance(members, list) else ():
            if isinstance(member, dict) and len(member.keys() & {"PutRequest", "DeleteRequest"}) != 1:
                return _SEVERAL
            put = member.get("PutRequest") if isinstance(member, dict) else None
            message = item_error(put.get("Item")) if isinstance(put, dict) else None
            if message is not None:
                return message
    return None


def transact_items_error(members: Sequence[Any]) -> str | None:
    """Return the message for a transaction with a member that is several operations, or that lacks a part."""
    lacking: list[str] = []
    for place, member in enumerate(members, 1):
        operations = [name for name in _OPERATIONS if isinstance(member, dict) and name in member]
        if len(operations) > 1:
            return "TransactItems can only contain one of Check, Put, Update or Delete"
        for name in operations:
            given = member[name] if isinstance(member[name], dict) else {}
            path = f"transactItems.{place}.member.{name[0].lower()}{name[1:]}"
            absent = [part[0].lower() + part[1:] for part in _NEEDED[name] if given.get(part) is None]
            lacking.extend(broken_constraint(None, f"{path}.{part}", "not be null") for part in absent)
    return constraint_error(*lacking) if lacking else None
