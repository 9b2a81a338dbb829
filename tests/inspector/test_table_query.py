"""The form of a table's page becomes a Query or a Scan, and items become columns and files."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from homeport.dynamodb.local_table import IndexDescription, TableDescription
from homeport.errors import HomeportError
from homeport.inspector.tables.item_text import digest
from homeport.inspector.tables.listing import columns_of, csv_lines, json_lines
from homeport.inspector.tables.query import AttributeFilter, TableQuery, filter_value, read_query, to_request

TABLE = TableDescription(
    key=("user", "at"),
    indexes=(IndexDescription("byDay", ("day",)),),
    count=0,
    types={"user": "S", "at": "N", "day": "S"},
)


def parameters(query: TableQuery) -> dict[str, Any]:
    return to_request(query, TABLE).parameters()


def test_an_empty_form_is_a_consistent_scan() -> None:
    assert parameters(TableQuery()) == {"ConsistentRead": True}


def test_a_partition_key_makes_it_a_query() -> None:
    assert parameters(TableQuery(partition="ada", sort_operator=">=", sort="7", backward=True)) == {
        "KeyConditionExpression": "#pk = :pk AND #sk >= :sk",
        "ExpressionAttributeNames": {"#pk": "user", "#sk": "at"},
        "ExpressionAttributeValues": {":pk": {"S": "ada"}, ":sk": {"N": "7"}},
        "ConsistentRead": True,
        "ScanIndexForward": False,
    }


def test_an_index_is_queried_by_its_own_key_and_not_consistently() -> None:
    assert parameters(TableQuery(index="byDay", partition="monday")) == {
        "IndexName": "byDay",
        "KeyConditionExpression": "#pk = :pk",
        "ExpressionAttributeNames": {"#pk": "day"},
        "ExpressionAttributeValues": {":pk": {"S": "monday"}},
    }


@pytest.mark.parametrize(
    ("operator", "until", "condition"),
    [("between", "9", "#sk BETWEEN :sk AND :until"), ("begins with", "", "begins_with(#sk, :sk)")],
)
def test_a_sort_key_can_be_in_a_range(operator: str, until: str, condition: str) -> None:
    found = parameters(TableQuery(partition="ada", sort_operator=operator, sort="7", sort_until=until))
    assert found["KeyConditionExpression"] == f"#pk = :pk AND {condition}"


def test_filters_lead_into_maps_and_lists() -> None:
    filters = (
        AttributeFilter("address.city", "begins with", "Ber"),
        AttributeFilter("tags[0]"),
        AttributeFilter("gone", "does not exist"),
    )
    assert parameters(TableQuery(filters=filters)) == {
        "FilterExpression": "begins_with(#f0_0.#f0_1, :f0) AND #f1_0[0] = :f1 AND attribute_not_exists(#f2_0)",
        "ExpressionAttributeNames": {"#f0_0": "address", "#f0_1": "city", "#f1_0": "tags", "#f2_0": "gone"},
        "ExpressionAttributeValues": {":f0": {"S": "Ber"}, ":f1": {"S": ""}},
        "ConsistentRead": True,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", {"N": "12"}),
        ("-1.5e3", {"N": "-1.5e3"}),
        ('"12"', {"S": "12"}),
        ("twelve", {"S": "twelve"}),
        ("true", {"BOOL": True}),
        ("null", {"NULL": True}),
    ],
)
def test_the_value_of_a_filter_has_the_type_that_it_looks_like(text: str, value: dict[str, Any]) -> None:
    assert filter_value(text) == value


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (TableQuery(sort="7"), "a condition on at needs a value of user"),
        (TableQuery(partition="ada", sort="seven"), "at is a number, and 'seven' is none"),
        (TableQuery(index="byDay", partition="x", sort="7"), "byDay has no sort key"),
        (TableQuery(index="byNight"), "there is no index 'byNight'"),
        (TableQuery(filters=(AttributeFilter("a", "like", "b"),)), "'like' is no condition"),
        (TableQuery(partition="ada", sort="7", sort_operator="<>"), "'<>' is no condition on a sort key"),
    ],
)
def test_a_form_that_dynamodb_can_not_be_asked_is_explained(query: TableQuery, said: str) -> None:
    with pytest.raises(HomeportError, match=said):
        to_request(query, TABLE)


def test_a_query_survives_its_way_through_a_url() -> None:
    query = TableQuery(
        "byDay", "a&b", "between", "1", "2", True, (AttributeFilter("x", "=", ""), AttributeFilter("y", "exists"))
    )
    lists = parse_qs(query.parameters(), keep_blank_values=True)
    assert read_query({name: values[0] for name, values in lists.items()}, lists) == query


ITEMS: list[dict[str, Any]] = [
    {"id": {"S": "1"}, "rare": {"N": "1"}, "name": {"S": 'A "lamp", red'}},
    {"id": {"S": "2"}, "name": {"S": "B"}, "tags": {"L": [{"N": "1.50"}]}},
]


def test_columns_are_the_key_and_then_the_most_frequent_attributes() -> None:
    assert columns_of(("id",), ITEMS) == ["id", "name", "rare", "tags"]


def test_exports_lose_no_digit_and_quote_what_csv_would_split() -> None:
    assert list(csv_lines(["id", "name", "tags"], ITEMS)) == [
        b"id,name,tags\r\n",
        b'1,"A ""lamp"", red",\r\n',
        b"2,B,[1.50]\r\n",
    ]
    assert next(json_lines(ITEMS[1:])).strip() == (
        b'{"Item":{"id":{"S":"2"},"name":{"S":"B"},"tags":{"L":[{"N":"1.50"}]}}}'
    )


def test_a_digest_tells_items_apart_but_not_orders_of_attributes() -> None:
    first = {"id": {"S": "1"}, "n": {"N": "1"}}
    assert digest(first) == digest(dict(reversed(list(first.items()))))
    assert digest(first) != digest({**first, "n": {"N": "1.0"}})
