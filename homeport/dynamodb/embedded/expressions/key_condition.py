"""The condition of a Query on each attribute of a key.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from . import ExpressionError
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
    Or,
    operands_of,
)

_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PLACE = "operator must have the key attribute as its first operand"


class KeyCondition(NamedTuple):
    """The operator and the values that one attribute of a key is compared with."""

    operator: str
    values: tuple[AttributeValue, ...]


def key_conditions(condition: Condition) -> Mapping[str, KeyCondition]:
    """Return the condition on each attribute of a bound key condition. Raises ExpressionError for any other one."""
    found: dict[str, KeyCondition] = {}
    _collect(condition, found)
    return found


def _collect(condition: Condition, found: dict[str, KeyCondition]) -> None:
    match condition:
        case And(left, right):
            _collect(left, found)
            _collect(right, found)
            return
        case Or() | Negation() | In():
            raise _operator_error({Or: "OR", Negation: "NOT", In: "IN"}[type(condition)])
        case Comparison("<>", _):
            raise _operator_error("<>")
        case FunctionTerm(function, _) if function != "begins_with":
            raise _operator_error(function)
        case Comparison(operator, _):
            name, key = _one(condition, operator)
        case Between():
            name, key = _one(condition, "BETWEEN")
        case FunctionTerm(function, _):
            name, key = _one(condition, function)
    if name in found:
        raise ExpressionError("KeyConditionExpressions must only contain one condition per key")
    found[name] = key


def _one(condition: Condition, operator: str) -> tuple[str, KeyCondition]:
    operands = operands_of(condition)
    if any(isinstance(operand, FunctionTerm) for operand in operands):
        raise ExpressionError("KeyConditionExpressions cannot contain nested operations")
    attributes = [operand for operand in operands if isinstance(operand, Attribute)]
    if operator not in _TURNED and not isinstance(operands[0], Attribute):
        raise ExpressionError(f"Invalid condition in KeyConditionExpression: {operator} {_PLACE}")
    if not attributes:
        raise ExpressionError("Invalid condition in KeyConditionExpression: No key attribute specified")
    if len(attributes) > 1:
        raise ExpressionError(
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
        )
    path = attributes[0].path
    if len(path) > 1:
        raise ExpressionError("KeyConditionExpressions cannot have conditions on nested attributes")
    values = tuple(operand.value for operand in operands if isinstance(operand, Constant))
    turned = operator if operands[0] is attributes[0] else _TURNED[operator]
    return str(path[0]), KeyCondition(turned, values)


def _operator_error(operator: str) -> ExpressionError:
    return ExpressionError(f"Invalid operator used in KeyConditionExpression: {operator}")
