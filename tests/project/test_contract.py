"""The owner's document as the contract of a template's API."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.check import examine_project
from homeport.project.contract import contract_api
from homeport.project.load import load_project
from homeport.project.openapi.extensions import contract_document
from homeport.project.project import ProjectInputs
from tests.support.project import write_files
from tests.support.templates import HANDLER

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      Events:
        Get: {Type: Api, Properties: {Path: "/notes/{id}", Method: get}}
        Put: {Type: Api, Properties: {Path: "/notes/{id}", Method: put}}
        Rest: {Type: Api, Properties: {Path: "/more/{proxy+}", Method: any}}
"""
DOCUMENT = """\
openapi: 3.0.1
info: {title: Notes, version: "1"}
paths:
  /notes/{noteId}:
    get: {responses: {"200": {description: a note}}}
    delete: {responses: {"204": {description: gone}}}
  /more/of/this:
    post: {responses: {"201": {description: made}}}
"""
INPUTS = ProjectInputs(openapi="api.yaml")


@pytest.fixture
def root(tmp_path: Path) -> Path:

    write_files(tmp_path, {"template.yaml": TEMPLATE, "api.yaml": DOCUMENT, "src/app.py": HANDLER})
    return tmp_path


def test_contract_of_an_api_is_the_document_that_was_given(root: Path) -> None:
    assert list(contract_document(load_project(root, inputs=INPUTS))["paths"]) == ["/notes/{noteId}", "/more/of/this"]
    assert sorted(contract_document(load_project(root))["paths"]) == ["/more/{proxy}", "/notes/{id}"]


def test_routes_that_only_one_of_the_two_has_are_found_with_their_lines(root: Path) -> None:
    found = [(one.file, one.line, one.message) for one in examine_project(root, inputs=INPUTS) if one.severity]
    assert (
        "api.yaml",
        6,
        "DELETE /notes/{noteId} is in the document, and no route of ServerlessRestApi serves it",
    ) in found
    assert ("template.yaml", 11, "PUT /notes/{id} is not in api.yaml") in found
    assert len(found) == 2


def test_a_route_that_only_one_of_the_two_protects_is_found(root: Path) -> None:
    secured = """\
openapi: 3.0.1
info: {title: Notes, version: "1"}
components: {securitySchemes: {Staff: {type: http, scheme: bearer}}}
paths:
  /notes/{noteId}:
    get: {security: [{Staff: []}], responses: {"200": {description: a note}}}
    put: {responses: {"200": {description: a note}}}
"""
    write_files(root, {"api.yaml": secured})
    found = [one.message for one in examine_project(root, inputs=INPUTS)]
    assert "the document protects GET /notes/{noteId}, and the template leaves it open" in found
    assert not any("PUT /notes/{noteId}" in message for message in found)
    key = "Method: put, Auth: {ApiKeyRequired: true}}"
    write_files(root, {"template.yaml": TEMPLATE.replace("Method: put}", key)})
    found = [one.message for one in examine_project(root, inputs=INPUTS)]
    assert "the document leaves PUT /notes/{noteId} open, and the template protects it" in found


def test_the_api_of_a_contract_has_its_routes_with_the_functions_that_serve_them(root: Path) -> None:
    api = contract_api(load_project(root, inputs=INPUTS))
    assert [(one.method, one.path, one.function) for one in api.operations] == [
        ("GET", "/notes/{noteId}", "Notes"),
        ("POST", "/more/of/this", "Notes"),
    ]
    assert api.operations[0].source.file == "api.yaml"
    assert list(api.operations[0].responses) == ["200"]
    assert [one.path for one in contract_api(load_project(root)).operations] == [
        "/more/{proxy+}",
        "/notes/{id}",
        "/notes/{id}",
    ]
