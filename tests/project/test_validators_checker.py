"""homeport/project/validators/embedded.py: the violations of a value, and their places."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.project.validators.embedded import Checker

STRING = {"type": "string", "minLength": 3}
CAT = {"type": "object", "required": ["purrs"], "properties": {"kind": {"enum": ["cat"]}}}


def check(schema: Any, value: Any, **definitions: Any) -> list[tuple[str, str]]:
    return Checker(definitions, {}, {}).check(schema, value)


def test_a_valid_value_has_no_violations() -> None:
    assert check({"type": ["string", "null"]}, None) == []


def test_a_value_of_the_wrong_type_is_not_judged_further() -> None:
    assert check({"type": "string", "minLength": 3, "enum": ["abc"]}, 1) == [("", "must be a string")]


def test_each_violation_has_a_pointer_to_its_place() -> None:
    schema = {
        "properties": {"a/b": {"items": {"properties": {"~c": STRING}}}},
        "required": ["d"],
        "additionalProperties": {"type": "null"},
    }
    assert check(schema, {"a/b": [{}, {"~c": ""}], "e": 1}) == [
        ("/a~1b/1/~0c", "must have at least 3 characters"),
        ("/d", "is required"),
        ("/e", "must be null"),
    ]


def test_a_forbidden_property_is_read_only() -> None:
    assert check({"properties": {"id": False}}, {"id": 1}) == [("/id", "is read-only")]


@pytest.mark.parametrize(
    ("word", "schemas", "value", "found"),
    [
        ("anyOf", [STRING, {"type": "null"}], "a", [("", "must have at least 3 characters")]),
        ("anyOf", [STRING, {"type": "null"}], 1, [("", "must be a string or null")]),
        ("anyOf", [STRING, {"maxLength": 0}], "a", [("", "must have one of the allowed forms")]),
        ("anyOf", [{"type": "integer"}, {"type": ["integer", "null"]}], "a", [("", "must be an integer or null")]),
        ("oneOf", [STRING, {"type": "integer"}], "a", [("", "must have at least 3 characters")]),
        ("oneOf", [{"minimum": 1}, {"minimum": 2}], 3, [("", "must have only one of the allowed forms, but has 2")]),
        ("oneOf", [{"minimum": 1}, {"minimum": 2}], 1, []),
        ("allOf", [{"minimum": 1}, {"minimum": 2}], 0, [("", "must be at least 1"), ("", "must be at least 2")]),
    ],
)
def test_violations_are_those_of_the_alternative_that_was_meant(
    word: str, schemas: Any, value: Any, found: Any
) -> None:
    assert check({word: schemas}, value) == found


def test_the_alternative_behind_a_reference_is_known_by_its_type() -> None:
    schema = {"anyOf": [{"$ref": "#/definitions/Cat"}, {"type": "null"}]}
    assert check(schema, {"kind": "dog"}, Cat=CAT) == [("/purrs", "is required"), ("/kind", 'must be "cat"')]


def test_a_negated_schema_rejects_a_value_that_fits() -> None:
    assert check({"not": {"type": "string"}}, "a") == [("", "must not have this form")]
    assert check({"not": {"type": "string"}}, 1) == []


def test_a_condition_applies_its_schema_only_where_it_holds() -> None:
    schema = {"if": {"properties": {"kind": {"enum": ["cat"]}}, "required": ["kind"]}, "then": CAT}
    assert check(schema, {"kind": "cat"}) == [("/purrs", "is required")]
    assert check(schema, {"kind": "dog"}) == []


def test_no_more_than_a_hundred_violations_are_listed() -> None:
    assert len(check({"items": {"type": "string"}}, [1] * 1000)) == 100


def test_a_very_long_name_is_cut_before_it_is_escaped() -> None:
    assert check({"additionalProperties": False}, {"~" * 200: 1}) == [("/" + "~0" * 100 + "…", "is unknown")]
