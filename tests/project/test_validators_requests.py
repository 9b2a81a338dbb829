"""homeport/project/validators/embedded.py: parameters out of texts, in each style."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.validators import Place, make_parameter, make_validators

INTEGERS = {"type": "array", "items": {"type": "integer"}}
POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "number"}}, "required": ["x"]}
ABSENT = object()


def read(place: Place, schema: Any, texts: Any, **settings: Any) -> tuple[Any, list[dict[str, str]]]:
    """The value of a parameter ``p`` and its violations; ``texts`` is what the request has at ``place``."""
    validators = make_validators(parameters=[make_parameter(place, schema, **settings)])
    given = {"path": {}, "query": {}, "header": {}, "cookie": {}, place: texts}
    values, violations = validators.parameters(
        "act", path=given["path"], query=given["query"], headers=given["header"], cookies=given["cookie"]
    )
    assert values.keys() == given.keys()
    return values[place].get("p", ABSENT), violations


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "5", "5"),
        ({"type": "string"}, "", ""),
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, "-0", 0),
        ({"type": "number"}, "5", 5),
        ({"type": "number"}, "1.50", Decimal("1.50")),
        ({"type": "number"}, "-1e3", Decimal("-1e3")),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "false", False),
        ({"type": "integer", "nullable": True}, "null", None),
        ({"type": "string", "nullable": True}, "null", None),
        ({"type": "string"}, "null", "null"),
        ({}, "5", "5"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "5", 5),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "5x", "5x"),
        ({"oneOf": [{"type": "boolean"}, {"type": "number", "maximum": 3}]}, "2", 2),
        ({"allOf": [{"type": "integer"}, {"minimum": 1}]}, "2", 2),
    ],
)
def test_a_text_becomes_a_value_of_the_schemas_type(schema: Any, text: str, value: Any) -> None:
    found, violations = read("query", schema, {"p": [text]})
    assert (found, type(found), violations) == (value, type(value), [])


@pytest.mark.parametrize(
    ("schema", "text", "detail"),
    [
        ({"type": "integer"}, "1.0", "must be an integer"),
        ({"type": "integer"}, "1e1", "must be an integer"),
        ({"type": "integer"}, "٣", "must be an integer"),
        ({"type": "integer"}, "1_0", "must be an integer"),
        ({"type": "integer"}, "9" * 5000, "must be an integer"),
        ({"type": "integer", "maximum": 3}, "4", "must be at most 3"),
        ({"type": "number"}, "NaN", "must be a number"),
        ({"type": "number"}, ".5", "must be a number"),
        ({"type": "boolean"}, "True", "must be true or false"),
        ({"type": "string", "maxLength": 1}, "ab", "must have at most 1 character"),
        ({"type": "integer", "nullable": True}, "x", "must be an integer or null"),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "x", "must be an integer or true or false"),
    ],
)
def test_a_text_of_another_type_is_rejected(schema: Any, text: str, detail: str) -> None:
    assert read("query", schema, {"p": [text]}) == (ABSENT, [{"in": "query", "pointer": "/p", "detail": detail}])


@pytest.mark.parametrize(
    ("place", "texts", "settings", "value"),
    [
        ("query", {"p": ["1", "2"]}, {}, [1, 2]),
        ("query", {"p": ["1"]}, {}, [1]),
        ("query", {"p": ["1,2"]}, {"explode": False}, [1, 2]),
        ("query", {"p": [""]}, {"explode": False}, []),
        ("query", {"p": ["1 2"]}, {"style": "spaceDelimited"}, [1, 2]),
        ("query", {"p": ["1|2"]}, {"style": "pipeDelimited"}, [1, 2]),
        ("path", {"p": "1,2"}, {}, [1, 2]),
        ("path", {"p": "1,2"}, {"explode": True}, [1, 2]),
        ("header", {"p": "1, 2"}, {}, [1, 2]),
        ("cookie", {"p": "1,2"}, {"explode": False}, [1, 2]),
    ],
)
def test_an_array_is_read_in_its_style(place: Any, texts: Any, settings: Any, value: Any) -> None:
    assert read(place, INTEGERS, texts, **settings) == (value, [])


@pytest.mark.parametrize(
    ("place", "texts", "settings"),
    [
        ("query", {"x": ["1"], "y": ["2.5"], "z": ["other"]}, {}),
        ("query", {"p": ["x,1,y,2.5"]}, {"explode": False}),
        ("query", {"p[x]": ["1"], "p[y]": ["2.5"], "q[x]": ["7"]}, {"style": "deepObject"}),
        ("path", {"p": "x,1,y,2.5"}, {}),
        ("path", {"p": "x=1,y=2.5"}, {"explode": True}),
        ("header", {"p": "x=1, y=2.5"}, {"explode": True}),
    ],
)
def test_an_object_is_read_in_its_style(place: Any, texts: Any, settings: Any) -> None:
    assert read(place, POINT, texts, **settings) == ({"x": 1, "y": Decimal("2.5")}, [])


def test_the_place_of_a_violation_reaches_into_arrays_and_objects() -> None:
    assert read("query", INTEGERS, {"p": ["1", "x"]})[1] == [
        {"in": "query", "pointer": "/p/1", "detail": "must be an integer"}
    ]
    assert read("query", POINT, {"p[y]": ["z"]}, style="deepObject")[1] == [
        {"in": "query", "pointer": "/p/y", "detail": "must be a number"},
        {"in": "query", "pointer": "/p/x", "detail": "is required"},
    ]


def test_a_parameter_with_a_media_type_is_json() -> None:
    settings = {"media_type": "application/json"}
    assert read("query", POINT, {"p": ['{"x": 1, "y": 2.5}']}, **settings) == ({"x": 1, "y": Decimal("2.5")}, [])
    assert read("query", POINT, {"p": ["{"]}, **settings)[1] == [
        {"in": "query", "pointer": "/p", "detail": "must be an object"}
    ]


def test_a_single_value_that_is_given_twice_is_rejected() -> None:
    assert read("query", {"type": "integer"}, {"p": ["1", "1"]})[1] == [
        {"in": "query", "pointer": "/p", "detail": "must be given only once"}
    ]


def test_an_absent_parameter_is_a_violation_if_required_and_else_has_its_default() -> None:
    required = [{"in": "query", "pointer": "/p", "detail": "is required"}]
    assert read("query", {"type": "integer"}, {}) == (ABSENT, [])
    assert read("query", {"type": "integer"}, {}, required=True) == (ABSENT, required)
    assert read("query", {"type": "integer", "default": 3}, {}) == (3, [])
    assert read("query", INTEGERS, {}, required=True) == (ABSENT, required)


def test_a_default_is_found_behind_a_reference() -> None:
    validators = make_validators(
        parameters=[make_parameter("query", {"allOf": [{"$ref": "#/components/schemas/Limit"}]})],
        schemas={"Limit": {"type": "integer", "default": 25}},
    )
    values, violations = validators.parameters("act", path={}, query={}, headers={}, cookies={})
    assert (values["query"], violations) == ({"p": 25}, [])


def test_a_header_is_found_in_any_case_and_named_as_declared() -> None:
    validators = make_validators(parameters=[make_parameter("header", {"type": "integer"}, name="X-Count")])
    values, violations = validators.parameters("act", path={}, query={}, headers={"x-count": "3"}, cookies={})
    assert (values["header"], violations) == ({"X-Count": 3}, [])


def test_headers_that_openapi_says_to_ignore_are_ignored() -> None:
    names = ("Accept", "content-type", "Authorization")
    validators = make_validators(
        parameters=[make_parameter("header", {"type": "integer"}, name=name, required=True) for name in names]
    )
    assert validators.parameters("act", path={}, query={}, headers={}, cookies={})[1] == []
