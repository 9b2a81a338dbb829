"""homeport/project/validators/generate.py: the generated module as a whole."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeport.errors import ProjectError
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.validators.generate import generate_validators, write_validators
from tests.support.schemas import documents, schemas, values, with_decimals
from tests.support.validators import make_api, make_parameter, make_validators

JSON = "application/json"
WIDGET = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "price"],
    "properties": {
        "name": {"type": "string", "pattern": "^W"},
        "price": {"type": "number", "multipleOf": 0.01, "minimum": 0.1},
        "made": {"type": "string", "format": "date"},
    },
}


def violation(pointer: str, detail: str) -> dict[str, str]:
    return {"in": "body", "pointer": pointer, "detail": detail}


def test_every_violation_of_a_body_is_listed() -> None:
    validators = make_validators(body={JSON: WIDGET})
    assert validators.body("act", {"name": "X", "made": "2026-02-30", "extra": 1}) == [
        violation("/name", "must match the pattern ^W"),
        violation("/made", "must have the format date"),
        violation("/price", "is required"),
        violation("/extra", "is unknown"),
    ]


def test_a_long_pattern_is_not_shown_to_the_client() -> None:
    schema = {"type": "object", "properties": {"cursor": {"type": "string", "pattern": f"^(?:{'ab|' * 40}c)$"}}}
    (found,) = make_validators(body={JSON: schema}).body("act", {"cursor": "x"})
    assert found == violation("/cursor", "must match its pattern in the API's specification")


@pytest.mark.parametrize("price", [Decimal("0.1"), Decimal("19.99"), 0.1, 19.99, 7, 10**40, Decimal("1e40")])
def test_numbers_are_compared_as_they_are_written(price: Any) -> None:
    assert make_validators(body={JSON: WIDGET}).body("act", {"name": "W", "price": price}) == []


@pytest.mark.parametrize(
    ("price", "detail"),
    [
        (Decimal("0.0999999999999999999999999999999"), "must be a multiple of 0.01"),
        (Decimal("1234567890123456789012345678901234567.001"), "must be a multiple of 0.01"),
        (Decimal("1e-999999999"), "must be a multiple of 0.01"),
        (True, "must be a number"),
        (float("inf"), "must be a number"),
        (Decimal("NaN"), "must be a number"),
    ],
)
def test_numbers_that_are_nearly_right_are_rejected(price: Any, detail: str) -> None:
    found = make_validators(body={JSON: WIDGET}).body("act", {"name": "W", "price": price})
    assert violation("/price", detail) in found


def test_a_number_with_a_huge_exponent_costs_nothing() -> None:
    assert make_validators(body={JSON: WIDGET}).body("act", {"name": "W", "price": Decimal("1e999999999999")}) == []


def test_the_media_type_chooses_the_body_and_the_first_is_the_default() -> None:
    validators = make_validators(
        body={
            JSON: {"type": "object"},
            "text/csv": {"type": "string"},
            "application/merge-patch+json": {"type": "array"},
            "application/vnd.own+json; charset=utf-8": {"type": "string"},
        }
    )
    assert validators.media_types("act") == [
        JSON,
        "application/merge-patch+json",
        "application/vnd.own+json; charset=utf-8",
    ]
    assert validators.body("act", []) == [violation("", "must be an object")]
    assert validators.body("act", [], "application/merge-patch+json") == []
    assert validators.body("act", [], "text/plain") == [violation("", "must be an object")]


def test_a_missing_body_is_a_violation_only_if_a_body_is_required() -> None:
    assert make_validators(body={JSON: {}}).missing_body("act") == [violation("", "is required")]
    assert make_validators(body={JSON: {}}, required=False).missing_body("act") == []
    assert make_validators().missing_body("act") == []
    assert make_validators().media_types("act") == []


def test_a_recursive_schema_meets_deep_data_without_an_error() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}
    validators = make_validators(body={JSON: {"$ref": "#/components/schemas/Tree"}}, schemas={"Tree": tree})
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"next": deep}
    assert validators.body("act", deep) == [violation("", "is nested too deeply")]
    assert validators.body("act", {"next": {"next": {"next": 1}}}) == [
        violation("/next/next/next", "must be an object")
    ]


def test_the_cost_of_nested_alternatives_does_not_explode() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Node"}]}},
    }
    validators = make_validators(body={JSON: {"$ref": "#/components/schemas/Node"}}, schemas={"Node": node})
    data: Any = "wrong"
    for _ in range(60):
        data = {"next": data}
    assert validators.body("act", data) == [violation("/next" * 60, "must be an object or null")]


@pytest.mark.stack
def test_the_same_api_gives_the_same_text_in_every_process() -> None:
    code = (
        "from tests.project.test_validators import *\n"
        "import sys; sys.stdout.write(generate_validators(make_api(body={JSON: WIDGET})))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {generate_validators(make_api(body={JSON: WIDGET}))}


def test_the_module_needs_the_standard_library_only() -> None:
    tree = ast.parse(generate_validators(make_api(body={JSON: WIDGET})))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_title_with_quotes_stays_inside_the_docstring() -> None:
    module = make_validators(title='The """best""" \\ \n things')
    assert module.__doc__ == (
        "Validators of the requests to The '''best'''    things. "
        "Written by homeport from openapi.yaml: change that instead."
    )


def test_validators_are_written_only_if_they_change_and_readable_for_all(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    target = tmp_path / "service" / "_validators.py"
    assert write_validators(tmp_path, make_api()) is True
    assert target.read_text() == generate_validators(make_api())
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    before = target.stat().st_mtime_ns
    assert write_validators(tmp_path, make_api()) is False
    assert target.stat().st_mtime_ns == before
    assert write_validators(tmp_path, make_api(body={JSON: WIDGET})) is True
    assert [path.name for path in target.parent.iterdir()] == ["_validators.py"]


def test_an_unusable_schema_is_a_problem_with_its_operation_and_line() -> None:
    api = make_api(body={JSON: {"$ref": "#/components/schemas/Gone"}})
    with pytest.raises(ProjectError) as failure:
        generate_validators(api)
    assert str(failure.value) == (
        "openapi.yaml:7: error: act: $ref #/components/schemas/Gone leads nowhere (there is no 'Gone' on the way)"
    )


@pytest.mark.parametrize(
    ("place", "style", "message"),
    [
        ("path", "matrix", "the style matrix of the path parameter p isn't supported (use simple)"),
        (
            "query",
            "simple",
            "the style simple of the query parameter p isn't supported "
            "(use form or spaceDelimited or pipeDelimited or deepObject)",
        ),
    ],
)
def test_an_unsupported_style_is_rejected_by_name(place: Any, style: str, message: str) -> None:
    with pytest.raises(ProjectError, match=r"^openapi\.yaml:7: error: act: ") as failure:
        generate_validators(make_api(parameters=[make_parameter(place, {}, style=style)]))
    assert message in str(failure.value)


def test_a_pattern_that_python_can_not_express_is_rejected() -> None:
    with pytest.raises(ProjectError) as failure:
        generate_validators(make_api(body={JSON: {"type": "string", "pattern": "(?<=a+)b"}}))
    assert "pattern (?<=a+)b can't be used" in str(failure.value)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas, documents, st.lists(values, min_size=4, max_size=8))
def test_a_reference_validator_accepts_the_same_values(schema: Any, document: Any, candidates: list[Any]) -> None:
    validators = make_validators(body={JSON: schema}, schemas=document["components"]["schemas"])
    reference = jsonschema_rs.Draft7Validator(to_json_schema(schema, document), validate_formats=True)
    for value in candidates:
        found = validators.body("act", value)
        assert (found == []) == reference.is_valid(value)
        assert validators.body("act", with_decimals(value)) == found
