"""The expressions of one request, bound to its names and values when they are first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..expressions import ExpressionError
from ..expressions.binding import Binder, condition_paths, target
from ..expressions.key_condition import KeyCondition, key_conditions
from ..expressions.tree import AttributeValue, Condition, Path, Update

_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+")
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+")
_CONDITIONS = ("ConditionExpression", "KeyConditionExpression", "FilterExpression")
# DynamoDB reads the expressions of a request in this order.
_ORDER = ("UpdateExpression", *_CONDITIONS, "ProjectionExpression")


class RequestExpressions:
    """The expressions in ``data``, the body of a request or of one of its parts."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self._names: Mapping[str, str] = data.get("ExpressionAttributeNames") or {}
        self._values: Mapping[str, AttributeValue] = data.get("ExpressionAttributeValues") or {}
        self._binder = Binder(self._names, self._values)
        self._bound: dict[str, Any] = {}
        self._checked: dict[tuple[str, ...], str | None] = {}

    def condition(self, slot: str) -> Condition:
        """Return the condition in a parameter. Raises ExpressionError."""
        if slot not in self._bound:
            self._bound[slot] = self._binder.condition(slot, self.data[slot])
        condition: Condition = self._bound[slot]
        return condition

    def update(self) -> Update:
        """Return the update. Raises ExpressionError."""
        if "UpdateExpression" not in self._bound:
            self._bound["UpdateExpression"] = self._binder.update(self.data["UpdateExpression"])
        update: Update = self._bound["UpdateExpression"]
        return update

    def projection(self) -> tuple[Path, ...]:
        """Return the paths of the projection, or the attributes of AttributesToGet. Raises ExpressionError."""
        if not self.data.get("ProjectionExpression"):
            return tuple((name,) for name in self.data.get("AttributesToGet") or ())
        if "ProjectionExpression" not in self._bound:
            self._bound["ProjectionExpression"] = self._binder.projection(self.data["ProjectionExpression"])
        paths: tuple[Path, ...] = self._bound["ProjectionExpression"]
        return paths

    def key_conditions(self) -> Mapping[str, KeyCondition]:
        """Return the condition on each attribute of the key. Raises ExpressionError."""
        return key_conditions(self.condition("KeyConditionExpression"))

    def error(self, slots: tuple[str, ...]) -> str | None:
        """Return the message for the first fault in the expressions of ``slots`` and in their names and values."""
        if slots in self._checked:
            return self._checked[slots]
        message = self._checked[slots] = self._error(slots)
        return message

    def _error(self, slots: tuple[str, ...]) -> str | None:
        message = _placeholder_error(self.data)
        if message is not None:
            return message
        try:
            for slot in _ORDER:
                if slot in slots and self.data.get(slot):
                    self._bind(slot)
        except ExpressionError as error:
            return str(error)
        return self._unused_error()

    def condition_paths(self) -> list[Path]:
        """Return the paths of the condition of a write."""
        if not self.data.get("ConditionExpression"):
            return []
        return list(condition_paths(self.condition("ConditionExpression")))

    def update_paths(self) -> list[Path]:
        """Return the paths that the update changes."""
        return [target(action) for action in self.update().actions] if self.data.get("UpdateExpression") else []

    def _bind(self, slot: str) -> None:
        if slot == "UpdateExpression":
            self.update()
        elif slot == "ProjectionExpression":
            self.projection()
        else:
            self.condition(slot)

    def _unused_error(self) -> str | None:
        for field, given in (("Names", self._names), ("Values", self._values)):
            unused = [key for key in given if key not in self._binder.used]
            if unused:
                keys = ", ".join(unused)
                return f"Value provided in ExpressionAttribute{field} unused in expressions: keys: {{{keys}}}"
        return None


def _placeholder_error(data: Mapping[str, Any]) -> str | None:
    for field, pattern in (("ExpressionAttributeNames", _NAME_KEY), ("ExpressionAttributeValues", _VALUE_KEY)):
        given = data.get(field)
        if given is None:
            continue
        if not given:
            return f"{field} must not be empty"
        for key in given:
            if not pattern.fullmatch(key):
                return f'{field} contains invalid key: Syntax error; key: "{key}"'
    return None
