"""OpenAPI 3.1 as OpenAPI 3.0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def test_a_project_may_be_written_in_openapi_3_1(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=NOTES, resources=None, handlers=("create_note",))
    assert [operation.id for operation in load(root).api.operations] == ["createNote"]
    assert [str(problem) for problem in check_problems(root)] == []
