"""The types of a request's members: what is of another type is no request of the API, whatever the table.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], str | None]
"""A check that returns the message for a value of another type, None for one that fits."""

_COLLECTION = "Start of structure or map found where not expected"


def check_scalar(wanted: type, name: str, article: str) -> Check:
    """Return the check of a value that Java knows as a ``name``."""

    def check(value: Any) -> str | None:
        if isinstance(value, dict):
            return _COLLECTION
        if isinstance(value, list):
            return f"Unrecognized collection type class java.lang.{name}"
        if isinstance(value, bool):
            given = "TRUE_VALUE" if value else "FALSE_VALUE"
        elif isinstance(value, str):
            given = "STRING_VALUE"
        else:
            given = "DECIMAL_VALUE" if isinstance(value, float) else "NUMBER_VALUE"
        fits = isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
        return None if fits else f"{given} can not be converted to {article} {name}"

    return check


_string = check_scalar(str, "String", "a")
_integer = check_scalar(int, "Integer", "an")
_boolean = check_scalar(bool, "Boolean", "a")


def check_list(member: Check) -> Check:
    """Return the check of a list whose members fit ``member``."""

    def check(value: Any) -> str | None:
        if isinstance(value, dict):
            return _COLLECTION
        if not isinstance(value, list):
            return "Unexpected field type"
        return next((message for each in value if (message := member(each)) is not None), None)

    return check


def check_map(member: Check) -> Check:
    """Return the check of a map whose values fit ``member``."""

    def check(value: Any) -> str | None:
        if isinstance(value, list):
            return "Unrecognized collection type java.util.Map"
        if not isinstance(value, dict):
            return "Unexpected field type"
        return next((message for each in value.values() if (message := member(each)) is not None), None)

    return check


def _structure(members: Mapping[str, Check]) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "Unexpected field type" if not isinstance(value, list) else "Unexpected value type in payload"
        for name, each in value.items():
            member = members.get(name)
            if member is not None and each is not None and (message := member(each)) is not None:
                return message
        return None

    return check


def _value(value: Any) -> str | None:
    return _VALUE(value)


_values, _names, _texts = check_map(_value), check_map(_string), check_list(_string)
_VALUE = _structure(
    {
        **dict.fromkeys(("S", "N", "B"), _string),
        **dict.fromkeys(("SS", "NS", "BS"), _texts),
        **dict.fromkeys(("BOOL", "NULL"), _boolean),
        **{"M": _values, "L": check_list(_value)},
    }
)
_EXPRESSIONS: Mapping[str, Check] = {
    **dict.fromkeys(("ConditionExpression", "UpdateExpression", "KeyConditionExpression"), _string),
    **dict.fromkeys(("FilterExpression", "ProjectionExpression", "ConditionalOperator"), _string),
    **dict.fromkeys(("TableName", "IndexName"), _string),
    **{"ExpressionAttributeNames": _names, "ExpressionAttributeValues": _values, "AttributesToGet": _texts},
    **{"Key": _values, "Item": _values, "ExclusiveStartKey": _values, "ConsistentRead": _boolean},
}
_condition = _structure(
    {"ComparisonOperator": _string, "AttributeValueList": check_list(_value), "Value": _value, "Exists": _boolean}
)
_operation = _structure(_EXPRESSIONS)
_SINGLE = _structure(
    {
        **_EXPRESSIONS,
        **dict.fromkeys(("KeyConditions", "QueryFilter", "ScanFilter", "Expected"), check_map(_condition)),
        **dict.fromkeys(("ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "Select"), _string),
        **dict.fromkeys(("Limit", "Segment", "TotalSegments"), _integer),
        "AttributeUpdates": check_map(_structure({"Action": _string, "Value": _value})),
        "ScanIndexForward": _boolean,
    }
)
_transact = check_list(_structure(dict.fromkeys(("Put", "Update", "Delete", "ConditionCheck", "Get"), _operation)))
_writes = check_map(check_list(_structure(dict.fromkeys(("PutRequest", "DeleteRequest"), _operation))))
_reads = check_map(_structure({**_EXPRESSIONS, "Keys": check_list(_values)}))
_REQUESTS: Mapping[str, Check] = {
    **dict.fromkeys(("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"), _SINGLE),
    **dict.fromkeys(("TransactGetItems", "TransactWriteItems"), _structure({"TransactItems": _transact})),
    "BatchWriteItem": _structure({"RequestItems": _writes}),
    "BatchGetItem": _structure({"RequestItems": _reads}),
}


def type_error(action: str, data: Mapping[str, Any]) -> str | None:
    """Return the message of the SerializationException for a member of another type than the API gives it."""
    check = _REQUESTS.get(action)
    return check(data) if check is not None else None
