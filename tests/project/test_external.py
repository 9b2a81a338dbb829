"""Documents whose API the kit does not run: no handlers, no authorizers, ids that name no Python module."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import ProjectError
from homeport.project.external import load_called_project
from homeport.project.integrations import ExternalIntegration
from tests.support.project import write_files

DOCUMENT = """\
openapi: 3.0.1
info: {title: Pets, version: "1"}
security: [{bearer: []}, {}]
paths:
  /pets:
    get: {operationId: api.pets.__list__, responses: {"200": {description: pets}}}
    post:
      operationId: api.pets.__list__
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: POST, uri: "https://example.com/pets"}
      responses: {"201": {description: made}}
    delete: {responses: {"204": {description: gone}}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
"""
SWAGGER = """\
swagger: "2.0"
info: {title: Pets, version: "1"}
basePath: /v1
paths:
  /pets/{id}:
    get:
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {"200": {description: a pet, schema: {type: object}}}
"""


@pytest.mark.parametrize(("document", "routes"), [(DOCUMENT, 3), (SWAGGER, 1)], ids=["3.0", "2.0"])
def test_document_alone_is_read_for_an_api_that_is_called(tmp_path: Path, document: str, routes: int) -> None:
    write_files(tmp_path, {"openapi.yaml": document})
    project = load_called_project(tmp_path)
    assert project.is_external
    assert [one.integration for one in project.api.operations] == [ExternalIntegration()] * routes
    assert {one.denied for one in project.api.operations} == {""}
    assert len({one.id for one in project.api.operations}) == routes


def test_corrections_of_a_document_alone_need_no_handlers(tmp_path: Path) -> None:
    named = DOCUMENT.replace("    delete: {", "    delete: {x-homeport: {resource: {role: none}}, ")
    write_files(tmp_path, {"openapi.yaml": named})
    assert load_called_project(tmp_path).is_external


def test_document_that_names_handlers_is_a_project_with_functions(tmp_path: Path) -> None:
    named = DOCUMENT.replace("    delete: {", "    delete: {x-homeport: {handler: pets}, ")
    write_files(tmp_path, {"openapi.yaml": named})
    with pytest.raises(ProjectError, match=r"pets\.py does not exist"):
        load_called_project(tmp_path)


def test_faults_of_a_document_alone_are_named_with_their_lines(tmp_path: Path) -> None:
    broken = DOCUMENT.replace('responses: {"200": {description: pets}}', "responses: {\"200\": {$ref: '#/nowhere'}}")
    write_files(tmp_path, {"openapi.yaml": broken})
    with pytest.raises(ProjectError, match=r"openapi\.yaml:6"):
        load_called_project(tmp_path)


def test_folder_without_a_document_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no openapi\.yaml"):
        load_called_project(tmp_path)
