"""The seed's file: exact numbers, and every problem with its line."""

from __future__ import annotations

import pytest

from homeport.dynamodb.seed import SeedItem, read_seed
from homeport.errors import Problem, ProjectError
from tests.support.dynamodb import define, make_table

FILE = "deploy/seed/local.json"
KEYS = [{"AttributeName": "itemId", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
TABLES = {
    "ItemsTable": make_table(),
    "EventsTable": make_table("EventsTable", KeySchema=KEYS, AttributeDefinitions=define(itemId="S", at="N")),
}


def problems(text: str) -> list[str]:
    with pytest.raises(ProjectError) as raised:
        read_seed(text, FILE, TABLES)
    return [str(problem) for problem in raised.value.problems]


def test_items_come_as_dynamodb_wants_them_with_their_lines() -> None:
    text = """{
      "ItemsTable": [
        {"itemId": "1", "name": "Größe 🧺", "tags": ["a", 2], "size": {"cm": 1.10}, "none": null, "on": true},

        {
          "itemId": "2"
        }
      ],
      "EventsTable": []
    }
    """
    item = {
        "itemId": {"S": "1"},
        "name": {"S": "Größe 🧺"},
        "tags": {"L": [{"S": "a"}, {"N": "2"}]},
        "size": {"M": {"cm": {"N": "1.10"}}},
        "none": {"NULL": True},
        "on": {"BOOL": True},
    }
    assert read_seed(text, FILE, TABLES) == {
        "ItemsTable": (SeedItem(3, item), SeedItem(5, {"itemId": {"S": "2"}})),
        "EventsTable": (),
    }


@pytest.mark.parametrize(
    "number",
    ["0", "-7", "0.1", "12345678901234567890123456789012345678", "1E-130", "9.9E+125", "-0.30000000000000004"],
)
def test_numbers_keep_every_digit(number: str) -> None:
    seed = read_seed(f'{{"ItemsTable": [{{"itemId": "1", "n": {number}}}]}}', FILE, TABLES)
    assert seed["ItemsTable"][0].attributes["n"] == {"N": number}


def test_a_number_that_dynamodb_can_not_hold_is_rejected() -> None:
    number = "123456789012345678901234567890123456789"
    (message,) = problems(f'{{"ItemsTable": [\n{{"itemId": "1", "n": {number}}}]}}')
    assert message.startswith(f"{FILE}:2: error: ItemsTable: DynamoDB can't hold its n, {number}: a number has up to")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: error: not JSON: Expecting value"),
        ("[]", ":1: error: 'deploy/seed/local.json' must be an object {\"TableId\": [ {item}, … ], …}, not a list"),
        ('{\n"ItemsTable": {}}', ":2: error: 'ItemsTable' must be a list of items, not a map"),
        ('{\n"ItemsTable": [],\n"ItemsTable": []}', ":3: error: the key 'ItemsTable' stands here a second time"),
        ("{\n7: []}", ":2: error: not JSON: Expecting property name enclosed in double quotes"),
        ('{"ItemsTable": [\n{"itemId": "1"}\n{"itemId": "2"}]}', ":3: error: not JSON: Expecting ',' delimiter"),
        ('{"ItemsTable": [\n{"itemId": "1"},]}', ":2: error: not JSON: "),
        ('{"ItemsTable": []}\n}', ":2: error: not JSON: Extra data"),
        ('{"ItemsTable": [\n{"itemId": \n}]}', ":3: error: not JSON: Expecting value"),
        ('{"ItemsTable": [\n{"itemId": NaN}]}', ":2: error: not JSON: NaN is not a JSON number"),
        ('{"ItemsTable": [\n{"itemId": "1", "a": 1,\n"a": 2}]}', ":3: error: the key 'a' stands here a second time"),
        ('{"ItemsTable": [', ":1: error: not JSON: Expecting value"),
    ],
)
def test_a_file_that_is_no_seed_is_reported_with_its_line(text: str, message: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"{FILE}{message}")


def test_every_problem_is_reported_at_once() -> None:
    text = """{
      "ItemTable": [{"itemId": "1"}],
      "ItemsTable": [
        {"name": "no key"},
        {"itemId": 7},
        "text",
        {"itemId": "1"},
        {"itemId": "1"}
      ],
      "EventsTable": [
        {"itemId": "1", "at": 1},
        {"itemId": "1", "at": 1.0},
        {"itemId": "1", "at": 2}
      ]
    }"""
    with pytest.raises(ProjectError) as raised:
        read_seed(text, FILE, TABLES)
    assert raised.value.problems == (
        Problem("there is no table ItemTable", FILE, 2, "the project has these tables: EventsTable, ItemsTable"),
        Problem("ItemsTable: the item lacks its key itemId", FILE, 4),
        Problem("ItemsTable: its key itemId has type N and should have S", FILE, 5),
        Problem("ItemsTable: an item is a JSON object", FILE, 6),
        Problem("ItemsTable: this item has the key of the one in line 7", FILE, 8),
        Problem("EventsTable: this item has the key of the one in line 11", FILE, 12),
    )
