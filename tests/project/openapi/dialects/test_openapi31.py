"""OpenAPI 3.1 as OpenAPI 3.0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.load import read_project
from homeport.project.openapi.dialects import openapi_document
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.yaml_text import read_yaml
from tests.support.spec import check_problems, load, write_project

NOTES = """\
openapi: 3.1.0
jsonSchemaDialect: https://spec.openapis.org/oas/3.1/dialect/base
info: {title: Notes, version: "1", summary: Notes., license: {name: MIT, identifier: MIT}}
paths:
  /notes:
    post:
      operationId: createNote
      requestBody:
        content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}
      responses:
        "201": {description: Made., content: {application/json: {schema: {type: [object, "null"]}}}}
webhooks: {}
components:
  schemas:
    Note:
      $schema: https://json-schema.org/draft/2020-12/schema
      type: object
      properties:
        text: {anyOf: [{type: string}, {type: "null"}], examples: [Milk]}
        kind: {const: note}
        size: {type: integer, exclusiveMinimum: 0}
        either: {type: [string, integer]}
        type: {type: string}
        any: true
"""


def convert(text: str) -> Document:
    parsed = read_yaml(text)
    return openapi_document(Document("api.yaml", parsed.value, parsed.source_map), Diagnostics())


def test_schemas_have_the_words_of_openapi_3_0() -> None:
    document = convert(NOTES)
    properties: dict[str, Any] = document.value["components"]["schemas"]["Note"]["properties"]
    assert properties == {
        "text": {"anyOf": [{"type": "string"}], "nullable": True, "example": "Milk"},
        "kind": {"enum": ["note"]},
        "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "type": {"type": "string"},
        "any": {},
    }
    response = document.value["paths"]["/notes"]["post"]["responses"]["201"]
    assert response["content"]["application/json"]["schema"] == {"type": "object", "nullable": True}
    assert document.value["openapi"].startswith("3.0.")
    kind = ("components", "schemas", "Note", "properties", "kind")
    assert NOTES.splitlines()[document.line(kind) - 1].strip().startswith("kind:")


def schema_of(written: str) -> Any:
    """A schema of 3.1 in 3.0."""
    text = f"openapi: 3.1.0\ncomponents:\n  schemas:\n    A: {written}\n"
    return convert(text).value["components"]["schemas"]["A"]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{type: 'null'}", {"enum": [None], "nullable": True}),
        ("{const: null}", {"enum": [None], "nullable": True}),
        ("{type: [string, 'null'], enum: [a, null]}", {"type": "string", "nullable": True, "enum": ["a", None]}),
        ("{type: string, contentMediaType: application/octet-stream}", {"type": "string", "format": "binary"}),
        ("{type: string, contentEncoding: base64}", {"type": "string", "format": "byte"}),
        ("{type: string, contentEncoding: base64, format: uuid}", {"type": "string", "format": "uuid"}),
        ("{minimum: 1, exclusiveMinimum: 5}", {"minimum": 5, "exclusiveMinimum": True}),
        ("{minimum: 7, exclusiveMinimum: 5}", {"minimum": 7, "exclusiveMinimum": False}),
        ("{maximum: 3, exclusiveMaximum: 5}", {"maximum": 3, "exclusiveMaximum": False}),
        ("{type: array, items: true, uniqueItems: true}", {"type": "array", "items": {}, "uniqueItems": True}),
        ("{type: string, readOnly: true, deprecated: true}", {"type": "string", "readOnly": True, "deprecated": True}),
        (
            "{$ref: '#/components/schemas/B', description: A b., minLength: 3}",
            {"allOf": [{"$ref": "#/components/schemas/B"}], "description": "A b.", "minLength": 3},
        ),
        ("{$ref: '#/components/schemas/B'}", {"$ref": "#/components/schemas/B"}),
        ("{not: false, additionalProperties: false}", {"not": {"not": {}}, "additionalProperties": False}),
    ],
)
def test_a_schema_says_in_3_0_what_it_says_in_3_1(written: str, found: Any) -> None:
    assert schema_of(written) == found


def test_a_path_may_be_an_item_of_the_components(tmp_path: Path) -> None:
    spec = """\
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes: {$ref: "#/components/pathItems/Notes"}
components:
  pathItems:
    Notes: {get: {operationId: listNotes, responses: {"200": {description: The notes.}}}}
"""
    root = write_project(tmp_path, spec=spec, resources=None, handlers=("list_notes",))
    [operation] = load(root).api.operations
    assert (operation.label, operation.source.line) == ("GET /notes", 7)
    assert [str(problem) for problem in check_problems(root)] == []


@pytest.mark.parametrize(
    ("keyword", "hint"),
    [
        ("prefixItems: [{type: string}]", "use items"),
        ("minContains: 1", "check it in the function"),
        ("$dynamicRef: '#x'", "write $ref"),
        ("if: {type: string}", "use allOf, anyOf, oneOf, not"),
        ("$defs: {X: {type: string}}", "define schemas under components"),
    ],
)
def test_a_keyword_that_3_0_can_not_say_is_named_by_its_line(tmp_path: Path, keyword: str, hint: str) -> None:
    spec = NOTES.replace("        any: true\n", f"        any:\n          {keyword}\n")
    name, line = keyword.partition(":")[0], len(spec.splitlines())
    problems = check_problems(write_project(tmp_path, spec=spec, resources=None, handlers=("create_note",)))
    assert [str(problem) for problem in problems] == [
        f"openapi.yaml:{line}: error: OpenAPI 3.0 has no {name!r} ({hint})"
    ]


def test_webhooks_are_named(tmp_path: Path) -> None:
    spec = NOTES.replace("webhooks: {}", "webhooks: {made: {post: {responses: {}}}}")
    root = write_project(tmp_path, spec=spec, resources=None, handlers=("create_note",))
    _, problems = read_project(root, environ={})
    assert [problem.message for problem in problems] == ["webhooks are no routes of the API: they are left out"]


def test_a_project_may_be_written_in_openapi_3_1(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=NOTES, resources=None, handlers=("create_note",))
    assert [operation.id for operation in load(root).api.operations] == ["createNote"]
    assert [str(problem) for problem in check_problems(root)] == []
