"""Plain JSON values as DynamoDB's attribute values, as boto3's ``TypeSerializer`` has them.

boto3's own is in a package whose import takes longer than a table set-up.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
_NUMBERS = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])


def to_attribute_value(value: Any) -> dict[str, Any]:
    """Return a JSON value, its numbers int or Decimal, as an attribute value.

    Raises TypeError for a value of another type, and ArithmeticError for a number that DynamoDB can't hold.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | Decimal):
        return {"N": _number(value)}
    if isinstance(value, list):
        return {"L": [to_attribute_value(each) for each in value]}
    if isinstance(value, dict):
        return {"M": {name: to_attribute_value(each) for name, each in value.items()}}
    raise TypeError(f"Unsupported type {type(value)!r} for value {value!r}")


def _number(value: int | Decimal) -> str:
    number = _NUMBERS.create_decimal(value)
    if not number.is_finite():
        raise TypeError("Infinity and NaN are not supported")
    return str(number)
