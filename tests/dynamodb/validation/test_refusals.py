"""Requests that DynamoDB refuses, at the engine itself: each with its message, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from homeport.dynamodb.table_requests import create_table_request
from tests.support.dynamodb import define, make_index, make_table, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

Request = dict[str, Any]
NAME = "things"
KEY: Request = {"owner": {"S": "o"}, "place": {"N": "1"}}
ITEM: Request = {
    **{**KEY, "state": {"S": "on"}, "made": {"S": "m1"}, "label": {"S": "L"}, "count": {"N": "1"}},
    **{"text": {"S": "t"}, "map": {"M": {"x": {"S": "1"}}}, "list": {"L": [{"S": "p"}, {"S": "q"}]}},
}
TABLE = make_table(
    KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
    AttributeDefinitions=define(owner="S", place="N", state="S", made="S"),
    GlobalSecondaryIndexes=[
        make_index("byState", "state", "made", projection="KEYS_ONLY"),
        make_index("allByState", "state", "made"),
    ],
    LocalSecondaryIndexes=[make_index("byMade", "owner", "made", projection="KEYS_ONLY")],
)
NAMES = {"#state": "state", "#owner": "owner", "#label": "label", "#count": "count", "#text": "text", "#list": "list"}
VALUES: Request = {
    **{":o": {"S": "o"}, ":on": {"S": "on"}, ":n": {"N": "1"}, ":m": {"S": "m0"}, ":L": {"S": "L"}},
    **{":s": {"S": "x"}, ":l": {"L": [{"S": "z"}]}},
}
INVALID = "One or more parameter values were invalid"
START = "The provided starting key is invalid"
SCHEMA = "The provided key element does not match the schema"


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with running_engine() as stand:
        client = stand.client()
        client.create_table(**create_table_request(TABLE, NAME))
        client.put_item(TableName=NAME, Item=ITEM)
        yield client


def expressions(**slots: str) -> Request:
    """Expressions with the names and values that they mention."""
    text = " ".join(slots.values())
    mentioned = set(re.findall(r"[#:]\w+", text))
    names = {key: name for key, name in NAMES.items() if key in mentioned}
    values = {key: value for key, value in VALUES.items() if key in mentioned}
    more = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return {**slots, **{key: part for key, part in more.items() if part}}


def query(condition: str, filtered: str = "", **more: Any) -> Request:
    slots = {"KeyConditionExpression": condition, **({"FilterExpression": filtered} if filtered else {})}
    return {**expressions(**slots), **more}


def answer(client: DynamoDBClient, action: str, request: Request) -> str:
    """The message of the error, or "" for an answer."""
    try:
        getattr(client, action)(TableName=NAME, **request)
    except ClientError as error:
        return str(error.response["Error"].get("Message"))
    return ""


OWN = "#owner = :o"
BY_STATE: Request = {"IndexName": "byState"}
BY_MADE: Request = {"IndexName": "byMade"}
QUERIES: list[tuple[Request, str]] = [
    (query(OWN, "#count = :n"), ""),
    (query("#state = :on", "#owner = :o", **BY_STATE), ""),
    (query("#state = :on AND made > :m", "#label = :L", IndexName="allByState"), ""),
    (query(OWN, "attribute_exists(#state)"), ""),
    (query("place > :n AND :o = #owner"), ""),
    *(
        (
            query(OWN, text),
            f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}",
        )
        for text, key in (
            ("place > :n", "place"),
            ("#count = :n OR attribute_exists(place)", "place"),
            ("#owner = :o", "owner"),
        )
    ),
    (
        query("#state = :on", "made = :m", **BY_STATE),
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: made",
    ),
    (
        {
            "KeyConditions": {"owner": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "o"}]}},
            "QueryFilter": {"place": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}},
        },
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: place",
    ),
    *(
        (
            query(condition, "#label = :L OR attribute_not_exists(#count)", IndexName=index),
            f"{INVALID}: Secondary index {index} does not project one or more filter attributes: [label, count]",
        )
        for condition, index in (("#state = :on", "byState"), (OWN, "byMade"))
    ),
    (
        query("#state = :on", **BY_STATE, Select="ALL_ATTRIBUTES"),
        f"{INVALID}: Select type ALL_ATTRIBUTES is not supported for global secondary index byState "
        "because its projection type is not ALL",
    ),
    (
        {**expressions(KeyConditionExpression="#state = :on", ProjectionExpression="#label, #owner"), **BY_STATE},
        f"{INVALID}: Global secondary index byState does not project [label]",
    ),
    (query(OWN, **BY_MADE, Select="ALL_ATTRIBUTES"), ""),
    *(
        (query(text), f"Invalid operator used in KeyConditionExpression: {operator}")
        for text, operator in (
            ("#owner = :o OR place = :n", "OR"),
            ("NOT #owner = :o", "NOT"),
            ("#owner = :o AND place <> :n", "<>"),
            ("#owner = :o AND place IN (:n)", "IN"),
            ("#owner = :o AND contains(place, :o)", "contains"),
            ("#owner = :o AND attribute_exists(place)", "attribute_exists"),
        )
    ),
    (query("#owner = :o AND size(place) = :n"), "KeyConditionExpressions cannot contain nested operations"),
    (query("#owner > :o"), "Query key condition not supported"),
    (
        query("#owner = place"),
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
    ),
    (query(":o = :o"), "Invalid condition in KeyConditionExpression: No key attribute specified"),
    (
        query("#owner = :o AND begins_with(:o, place)"),
        "Invalid condition in KeyConditionExpression: "
        "begins_with operator must have the key attribute as its first operand",
    ),
    (query("#owner.x = :o"), "KeyConditionExpressions cannot have conditions on nested attributes"),
    (
        query("#owner = :o AND place > :n AND place < :n"),
        "KeyConditionExpressions must only contain one condition per key",
    ),
    ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    (
        query(OWN, "place.x = :n"),
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: place",
    ),
    *(
        (query(OWN, ExclusiveStartKey=start), message)
        for start, message in (
            ({}, START),
            ({"owner": {"S": "o"}}, START),
            ({**KEY, "z": {"S": "1"}}, START),
            ({**KEY, "place": {"S": "1"}}, f"{START}: {SCHEMA}"),
            (
                {**KEY, "owner": {"S": "other"}},
                "The provided starting key is outside query boundaries based on provided conditions",
            ),
            ({**KEY, "place": {"N": "7"}}, ""),
        )
    ),
    (
        query("#owner = :o AND place > :n", ExclusiveStartKey={**KEY, "place": {"N": "0"}}),
        "The provided starting key does not match the range key predicate",
    ),
    (query("#state = :on", **BY_STATE, ExclusiveStartKey=KEY), START),
]


@pytest.mark.parametrize(("request_", "message"), QUERIES, ids=str)
def test_a_query_is_refused_as_by_dynamodb(client: DynamoDBClient, request_: Request, message: str) -> None:
    assert answer(client, "query", request_) == message


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({}, f"{START}: {SCHEMA}"),
        ({**KEY, "z": {"S": "1"}}, f"{START}: {SCHEMA}"),
        ({**KEY, "owner": {"N": "1"}}, f"{START}: {SCHEMA}"),
        ({**KEY, "place": {"S": "1"}}, f"{START}: {SCHEMA}"),
        ({**KEY, "owner": {"S": "other"}}, ""),
    ],
    ids=str,
)
@pytest.mark.parametrize("more", [{}, {"Limit": 1}], ids=str)
def test_a_scan_starts_only_at_a_key(client: DynamoDBClient, start: Request, message: str, more: Request) -> None:
    assert answer(client, "scan", {"ExclusiveStartKey": start, **more}) == message


@pytest.mark.parametrize(("text", "count"), [("#label = :L", 0), ("attribute_not_exists(#label)", 1)])
@pytest.mark.parametrize("index", ["byState", "byMade"])
def test_a_scan_filters_what_the_index_holds(client: DynamoDBClient, index: str, text: str, count: int) -> None:
    reply = client.scan(TableName=NAME, IndexName=index, **expressions(FilterExpression=text))
    assert reply["Count"] == count


def test_a_local_index_fetches_from_the_table(client: DynamoDBClient) -> None:
    reply = client.query(TableName=NAME, **query(OWN, **BY_MADE, Select="ALL_ATTRIBUTES"))
    assert reply["Items"] == [ITEM]
    request = expressions(KeyConditionExpression=OWN, ProjectionExpression="#label")
    assert client.query(TableName=NAME, **BY_MADE, **request)["Items"] == [{"label": {"S": "L"}}]
    assert "label" not in client.query(TableName=NAME, **query(OWN, **BY_MADE))["Items"][0]


BAD_TYPE = "An operand in the update expression has an incorrect data type"
STALE: Request = {"count": {"Exists": True, "Value": {"N": "999"}}}
CONDITION_FAILED = "The conditional request failed"
WRITES: list[tuple[str, Request, str]] = [
    ("update_item", {"Key": KEY, **expressions(UpdateExpression="SET #count = #count + :s")}, "operand type: S"),
    ("update_item", {"Key": KEY, **expressions(UpdateExpression="SET #text = #text + :n")}, BAD_TYPE),
    ("update_item", {"Key": KEY, **expressions(UpdateExpression="SET #text = list_append(#text, :l)")}, BAD_TYPE),
    ("update_item", {"Key": KEY, **expressions(UpdateExpression="SET #count[0] = :s")}, "is invalid for update"),
    (
        "update_item",
        {"Key": KEY, **expressions(UpdateExpression="SET #text = :s, #text = :s")},
        "overlap with each other",
    ),
    (
        "update_item",
        {"Key": KEY, **expressions(UpdateExpression="REMOVE #text REMOVE #count")},
        "can only be used once",
    ),
    (
        "update_item",
        {"Key": KEY, **expressions(UpdateExpression="SET place = :n")},
        "This attribute is part of the key",
    ),
    ("update_item", {"Key": KEY, **expressions(UpdateExpression="SET #state.x = :n")}, "IndexKey: state"),
    ("put_item", {"Item": ITEM, **expressions(ConditionExpression="attribute_exists(#owner.x)")}, "Key: owner"),
    ("put_item", {"Item": ITEM, "Expected": STALE}, CONDITION_FAILED),
    ("delete_item", {"Key": KEY, "Expected": STALE}, CONDITION_FAILED),
    (
        "update_item",
        {"Key": KEY, "AttributeUpdates": {"text": {"Action": "PUT", "Value": {"S": "x"}}}, "Expected": STALE},
        CONDITION_FAILED,
    ),
    ("put_item", {"Item": ITEM, "Expected": {"count": {"Exists": True}}}, "Value must be provided when Exists is true"),
    ("put_item", {"Item": ITEM, **expressions(ConditionExpression="gone = gone2")}, CONDITION_FAILED),
    (
        "put_item",
        {"Item": ITEM, "ExpressionAttributeValues": {":v": {"S": "x"}}},
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ),
    ("put_item", {"Item": {**ITEM, "set": {"SS": ["a", "a"]}}}, "Input collection [a, a] contains duplicates."),
    (
        "update_item",
        {"Key": KEY, "ReturnValues": "NO", "ReturnConsumedCapacity": "NO"},
        "2 validation errors detected: Value 'NO' at 'returnValues' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; "
        "Value 'NO' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
    ),
]


@pytest.mark.parametrize(("action", "request_", "message"), WRITES, ids=str)
def test_a_write_is_refused_and_changes_nothing(
    client: DynamoDBClient, action: str, request_: Request, message: str
) -> None:
    assert message in answer(client, action, request_) != ""
    assert client.get_item(TableName=NAME, Key=KEY)["Item"] == ITEM


LEGACY: list[tuple[str, Request, str]] = [
    *(
        ("update_item", {"Key": KEY, "AttributeUpdates": {"text": update}}, message)
        for update, message in (
            ({"Action": "PUT"}, "Only DELETE action is allowed when no attribute value is specified"),
            ({"Action": "ADD", "Value": {"S": "x"}}, "ADD action is not supported for the type S"),
            ({"Action": "DELETE", "Value": {"S": "x"}}, "DELETE action with value is not supported for the type S"),
            ({"Action": "ADD", "Value": {"N": "1"}}, "Type mismatch for attribute to update"),
            ({"Action": "MOVE", "Value": {"N": "1"}}, "Member must satisfy enum value set: [ADD, DELETE, PUT]"),
        )
    ),
    ("put_item", {"Item": ITEM, "ConditionalOperator": "OR"}, "ConditionalOperator cannot be used without Filter or"),
    ("get_item", {"Key": KEY, "AttributesToGet": ["a", "a"]}, "Duplicate value in attribute name: a"),
    ("put_item", {"Item": {**ITEM, "": {"S": "x"}}}, "Empty attribute name"),
    (
        "query",
        {
            "KeyConditions": {
                "owner": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "o"}]},
                "label": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "L"}]},
            }
        },
        "Query condition missed key schema element: place",
    ),
    (
        "scan",
        {"ScanFilter": {"label": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "b"}, {"S": "a"}]}}},
        "lower bound is greater than the upper bound",
    ),
]


@pytest.mark.parametrize(("action", "request_", "message"), LEGACY, ids=str)
def test_a_request_from_before_expressions_is_refused(
    client: DynamoDBClient, action: str, request_: Request, message: str
) -> None:
    assert message in answer(client, action, request_) != ""
    assert client.get_item(TableName=NAME, Key=KEY)["Item"] == ITEM


def test_a_list_grows_by_an_update_from_before_expressions(client: DynamoDBClient) -> None:
    key: Any = {"owner": {"S": "grown"}, "place": {"N": "1"}}
    for value in ({"L": [{"S": "a"}]}, {"L": [{"S": "b"}]}):
        client.update_item(TableName=NAME, Key=key, AttributeUpdates={"all": {"Action": "ADD", "Value": value}})
    assert client.get_item(TableName=NAME, Key=key)["Item"]["all"] == {"L": [{"S": "a"}, {"S": "b"}]}


def test_a_member_of_a_transaction_is_one_whole_operation(client: DynamoDBClient) -> None:
    place: Any = {"TableName": NAME, "Key": KEY}
    with pytest.raises(ClientError, match="can only contain one of Check, Put, Update or Delete"):
        client.transact_write_items(TransactItems=[{"Delete": place, "Put": {"TableName": NAME, "Item": ITEM}}])
    part: Any = {"TableName": NAME, "Key": {"owner": {"S": "o"}}}
    values: Any = {":n": {"N": "1"}}
    for member in (
        {"Delete": part},
        {"Put": {"TableName": NAME, "Item": part["Key"]}},
        {"Update": {**part, "UpdateExpression": "ADD seen :n", "ExpressionAttributeValues": values}},
    ):
        with pytest.raises(ClientError, match=r"TransactionCanceledException.*\[ValidationError\]"):
            client.transact_write_items(TransactItems=[member])  # type: ignore[list-item]
    with pytest.raises(ClientError, match=r"TransactionCanceledException.*\[ValidationError\]"):
        client.transact_get_items(TransactItems=[{"Get": {"TableName": NAME, "Key": {"owner": {"S": "o"}}}}])


def test_an_empty_batch_is_refused(client: DynamoDBClient) -> None:
    with pytest.raises(ClientError, match="The requestItems parameter is required for BatchGetItem"):
        client.batch_get_item(RequestItems={})
    with pytest.raises(ClientError, match="The requestItems parameter is required for BatchWriteItem"):
        client.batch_write_item(RequestItems={})


@pytest.mark.parametrize("spelling", ["2.50", "25e-1", "002.5", "+2.5"])
def test_a_number_is_one_key_however_it_is_written(client: DynamoDBClient, spelling: str) -> None:
    key: Request = {"owner": {"S": "numbers"}, "place": {"N": spelling}}
    plain: Request = {"owner": {"S": "numbers"}, "place": {"N": "2.5"}}
    client.put_item(TableName=NAME, Item={**key, "state": {"S": "s"}})
    assert client.get_item(TableName=NAME, Key=key)["Item"] == {**plain, "state": {"S": "s"}}
    assert client.batch_get_item(RequestItems={NAME: {"Keys": [key]}})["Responses"][NAME] == [
        {**plain, "state": {"S": "s"}}
    ]
    found = client.query(
        TableName=NAME,
        KeyConditionExpression="#owner = :o AND place = :n",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":o": key["owner"], ":n": key["place"]},
    )
    assert found["Count"] == 1
    update: Any = {"TableName": NAME, "Key": key, "UpdateExpression": "ADD seen :n"}
    update["ExpressionAttributeValues"] = {":n": {"N": "1.0"}}
    client.update_item(**update)
    client.transact_write_items(TransactItems=[{"Update": update}])
    assert client.get_item(TableName=NAME, Key=plain)["Item"]["seen"] == {"N": "2"}
    client.batch_write_item(RequestItems={NAME: [{"DeleteRequest": {"Key": key}}]})
    assert "Item" not in client.get_item(TableName=NAME, Key=plain)


def test_a_scan_is_in_the_order_of_numbers_within_a_partition(client: DynamoDBClient) -> None:
    numbers = ["-2", "-1.5", "0", "3", "10", "200"]
    for number in reversed(numbers):
        client.put_item(TableName=NAME, Item={"owner": {"S": "ordered"}, "place": {"N": number}})
    request = {"FilterExpression": "#owner = :o", "ExpressionAttributeNames": {"#owner": "owner"}}
    values: Request = {":o": {"S": "ordered"}}
    found = client.scan(TableName=NAME, ExpressionAttributeValues=values, **request)  # type: ignore[arg-type]
    assert [item["place"]["N"] for item in found["Items"]] == numbers
