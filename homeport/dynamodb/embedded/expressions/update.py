"""A bound update expression applied to an item, and the values that the update changed.

Every value is worked out on the item as it was. Indexes of lists mean the list as it was too: a value that is set
behind the end is appended, and removed elements leave after everything else.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from . import ExpressionError
from .binding import target
from .condition import at
from .tree import (
    Action,
    Add,
    Assign,
    Attribute,
    AttributeValue,
    Constant,
    Delete,
    FunctionTerm,
    Operand,
    Path,
    Remove,
    Update,
    kind_of,
)
from .values import add_numbers, comparable

_BAD_PATH = "The document path provided in the update expression is invalid for update"
_BAD_TYPE = "An operand in the update expression has an incorrect data type"
_NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"


def apply_update(update: Update, item: AttributeValue) -> dict[str, Any]:
    """Return an item after an update; ``item`` stays as it is. Raises ExpressionError with DynamoDB's message."""
    for action in update.actions:
        _holder(item, target(action))
    values = [_new_value(action, item) for action in update.actions]
    changed: dict[str, Any] = copy.deepcopy(dict(item))
    appended: list[tuple[list[Any], int, Any]] = []
    removed: list[tuple[list[Any], int]] = []
    for action, value in zip(update.actions, values, strict=True):
        path = target(action)
        holder = _holder(changed, path)
        last = path[-1]
        if isinstance(last, int):
            if value is None:
                removed.append((holder, last))
            elif last < len(holder):
                holder[last] = value
            else:
                appended.append((holder, last, value))
        elif value is None:
            holder.pop(last, None)
        else:
            holder[last] = value
    for elements, _, value in sorted(appended, key=lambda each: each[1]):
        elements.append(value)
    for elements, place in sorted(removed, key=lambda each: -each[1]):
        del elements[place : place + 1]
    return changed


def changed_values(update_paths: Iterable[Path], item: AttributeValue) -> dict[str, Any]:
    """Return the values of an item at the paths of an update, as UPDATED_OLD and UPDATED_NEW print them.

    A path into a map or a list gives only what it leads to; elements of a list close up.
    """
    whole: dict[Any, Any] = {}
    for path in update_paths:
        value = at(item, path)
        if value is not None:
            _graft(whole, path, value)
    return {name: _closed_up(part) for name, part in whole.items()}


class _Fragment(dict[Any, Any]):
    """A part of a map or a list on the way to a value."""


def _graft(whole: dict[Any, Any], path: Path, value: AttributeValue) -> None:
    branch = whole
    for part in path[:-1]:
        branch = branch.setdefault(part, _Fragment())
    branch[path[-1]] = value


def _closed_up(part: Any) -> Any:
    if not isinstance(part, _Fragment):
        return part
    if isinstance(next(iter(part)), int):
        return {"L": [_closed_up(part[place]) for place in sorted(part)]}
    return {"M": {name: _closed_up(inner) for name, inner in part.items()}}


def _holder(item: AttributeValue, path: Path) -> Any:
    """Return the dict or list that the last part of a path is in. Raises ExpressionError if there is none."""
    holder: Any = item
    if len(path) > 1:
        parent = at(item, path[:-1])
        holder = parent.get("L" if isinstance(path[-1], int) else "M") if parent is not None else None
        if holder is None:
            raise ExpressionError(_BAD_PATH)
    return holder


def _new_value(action: Action, item: AttributeValue) -> Any:
    """Return the value that an action puts at its path, None: nothing stays there."""
    match action:
        case Remove():
            return None
        case Assign(_, value):
            # No two attributes may share a map or a list: the next update would change both.
            return copy.deepcopy(_value(value, item))
        case Add(_, Constant(value)):
            return sum_or_union(at(item, target(action)), value)
        case Delete(_, Constant(value)):
            return without_members(at(item, target(action)), value)
    raise AssertionError(action)


def _value(operand: Operand, item: AttributeValue) -> AttributeValue:
    match operand:
        case Constant(value):
            return value
        case Attribute(path):
            found = at(item, path)
            if found is None:
                raise ExpressionError(_NO_ATTRIBUTE)
            return found
        case FunctionTerm("if_not_exists", (Attribute(path), default)):
            found = at(item, path)
            return _value(default, item) if found is None else found
        case FunctionTerm("list_append", (first, second)):
            return {"L": [*_content(first, "L", item), *_content(second, "L", item)]}
        case FunctionTerm(operator, (first, second)):
            left, right = _content(first, "N", item), _content(second, "N", item)
            return {"N": _sum(left, right, 1 if operator == "+" else -1)}
    raise AssertionError(operand)


def _content(operand: Operand, kind: str, item: AttributeValue) -> Any:
    value = _value(operand, item)
    if kind not in value:
        raise ExpressionError(_BAD_TYPE)
    return value[kind]


def _sum(left: str, right: str, sign: int) -> str:
    try:
        return add_numbers(left, right, sign)
    except ValueError as error:
        raise ExpressionError(str(error)) from error


def sum_or_union(found: AttributeValue | None, value: AttributeValue) -> AttributeValue:
    """Return a number or set with ``value`` added; one that is not there yet counts as 0 or empty."""
    kind = kind_of(value)
    if found is None:
        return value
    if kind not in found:
        raise ExpressionError(_BAD_TYPE)
    if kind == "N":
        return {"N": _sum(found["N"], value["N"], 1)}
    there = comparable(found)
    return {kind: [*found[kind], *(each for each in value[kind] if comparable({kind[0]: each}) not in there)]}


def without_members(found: AttributeValue | None, value: AttributeValue) -> AttributeValue | None:
    """Return a set without the members of another one, None if nothing is left."""
    if found is None:
        return None
    kind = kind_of(value)
    if kind not in found:
        raise ExpressionError(_BAD_TYPE)
    leaving = comparable(value)
    left = [each for each in found[kind] if comparable({kind[0]: each}) not in leaving]
    return {kind: left} if left else None


def written_paths(update: Update) -> dict[Path, bool]:
    """Return the paths of an update in their order; False for those whose new value is never printed.

    An element that was removed has no new value, although another one has taken its place.
    """
    return {target(action): not isinstance(action, Remove) for action in update.actions}
