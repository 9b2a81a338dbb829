"""Parameters from before expressions: Expected, filters and key conditions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..expressions.tree import AttributeValue, kind_of
from ..expressions.values import ORDERED, begins_with, contains, equal, holds_in_order
from .messages import INVALID, broken_constraint, constraint_error, one_of

_COUNTS = {
    **dict.fromkeys(("EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"), (1, 1)),
    **dict.fromkeys(("NULL", "NOT_NULL"), (0, 0)),
    **{"IN": (1, 100), "BETWEEN": (2, 2)},
}
_OPERATORS = (
    *("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT"),
    *("NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS"),
)
_ORDERS = {"LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_KINDS = {
    **dict.fromkeys(("LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "IN", "BETWEEN"), ORDERED),
    "BEGINS_WITH": frozenset("SB"),
}


def compare(value: AttributeValue | None, operator: str, others: Sequence[AttributeValue]) -> bool:
    """Return True if a value, None for a missing one, satisfies a ComparisonOperator with the values of a condition."""
    match operator:
        case "NULL":
            return value is None
        case "NOT_NULL":
            return value is not None
        case "EQ":
            return equal(value, others[0])
        case "NE":
            return not equal(value, others[0])
        case "IN":
            return any(equal(value, each) for each in others)
        case "BETWEEN":
            return holds_in_order(value, ">=", others[0]) and holds_in_order(value, "<=", others[1])
        case "BEGINS_WITH":
            return begins_with(value, others[0])
        case "CONTAINS":
            return contains(value, others[0])
        case "NOT_CONTAINS":
            return value is not None and not contains(value, others[0])
        case _:
            return operator in _ORDERS and holds_in_order(value, _ORDERS[operator], others[0])


def passes_filter(item: AttributeValue, conditions: Mapping[str, Any], operator: str | None) -> bool:
    """Return True if an item passes a QueryFilter or ScanFilter; the ConditionalOperator is AND if it is not given."""
    passed = [
        compare(item.get(name), condition["ComparisonOperator"], condition.get("AttributeValueList") or ())
        for name, condition in conditions.items()
    ]
    return any(passed) if operator == "OR" else all(passed)


def meets_expected(item: AttributeValue, expected: Mapping[str, Any], operator: str | None) -> bool:
    """Return True if an item, empty for a missing one, is as Expected says."""
    met = [_meets(item.get(name), condition) for name, condition in expected.items()]
    return any(met) if operator == "OR" else all(met)


def _meets(value: AttributeValue | None, condition: Mapping[str, Any]) -> bool:
    if "ComparisonOperator" in condition:
        return compare(value, condition["ComparisonOperator"], _values_of(condition))
    if condition.get("Exists") is False:
        return value is None
    return equal(value, condition["Value"])


def expected_error(expected: Mapping[str, Any]) -> str | None:
    """Return what is wrong with an Expected parameter, without the words that DynamoDB begins all of these with."""
    for name, condition in expected.items():
        message = _shape_error(name, condition)
        if message is not None:
            return message
    return None


def _shape_error(name: str, condition: Mapping[str, Any]) -> str | None:
    operator, values = condition.get("ComparisonOperator"), condition.get("AttributeValueList")
    if operator is not None and operator not in _COUNTS:
        return "Comparison type does not exist in DynamoDB"
    if values is not None and "Value" in condition:
        return f"Value and AttributeValueList cannot be used together for Attribute: {name}"
    if operator is not None:
        if "Exists" in condition:
            return f"Exists and ComparisonOperator cannot be used together for Attribute: {name}"
        if operator not in ("NULL", "NOT_NULL") and values is None and "Value" not in condition:
            return f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
        return _arguments_error(operator, _values_of(condition))
    if values is not None:
        return f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
    exists = condition.get("Exists")
    if exists is not False and "Value" not in condition:
        written = "null" if exists is None else "true"
        return f"Value must be provided when Exists is {written} for Attribute: {name}"
    if exists is False and "Value" in condition:
        return f"Value cannot be used when Exists is false for Attribute: {name}"
    return None


def _values_of(condition: Mapping[str, Any]) -> Sequence[AttributeValue]:
    values: Sequence[AttributeValue] = condition.get("AttributeValueList") or ()
    return [condition["Value"]] if "Value" in condition else values


def _arguments_error(operator: str, values: Sequence[AttributeValue]) -> str | None:
    fewest, most = _COUNTS.get(operator, (0, 100))
    if not fewest <= len(values) <= most:
        return f"Invalid number of argument(s) for the {operator} ComparisonOperator"
    kinds = {kind_of(each) for each in values}
    if len(kinds) > 1:
        return "AttributeValues inside AttributeValueList must be of same type"
    allowed = _KINDS.get(operator)
    for kind in kinds:
        if allowed is not None and kind not in allowed:
            return f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type"
    return None


def conditions_error(parameter: str, conditions: Mapping[str, Any]) -> str | None:
    """Return the message for a malformed QueryFilter, ScanFilter or KeyConditions; ``parameter`` is its name."""
    for name, condition in conditions.items():
        operator = condition.get("ComparisonOperator")
        if operator not in _COUNTS:
            member = f"{parameter[0].lower()}{parameter[1:]}.{name}.member.comparisonOperator"
            constraint = "not be null" if operator is None else one_of(_OPERATORS)
            return constraint_error(broken_constraint(operator, member, constraint))
        values = _values_of(condition)
        message = _arguments_error(operator, values)
        if message is not None:
            return f"{INVALID}: {message}"
        if operator == "BETWEEN" and holds_in_order(values[0], ">", values[1]):
            return "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    return None
