"""Definitions of tables that are over a limit, or that say too much or too little."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.dynamodb.embedded.validation.tables import create_table_error, list_tables_error

ALL = {"ProjectionType": "ALL"}


def index(name: str, projection: Any = ALL, keys: int = 2) -> dict[str, Any]:
    schema = [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}]
    return {"IndexName": name, "KeySchema": schema[:keys], "Projection": projection}


def table(**more: Any) -> dict[str, Any]:
    return {"TableName": "t", "KeySchema": index("")["KeySchema"], **more}


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (table(GlobalSecondaryIndexes=[index(f"i{n}") for n in range(20)]), None),
        (table(GlobalSecondaryIndexes=[index(f"i{n}") for n in range(21)]), "exceeds the per-table limit of 20"),
        (table(LocalSecondaryIndexes=[index(f"i{n}") for n in range(6)]), "exceeds per-table limit of 5"),
        (table(LocalSecondaryIndexes=[index("i", keys=1)]), "does not have a range key for index: i"),
        (table(LocalSecondaryIndexes=[]), "List of LocalSecondaryIndexes is empty"),
        (table(GlobalSecondaryIndexes=[index("i", {})]), "Unknown ProjectionType: null"),
        (
            table(GlobalSecondaryIndexes=[index("i", {**ALL, "NonKeyAttributes": ["c"]})]),
            "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            table(KeySchema=[{"AttributeName": "a"}, {"AttributeName": "a"}], AttributeDefinitions=[{}, {}]),
            "have the same name",
        ),
        (table(StreamSpecification={"StreamEnabled": True}), "StreamViewType must be specified"),
        (table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "ALL"}), "at 'streamSpecification.stream"),
        (table(StreamSpecification={"StreamEnabled": False}), None),
    ],
)
def test_a_definition_is_checked(definition: dict[str, Any], message: str | None) -> None:
    found = create_table_error(definition)
    assert found is None if message is None else message in str(found)


@pytest.mark.parametrize(("limit", "part"), [(0, "greater than or equal to 1"), (101, "less than or equal to 100")])
def test_a_page_of_tables_has_1_to_100(limit: int, part: str) -> None:
    assert part in str(list_tables_error({"Limit": limit}))
    assert list_tables_error({"Limit": 100}) is None
