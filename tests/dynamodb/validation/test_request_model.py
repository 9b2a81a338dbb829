"""Requests about tables are held to the types, lengths and values that the API has."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.dynamodb.embedded.validation.request_model import RequestModel, request_model

SHAPES: dict[str, Any] = {
    "Input": {
        "type": "structure",
        "required": ["Name"],
        "members": {
            "Name": {"shape": "Name"},
            "Limit": {"shape": "Limit"},
            "Tags": {"shape": "Tags"},
            "On": {"shape": "On"},
        },
    },
    "Name": {"type": "string", "min": 3, "max": 5, "pattern": "[a-z]+"},
    "Limit": {"type": "integer", "min": 1, "max": 100},
    "Tags": {"type": "list", "member": {"shape": "Tag"}, "max": 2},
    "Tag": {"type": "structure", "required": ["Kind"], "members": {"Kind": {"shape": "Kind"}}},
    "Kind": {"type": "string", "enum": ["A", "B"]},
    "On": {"type": "boolean"},
}
MODEL = RequestModel({"shapes": SHAPES, "operations": {"Do": {"input": {"shape": "Input"}}, "Nothing": {}}})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        ({"Name": None}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        (
            {"Name": "abcdef"},
            "Value 'abcdef' at 'name' failed to satisfy constraint: Member must have length less than",
        ),
        ({"Name": "ABC"}, "Member must satisfy regular expression pattern: [a-z]+"),
        (
            {"Name": "abc", "Limit": 0},
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater",
        ),
        ({"Name": "abc", "Limit": 101}, "Member must have value less than or equal to 100"),
        (
            {"Name": "abc", "Tags": [{"Kind": "A"}] * 3},
            "at 'tags' failed to satisfy constraint: Member must have length",
        ),
        (
            {"Name": "abc", "Tags": [{"Kind": "A"}, {"Kind": "C"}]},
            "'C' at 'tags.2.member.kind' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
        ),
        ({"Name": "abc", "Tags": [{}]}, "Value null at 'tags.1.member.kind'"),
    ],
)
def test_a_member_that_satisfies_no_constraint_is_named(request_: dict[str, Any], message: str) -> None:
    error = MODEL.error("Do", request_)
    assert error is not None
    assert error[0] == "ValidationException"
    assert error[1].startswith("1 validation error detected: ")
    assert message in error[1]


def test_all_failures_are_in_one_message() -> None:
    error = MODEL.error("Do", {"Name": "A", "Limit": 0})
    assert error is not None
    assert error[1].startswith("3 validation errors detected: Value 'A' at 'name'")
    assert error[1].count("; Value '") == 2


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Name": 3}, "NUMBER_VALUE can not be converted to a String"),
        ({"Name": "abc", "Limit": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ({"Name": "abc", "Limit": True}, "TRUE_VALUE can not be converted to an Integer"),
        ({"Name": "abc", "On": "yes"}, "STRING_VALUE can not be converted to a Boolean"),
        ({"Name": "abc", "Tags": {}}, "Start of structure or map found where not expected"),
        ({"Name": "abc", "Tags": ["A"]}, "Unexpected field type"),
        ({"Name": "abc", "Tags": [None]}, "Unexpected field type"),
    ],
)
def test_a_member_of_another_type_is_no_request(request_: dict[str, Any], message: str) -> None:
    assert MODEL.error("Do", request_) == ("SerializationException", message)


def test_a_request_that_fits_and_an_action_that_is_not_known_pass() -> None:
    assert MODEL.error("Do", {"Name": "abc", "Limit": 1, "Tags": [{"Kind": "A"}], "On": True, "New": 1}) is None
    assert MODEL.error("Nothing", {"Name": 1}) is None
    assert MODEL.error("Else", {}) is None


def test_the_model_is_that_of_dynamodb() -> None:
    error = request_model().error("CreateBackup", {"TableName": "items", "BackupName": "a backup"})
    assert error is not None
    assert "at 'backupName' failed to satisfy constraint: Member must satisfy regular expression" in error[1]
    # The order of its checks was measured, and is kept elsewhere.
    assert request_model().error("CreateTable", {}) is None
