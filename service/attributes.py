"""Items as DynamoDB writes them (``{"S": "text"}``), and back. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from service.model import PROPERTIES, Item

Attributes = dict[str, Any]


def to_attributes(values: Mapping[str, Any]) -> Attributes:
    """The attributes for texts, numbers, lists, maps and None, by name."""
    return {name: _attribute(value) for name, value in values.items()}


def to_item(attributes: Mapping[str, Any]) -> Item:
    """The item in attributes: its properties, in the order of the contract, numbers as Decimal."""
    return {name: _value(attributes[name]) for name in PROPERTIES if name in attributes}


def _attribute(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, dict):
        return {"M": to_attributes(value)}
    return {"L": [_attribute(item) for item in value]} if isinstance(value, list) else {"N": str(value)}


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return Decimal(value)
    if kind == "L":
        return [_value(item) for item in value]
    return None if kind == "NULL" else value
