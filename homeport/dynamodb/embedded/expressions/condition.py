"""Evaluation of a bound condition on an item."""

from __future__ import annotations

from .tree import (
    And,
    Attribute,
    AttributeValue,
    Between,
    Comparison,
    Condition,
    Constant,
    FunctionTerm,
    In,
    Negation,
    Operand,
    Or,
    Path,
    kind_of,
)
from .values import begins_with, contains, equal, holds_in_order, size


def holds(condition: Condition, item: AttributeValue) -> bool:
    """Return True if ``item``, a mapping of names to values, satisfies a bound condition."""
    match condition:
        case And(left, right):
            return holds(left, item) and holds(right, item)
        case Or(left, right):
            return holds(left, item) or holds(right, item)
        case Negation(inner):
            return not holds(inner, item)
        case Comparison("=", (left, right)):
            return equal(value_of(left, item), value_of(right, item))
        case Comparison("<>", (left, right)):
            return not equal(value_of(left, item), value_of(right, item))
        case Comparison(operator, (left, right)):
            return holds_in_order(value_of(left, item), operator, value_of(right, item))
        case Between((first, low, high)):
            value = value_of(first, item)
            return holds_in_order(value, ">=", value_of(low, item)) and holds_in_order(
                value, "<=", value_of(high, item)
            )
        case In((first, *others)):
            value = value_of(first, item)
            return any(equal(value, value_of(each, item)) for each in others)
        case FunctionTerm(function, operands):
            return _call(function, operands, item)
    raise AssertionError(condition)


def _call(function: str, operands: tuple[Operand, ...], item: AttributeValue) -> bool:
    first = value_of(operands[0], item)
    match function:
        case "attribute_exists":
            return first is not None
        case "attribute_not_exists":
            return first is None
    second = value_of(operands[1], item)
    match function:
        case "attribute_type":
            return first is not None and second is not None and kind_of(first) == second["S"]
        case "begins_with":
            return begins_with(first, second)
        case _:
            return contains(first, second)


def value_of(operand: Operand, item: AttributeValue) -> AttributeValue | None:
    """Return the value of an operand on an item, None if it has none there."""
    match operand:
        case Attribute(path):
            return at(item, path)
        case Constant(value):
            return value
        case FunctionTerm("size", (inner,)):
            found = size(value_of(inner, item))
            return None if found is None else {"N": str(found)}
    raise AssertionError(operand)


def at(item: AttributeValue, path: Path) -> AttributeValue | None:
    """Return the value at a path of an item, None if there is none."""
    value: AttributeValue | None = item.get(path[0])  # type: ignore[arg-type]
    for part in path[1:]:
        if value is None:
            return None
        if isinstance(part, int):
            members = value.get("L", ())
            value = members[part] if part < len(members) else None
        else:
            value = value.get("M", {}).get(part)
    return value
