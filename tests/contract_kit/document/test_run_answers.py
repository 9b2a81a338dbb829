from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.runner import CheckResults
from homeport.contract.document.conformance import conformance_findings
from homeport.contract.document.observed import ObservedAnswers
from homeport.contract.finding import Finding
from homeport.contract.fuzz.results import Statistics
from homeport.contract.fuzz.schemathesis_run import EVENTS
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.run.parts import FuzzResults, answers_part
from homeport.project.project import Project
from tests.support.openapi_map import answer, api, line, mapped
from tests.support.spec import load, write_project

_THING: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "maxLength": 3},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "note": {"type": "string", "nullable": True},
    },
}
_HEADERS = {"ETag": {"required": True, "schema": {"type": "string", "maxLength": 3}}}
_DOCUMENT = api(
    {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {**answer({"$ref": "#/components/schemas/Thing"}), "headers": _HEADERS},
                    "206": {"description": ""},
                    "404": {"description": ""},
                },
            }
        }
    },
    schemas={"Thing": _THING},
)
_LABEL = "GET /things/{id}"


def _exchange(value: Any, status: int = 200, **headers: str) -> HttpExchange:
    sent = {"content-type": "application/json", "etag": '"1"', **headers}
    return HttpExchange(
        "GET", "/things/1", status=status, reply_headers=tuple(sent.items()), reply_body=json.dumps(value).encode()
    )


def _observed(*values: Any) -> list[str]:
    answers = ObservedAnswers(mapped(_DOCUMENT))
    for value in values:
        answers.add(_LABEL, _exchange(value))
    return [line(finding) for finding in answers.findings()]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load(write_project(tmp_path, spec=json.dumps(_DOCUMENT), resources=None, handlers=("get_thing",)))


def _differences(project: Project, *exchanges: HttpExchange) -> list[str]:
    return [line(finding) for finding in conformance_findings(project, [(_LABEL, each) for each in exchanges])]


def test_answer_as_documented_is_silent(project: Project) -> None:
    assert _differences(project, _exchange({"id": "1", "kind": "a", "note": None})) == []


def test_answer_that_exceeds_its_schema_is_one_error(project: Project) -> None:
    (found,) = _differences(project, _exchange({"id": "1234"}), _exchange({"id": "12345"}))
    assert found.startswith("error answers-keep-to-document: in an answer 200, /id: ")


def test_header_that_is_missing_or_of_another_form_is_an_error(project: Project) -> None:
    missing = HttpExchange(
        "GET", "/things/1", status=200, reply_headers=(("content-type", "application/json"),), reply_body=b'{"id":"1"}'
    )
    found = _differences(project, missing, _exchange({"id": "1"}, etag='"123"'))
    assert [text.partition(", ")[2].partition(":")[0] for text in found] == [
        "the header ETag is missing",
        "header ETag",
    ]


def test_status_that_is_not_documented_is_an_error(project: Project) -> None:
    (found,) = _differences(project, _exchange({}, 409))
    assert found == "error statuses-are-documented: in an answer 409, status 409 is not documented (200, 206, 404 are)"


def test_answers_of_the_gateway_itself_are_left_out(project: Project) -> None:
    gateway = _exchange({"message": "Forbidden"}, 403), _exchange({"message": "Invalid request body"}, 400)
    rest = _exchange({"message": "x"}, 400, **{"x-amzn-errortype": "BadRequestException"})
    assert _differences(project, *gateway, rest, _exchange({}, 429), _exchange({}, 500)) == []


def test_property_beside_the_document_is_a_warning() -> None:
    found = _observed({"id": "1", "secret": 1}, {"id": "1", "secret": 2})
    assert found[0] == (
        "warning properties-are-documented: GET /things/{id} answered with the property 'secret', "
        "which Thing does not have"
    )
    assert len([text for text in found if "secret" in text]) == 1


def test_success_that_never_came_is_a_note() -> None:
    assert _observed({"id": "1"}) == ["note documented-success-comes: none of 1 answers of GET /things/{id} was 206"]
    assert _observed() == []


def test_properties_and_values_that_never_came_are_notes() -> None:
    assert _observed(*({"id": "1", "kind": "a", "note": None} for _ in range(10)))[1:] == [
        "note property-is-not-always-null: 'note' of Thing was null in all 10 values",
        "note documented-value-comes: none of 10 values of Thing.kind was 'b'",
    ]
    assert "note documented-property-comes: none of 10 values had 'note' of Thing" in _observed(
        *({"id": "1", "kind": kind} for kind in "aabbaabbaa")
    )


def test_items_of_lists_and_alternatives_are_looked_into() -> None:
    either = {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "string"}]}
    paths = {"/things": {"get": {"responses": {"200": answer({"type": "array", "items": either})}}}}
    answers = ObservedAnswers(mapped(api(paths, schemas={"Thing": _THING})))
    answers.add("GET /things", _exchange(["x", {"id": "1", "secret": 1}]))
    assert [finding.subject for finding in answers.findings()] == ["Thing/secret"]


def test_open_map_and_closed_schema_have_no_property_beside_the_document() -> None:
    for additional in (True, False, {"type": "string"}):
        schema: dict[str, Any] = {"type": "object", "properties": {"id": {}}, "additionalProperties": additional}
        answers = ObservedAnswers(mapped(api({"/a": {"get": {"responses": {"200": answer(schema)}}}})))
        answers.add("GET /a", _exchange({"id": 1, "more": "x"}))
        assert answers.findings() == ()


def test_run_reports_what_schemathesis_did_not(project: Project, tmp_path: Path) -> None:
    checks = CheckResults(exchanges=[(_LABEL, _exchange({"id": "1234", "secret": 1}))])
    names = ["answers-keep-to-document", "properties-are-documented", "documented-success-comes"]
    assert [finding.check for finding in answers_part(project, None, checks)] == names
    (tmp_path / EVENTS).write_text("")
    failed = Finding("response_schema_conformance", "schemathesis", _LABEL, "p", "o", "h")
    fuzz = FuzzResults(1, (failed,), Statistics({}, {}, {}, {}, ()), tmp_path / "schemathesis.txt")
    assert [finding.check for finding in answers_part(project, fuzz, checks)] == names[1:]
