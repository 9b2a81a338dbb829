"""Members of another type than the API gives them."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.dynamodb.embedded.validation.types import type_error

KEY = {"a": {"S": "x"}}
TREE = {"M": {"l": {"L": [{"NS": ["1"]}, {"BOOL": True}, {"NULL": True}]}}}


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("GetItem", {"TableName": "t", "Key": KEY, "ConsistentRead": True, "ProjectionExpression": "a"}),
        ("PutItem", {"TableName": "t", "Item": {**KEY, "tree": TREE}, "ReturnValues": None}),
        ("Query", {"TableName": "t", "Limit": 5, "KeyConditions": {"a": {"AttributeValueList": [{"S": "x"}]}}}),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": [KEY], "AttributesToGet": ["a"]}}}),
        ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Update": {"Key": KEY, "UpdateExpression": "REMOVE b"}}]}),
        ("DescribeTable", {"TableName": 5}),
    ],
)
def test_a_request_of_the_right_types_passes(action: str, request_: dict[str, Any]) -> None:
    assert type_error(action, request_) is None


@pytest.mark.parametrize(
    ("action", "request_", "message"),
    [
        ("GetItem", {"TableName": 5}, "NUMBER_VALUE can not be converted to a String"),
        ("GetItem", {"Key": {"a": {"S": 1.5}}}, "DECIMAL_VALUE can not be converted to a String"),
        ("GetItem", {"Key": {"a": "x"}}, "Unexpected field type"),
        ("GetItem", {"Key": []}, "Unrecognized collection type java.util.Map"),
        ("GetItem", {"ConsistentRead": "true"}, "STRING_VALUE can not be converted to a Boolean"),
        ("Query", {"Limit": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("Query", {"Limit": {}}, "Start of structure or map found where not expected"),
        ("PutItem", {"Item": {"a": {"SS": "x"}}}, "Unexpected field type"),
        ("PutItem", {"Item": {"a": {"M": {"b": {"L": [{"N": 1}]}}}}}, "NUMBER_VALUE can not be converted to a String"),
        ("UpdateItem", {"UpdateExpression": ["SET"]}, "Unrecognized collection type class java.lang.String"),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": {}}}}, "Start of structure or map found where not expected"),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": {"a": 1}}}]}, "Unexpected field type"),
    ],
)
def test_a_member_of_another_type_is_named(action: str, request_: dict[str, Any], message: str) -> None:
    assert type_error(action, request_) == message
