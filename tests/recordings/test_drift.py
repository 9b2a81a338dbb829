"""Answers against the spec: what differs, and the line of openapi.yaml that says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.http_headers import HttpHeaders
from homeport.project.load import load_project
from homeport.recordings.drift import DriftCheck, OperationReply
from tests.support.project import write_files

SPEC = """\
openapi: 3.0.3
info: {title: Things, version: 1.0.0}
paths:
  /things/{thingId}:
    get:
      operationId: getThing
      parameters: [{name: thingId, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: The thing.
          headers:
            ETag: {$ref: "#/components/headers/ETag"}
            X-Count:
              schema: {type: integer}
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Thing"}
        "204": {description: Nothing.}
        4XX:
          description: No.
          content:
            application/problem+json:
              schema: {type: object, required: [title]}
components:
  headers:
    ETag:
      required: true
      schema: {type: string}
  schemas:
    Thing:
      type: object
      required: [name]
      additionalProperties: false
      properties:
        name: {type: string}
        price:
          type: number
          nullable: true
        secret: {type: string, writeOnly: true}
        tags:
          type: array
          items: {type: string}
        parent:
          $ref: "#/components/schemas/Thing"
"""
ETAG = ("Etag", '"1"')
JSON = ("Content-Type", "application/json")
HANDLER = "def handler(event, context):\n    return {}\n"


@pytest.fixture(scope="module")
def drift(tmp_path_factory: pytest.TempPathFactory) -> DriftCheck:
    root = tmp_path_factory.mktemp("project")
    write_files(root, {"openapi.yaml": SPEC, "service/handlers/get_thing.py": HANDLER})
    return DriftCheck(load_project(root))


def found(
    drift: DriftCheck, body: Any, *, status: int = 200, headers: HttpHeaders = (JSON, ETAG), method: str = "GET"
) -> list[tuple[str, str]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    violations = drift.check(OperationReply("getThing", method, status, headers, data))
    assert all((violation.operation, violation.status) == ("getThing", status) for violation in violations)
    return [(violation.what, violation.place) for violation in violations]


@pytest.mark.parametrize(
    "body",
    [{"name": "a"}, {"name": "a", "price": None}, {"name": "a", "price": 1.5, "tags": ["x"], "parent": {"name": "b"}}],
)
def test_a_documented_response_has_no_violation(drift: DriftCheck, body: Any) -> None:
    assert found(drift, body) == []


@pytest.mark.parametrize(
    ("body", "what", "line"),
    [
        ({}, 'the body: "name" is a required property', 32),
        ({"name": 5}, '/name: 5 is not of type "string"', 35),
        ({"name": "a", "price": "x"}, '/price: "x" is not of types "null", "number"', 37),
        ({"name": "a", "tags": ["b", 1]}, '/tags/*: 1 is not of type "string"', 42),
        ({"name": "a", "parent": {"name": 1}}, '/parent/name: 1 is not of type "string"', 35),
        ({"name": "a", "colour": 1}, "the body: Additional properties are not allowed ('colour' was unexpected)", 33),
        ({"name": "a", "secret": "s"}, "/secret: must not be in an answer (writeOnly)", 39),
    ],
)
def test_a_body_that_breaks_its_schema_is_a_violation(drift: DriftCheck, body: Any, what: str, line: int) -> None:
    assert found(drift, body) == [(what, f"openapi.yaml:{line}")]


def test_an_undocumented_status_is_a_violation(drift: DriftCheck) -> None:
    assert found(drift, b"", status=302) == [
        ("status 302 is not documented (200, 204, 4XX are)", "openapi.yaml:8"),
    ]


def test_a_class_of_statuses_documents_each_status(drift: DriftCheck) -> None:
    problem = (("Content-Type", "application/problem+json; charset=utf-8"),)
    assert found(drift, {"title": "No"}, status=404, headers=problem) == []
    ((what, place),) = found(drift, {}, status=422, headers=problem)
    assert (what, place) == ('the body: "title" is a required property', "openapi.yaml:23")


def test_an_undocumented_content_type_is_a_violation(drift: DriftCheck) -> None:
    assert found(drift, b"<a/>", headers=(("content-type", "text/xml"), ETAG)) == [
        ("content type text/xml is not documented (application/json is)", "openapi.yaml:15"),
    ]


def test_a_missing_body_and_one_that_is_no_json_are_violations(drift: DriftCheck) -> None:
    assert found(drift, b"") == [("the body is missing (application/json is documented)", "openapi.yaml:15")]
    assert found(drift, b"{") == [("the body is not JSON", "openapi.yaml:17")]


def test_a_missing_header_and_one_of_another_type_are_violations(drift: DriftCheck) -> None:
    headers = (JSON, ("x-count", "many"))
    assert found(drift, {"name": "a"}, headers=headers) == [
        ("the header ETag is missing", "openapi.yaml:26"),
        ('header X-Count: "many" is not of type "integer"', "openapi.yaml:14"),
    ]
    assert found(drift, {"name": "a"}, headers=(JSON, ETAG, ("x-count", "12"))) == []


def test_a_response_that_the_spec_leaves_open_is_no_drift(drift: DriftCheck) -> None:
    assert found(drift, b"some text", status=204, headers=()) == []
    assert found(drift, b"", method="HEAD") == []
    assert found(drift, b"\x1f\x8b\x08", headers=(JSON, ETAG, ("Content-Encoding", "gzip"))) == []


def test_an_operation_that_is_not_in_the_spec_has_no_drift(drift: DriftCheck) -> None:
    assert drift.check(OperationReply("gone", "GET", 200, (), b"")) == ()
