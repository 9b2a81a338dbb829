"""References of openapi.yaml into files beside it."""

from __future__ import annotations

from pathlib import Path

from homeport.project.load import load_project, read_project
from tests.support.spec import check_problems, write_project

SPEC = """\
openapi: 3.0.3
info: {title: Notes, version: "1"}
paths:
  /notes:
    $ref: paths/notes.yaml
  /notes/{id}:
    parameters: [{$ref: "shared.yaml#/components/parameters/Id"}]
    get:
      operationId: getNote
      responses:
        "200":
          description: The note.
          content: {application/json: {schema: {$ref: "shared.yaml#/components/schemas/Note"}}}
components:
  schemas:
    Tag: {type: string}
"""
FILES = {
    "paths/notes.yaml": """\
post:
  operationId: createNote
  requestBody:
    content: {application/json: {schema: {$ref: "../shared.yaml#/components/schemas/Note"}}}
  responses: {"201": {description: Made.}}
""",
    "shared.yaml": """\
components:
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: string}}
  schemas:
    Note:
      type: object
      properties:
        replies: {type: array, items: {$ref: "#/components/schemas/Note"}}
        tag: {$ref: "#/components/schemas/Tag"}
    Tag: {type: integer}
""",
}
HANDLERS = ("create_note", "get_note")


def test_paths_parameters_and_schemas_may_be_in_other_files(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SPEC, resources=None, handlers=HANDLERS, files=FILES)
    api = load_project(root, environ={}).api
    assert [operation.label for operation in api.operations] == ["POST /notes", "GET /notes/{id}"]
    assert [parameter.name for parameter in api.operations[1].parameters] == ["id"]
    assert api.document["components"]["schemas"] == {
        "Tag": {"type": "string"},
        "Note": {
            "type": "object",
            "properties": {
                "replies": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}},
                "tag": {"$ref": "#/components/schemas/Tag2"},
            },
        },
        "Tag2": {"type": "integer"},
    }
    assert api.operations[0].body is not None
    assert api.operations[0].body.content["application/json"] is api.document["components"]["schemas"]["Note"]
    assert [str(problem) for problem in check_problems(root)] == []


def test_values_keep_the_file_and_line_that_they_come_from(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SPEC, resources=None, handlers=HANDLERS, files=FILES)
    project = load_project(root, environ={})
    source = project.api.operations[0].source
    assert (source.file, source.line) == ("paths/notes.yaml", 1)
    note = project.documents.spec.source(("components", "schemas", "Note", "properties", "replies"))
    assert (note.file, note.line) == ("shared.yaml", 8)


def test_a_change_in_another_file_is_a_change_of_the_project(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SPEC, resources=None, handlers=HANDLERS, files=FILES)
    places = load_project(root, environ={}).source_places
    assert {"openapi.yaml", "shared.yaml", "paths/notes.yaml"} <= set(places.files)


def test_a_fault_in_another_file_is_named_there(tmp_path: Path) -> None:
    files = {**FILES, "paths/notes.yaml": FILES["paths/notes.yaml"].replace("createNote", "create note")}
    root = write_project(tmp_path, spec=SPEC, resources=None, handlers=HANDLERS, files=files)
    _, problems = read_project(root, environ={})
    assert [(problem.file, problem.line) for problem in problems] == [("paths/notes.yaml", 2)]


def test_a_file_that_is_not_there_is_an_error_of_its_reference(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if name != "shared.yaml"}
    root = write_project(tmp_path, spec=SPEC, resources=None, handlers=HANDLERS, files=files)
    _, problems = read_project(root, environ={})
    found = {(problem.file, problem.line, problem.message) for problem in problems}
    assert ("openapi.yaml", 7, "the reference 'shared.yaml#/components/parameters/Id' leads to nothing") in found
    assert ("paths/notes.yaml", 4, "the reference '../shared.yaml#/components/schemas/Note' leads to nothing") in found
