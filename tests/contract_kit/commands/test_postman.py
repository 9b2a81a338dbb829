"""The API as a Postman postman_collection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.contract.postman import postman_collection
from homeport.project.load import load_project
from tests.support.project import write_files

SPEC = """
openapi: 3.0.3
info: {title: Notes, version: 1.2.0, description: Keeps notes.}
paths:
  /notes/{noteId}:
    put:
      operationId: putNote
      summary: Keep a note
      tags: [notes]
      security: [{userPool: []}, {key: []}]
      parameters:
        - {name: noteId, in: path, required: true, schema: {type: string, example: n-1}}
        - {name: dry, in: query, required: true, schema: {type: boolean}}
        - {name: colour, in: query, schema: {type: string, enum: [red]}}
        - {name: If-Match, in: header, schema: {type: string}}
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {text: {type: string}}}
            example: {text: Mine}
      responses: {"204": {description: Kept.}}
  /{proxy+}:
    x-amazon-apigateway-any-method:
      operationId: other
      security: [{guard: []}]
      parameters: [{name: proxy, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: Whatever.}}
components:
  securitySchemes:
    key: {type: apiKey, name: x-api-key, in: header}
    userPool:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer:
        type: cognito_user_pools
        providerARNs: ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc"]
    guard:
      type: apiKey
      name: X-Guard
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer:
        type: request
        identitySource: method.request.header.X-Guard
        authorizerUri: arn:aws:lambda:us-east-1:000000000000:function:guard/invocations
"""
HANDLER = "def handler(event, context):\n    return {'statusCode': 204}\n"


def make_collection(root: Path, url: str | None = None) -> dict[str, Any]:
    handlers = {f"service/handlers/{name}.py": HANDLER for name in ("put_note", "other", "guard")}
    stages = "stages: {local: {flavor: rest, stageName: v1}}\n"
    write_files(root, {"openapi.yaml": SPEC, "deploy/stages.yaml": stages, **handlers})
    return postman_collection(load_project(root, "local"), url)


def test_each_operation_is_a_request_in_the_folder_of_its_tag(tmp_path: Path) -> None:
    made = make_collection(tmp_path)
    folder, other = made["item"]
    assert (folder["name"], [item["name"] for item in folder["item"]]) == ("notes", ["Keep a note"])
    assert folder["item"][0]["request"] == {
        "method": "PUT",
        "header": [
            {"key": "Content-Type", "value": "application/json"},
            {"key": "If-Match", "value": "text", "disabled": True},
            {"key": "x-api-key", "value": "{{apiKey}}"},
        ],
        "url": {
            "raw": "{{baseUrl}}/notes/:noteId?dry=true",
            "host": ["{{baseUrl}}"],
            "path": ["notes", ":noteId"],
            "query": [{"key": "dry", "value": "true"}, {"key": "colour", "value": "red", "disabled": True}],
            "variable": [{"key": "noteId", "value": "n-1"}],
        },
        "description": "",
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "body": {"mode": "raw", "raw": '{\n  "text": "Mine"\n}', "options": {"raw": {"language": "json"}}},
    }
    assert other["request"] == {
        "method": "GET",
        "header": [{"key": "X-Guard", "value": "{{X-Guard}}"}],
        "url": {
            "raw": "{{baseUrl}}/:proxy",
            "host": ["{{baseUrl}}"],
            "path": [":proxy"],
            "query": [],
            "variable": [{"key": "proxy", "value": "text"}],
        },
        "description": "",
        "auth": {"type": "noauth"},
    }


def test_credentials_and_the_base_url_are_variables(tmp_path: Path) -> None:
    made = make_collection(tmp_path)
    assert made["info"] == {
        "name": "Notes",
        "version": "1.2.0",
        "description": "Keeps notes.",
        "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    }
    assert made["variable"] == [
        {"key": "baseUrl", "value": "http://127.0.0.1:8080/v1"},
        {"key": "X-Guard", "value": ""},
        {"key": "apiKey", "value": ""},
        {"key": "token", "value": ""},
    ]


def test_the_base_is_that_of_a_stack_that_runs(tmp_path: Path) -> None:
    assert make_collection(tmp_path, "http://127.0.0.1:9/v1")["variable"][0]["value"] == "http://127.0.0.1:9/v1"
