"""AttributeUpdates, the parameter from before update expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..expressions import ExpressionError
from ..expressions.tree import kind_of
from ..expressions.update import sum_or_union, without_members
from ..expressions.values import SETS
from .messages import INVALID, broken_constraint, constraint_error, one_of

_ACTIONS = ("ADD", "DELETE", "PUT")
_MISMATCH = "Type mismatch for attribute to update"


def attribute_updates_error(updates: Mapping[str, Any]) -> str | None:
    """Return the message for updates that fit no item."""
    for name, update in updates.items():
        action, value = update.get("Action", "PUT"), update.get("Value")
        if action not in _ACTIONS:
            member = f"attributeUpdates.{name}.member.action"
            return constraint_error(broken_constraint(action, member, one_of(_ACTIONS)))
        if value is None:
            if action != "DELETE":
                return f"{INVALID}: Only DELETE action is allowed when no attribute value is specified"
            continue
        kind = kind_of(value)
        if action == "DELETE" and kind not in SETS:
            return f"{INVALID}: DELETE action with value is not supported for the type {kind}"
        if action == "ADD" and kind not in SETS | {"N", "L"}:
            return f"{INVALID}: ADD action is not supported for the type {kind}"
    return None


def apply_attribute_updates(item: Mapping[str, Any], updates: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item after updates; ``item`` stays as it is. Raises ExpressionError for one that they do not fit."""
    changed = dict(item)
    for name, update in updates.items():
        value = _new_value(changed.get(name), update)
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    return changed


def _new_value(found: Any, update: Mapping[str, Any]) -> Any:
    action, value = update.get("Action", "PUT"), update.get("Value")
    if action == "PUT" or value is None:
        return value
    kind = kind_of(value)
    if found is not None and kind not in found:
        raise ExpressionError(_MISMATCH)
    if action == "DELETE":
        return without_members(found, value)
    if kind == "L":
        return {"L": [*(found or {"L": []})["L"], *value["L"]]}
    return sum_or_union(found, value)
