"""OpenAPI 2.0 as OpenAPI 3.0: what API Gateway reads in both is the same, and every value keeps its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fuzz.schemathesis_run import write_contract
from homeport.project.openapi.dialects import openapi_document
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.yaml_text import read_yaml
from tests.support.spec import load, write_project

SHOP = """\
swagger: "2.0"
info: {title: Shop, version: "1"}
host: shop.example.com
basePath: /v1
schemes: [https]
consumes: [application/json]
produces: [application/json]
parameters:
  Limit: {name: limit, in: query, type: integer, minimum: 1}
  NewOrder:
    name: order
    in: body
    required: true
    schema: {$ref: "#/definitions/Order"}
responses:
  Missing: {description: No such order., schema: {$ref: "#/definitions/Error"}}
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {$ref: "#/parameters/Limit"}
        - {name: state, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: tag, in: query, type: array, items: {type: string}}
        - {name: owner, in: query, type: array, items: {type: string}, collectionFormat: multi}
      responses:
        "200":
          description: The orders.
          schema: {type: array, items: {$ref: "#/definitions/Order"}}
          headers: {X-Total: {type: integer, description: How many.}}
          examples: {application/json: []}
      security: [{api_key: []}]
    post:
      operationId: createOrder
      consumes: [application/json, text/csv]
      parameters: [{$ref: "#/parameters/NewOrder"}]
      responses: {"201": {description: Made.}, "404": {$ref: "#/responses/Missing"}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, type: string}]
    post:
      operationId: uploadPhoto
      parameters:
        - {name: photo, in: formData, type: file, required: true}
        - {name: title, in: formData, type: string}
      responses: {"200": {description: Done.}}
definitions:
  Order:
    type: object
    discriminator: kind
    properties:
      kind: {type: string}
      note: {type: string, x-nullable: true}
      parent: {$ref: "#/definitions/Order"}
      default: {type: string}
  Error: {type: object}
securityDefinitions:
  api_key: {type: apiKey, name: x-api-key, in: header}
  basic: {type: basic}
  login:
    type: oauth2
    flow: accessCode
    authorizationUrl: https://id.example.com/authorize
    tokenUrl: https://id.example.com/token
    scopes: {read: Read orders.}
"""


def convert(text: str) -> Document:
    parsed = read_yaml(text)
    diagnostics = Diagnostics()
    document = openapi_document(Document("api.yaml", parsed.value, parsed.source_map), diagnostics)
    assert not diagnostics.all()
    return document


@pytest.fixture(scope="module")
def shop() -> Document:
    return convert(SHOP)


def test_parameters_have_their_schema_and_style(shop: Document) -> None:
    assert shop.value["components"]["parameters"]["Limit"] == {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1},
    }
    array = {"type": "array", "items": {"type": "string"}}
    assert shop.value["paths"]["/orders"]["get"]["parameters"] == [
        {"$ref": "#/components/parameters/Limit"},
        {"name": "state", "in": "query", "schema": array, "style": "pipeDelimited", "explode": False},
        {"name": "tag", "in": "query", "schema": array, "explode": False},
        {"name": "owner", "in": "query", "schema": array, "explode": True},
    ]


def test_a_body_has_a_schema_for_each_media_type_that_is_consumed(shop: Document) -> None:
    post = shop.value["paths"]["/orders"]["post"]
    assert post["requestBody"] == {"$ref": "#/components/requestBodies/NewOrder"}
    assert "parameters" in post and post["parameters"] == []
    assert shop.value["components"]["requestBodies"]["NewOrder"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
    }


def test_form_fields_are_the_properties_of_one_body(shop: Document) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"photo": {"type": "string", "format": "binary"}, "title": {"type": "string"}},
        "required": ["photo"],
    }
    path = shop.value["paths"]["/orders/{id}"]
    assert path["post"]["requestBody"] == {"content": {"multipart/form-data": {"schema": schema}}}
    assert path["parameters"] == [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def test_responses_have_content_and_headers(shop: Document) -> None:
    responses = shop.value["paths"]["/orders"]["get"]["responses"]
    assert responses["200"] == {
        "description": "The orders.",
        "headers": {"X-Total": {"description": "How many.", "schema": {"type": "integer"}}},
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
                "example": [],
            }
        },
    }
    assert shop.value["paths"]["/orders"]["post"]["responses"]["404"] == {"$ref": "#/components/responses/Missing"}


def test_schemas_are_those_of_openapi_3_0(shop: Document) -> None:
    assert shop.value["components"]["schemas"]["Order"] == {
        "type": "object",
        "discriminator": {"propertyName": "kind"},
        "properties": {
            "kind": {"type": "string"},
            "note": {"type": "string", "nullable": True},
            "parent": {"$ref": "#/components/schemas/Order"},
            "default": {"type": "string"},
        },
    }


def test_security_schemes_are_those_of_openapi_3_0(shop: Document) -> None:
    assert shop.value["components"]["securitySchemes"] == {
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "basic": {"type": "http", "scheme": "basic"},
        "login": {
            "type": "oauth2",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "https://id.example.com/authorize",
                    "tokenUrl": "https://id.example.com/token",
                    "scopes": {"read": "Read orders."},
                }
            },
        },
    }
    assert shop.value["paths"]["/orders"]["get"]["security"] == [{"api_key": []}]


def test_values_keep_their_lines(shop: Document) -> None:
    lines = SHOP.splitlines()
    for path, text in {
        ("paths", "/orders", "get"): "    get:",
        ("paths", "/orders", "get", "operationId"): "      operationId: listOrders",
        ("components", "schemas", "Order", "properties", "note"): "      note: {type: string, x-nullable: true}",
        ("components", "securitySchemes", "login"): "  login:",
    }.items():
        assert lines[shop.line(path) - 1] == text


def test_the_models_empty_and_error_exist_by_themselves() -> None:
    text = """\
swagger: "2.0"
info: {title: Shop, version: "1"}
paths:
  /: {get: {responses: {"200": {description: Done., schema: {$ref: "#/definitions/Empty"}}}}}
"""
    assert convert(text).value["components"]["schemas"] == {"Empty": {"title": "Empty Schema", "type": "object"}}


def test_a_project_may_be_written_in_openapi_2_0(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SHOP, resources=None, handlers=("list_orders", "create_order", "upload_photo"))
    project = load(root)
    assert [operation.route_key for operation in project.api.operations] == [
        "GET /orders",
        "POST /orders",
        "POST /orders/{id}",
    ]
    assert project.api.operations[0].api_key_required
    assert project.api.operations[1].body is not None


def test_the_contract_of_a_document_in_openapi_2_0_is_written_in_3_0(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SHOP, resources=None, handlers=("list_orders", "create_order", "upload_photo"))
    file = write_contract(load(root), tmp_path)
    assert file is not None
    assert json.loads(file.read_text())["openapi"].startswith("3.0")


def test_a_document_in_openapi_3_0_is_the_contract_as_it_is(tmp_path: Path) -> None:
    assert write_contract(load(write_project(tmp_path)), tmp_path) is None
