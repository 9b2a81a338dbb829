"""The OpenAPI document of the healthy REST API in ``rest_api.py``: books, with all that the checks look at."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

from homeport.project.load import load_project
from homeport.project.project import Project

_ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.~-]*$"}
_TIME = {"type": "string", "format": "date-time"}
_PLACE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "city": {"type": "string", "maxLength": 40},
        "rooms": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1000}, "maxItems": 5},
        "open": {"type": "boolean"},
    },
}

CONTENT: dict[str, Any] = {
    "title": {"type": "string", "minLength": 1, "maxLength": 100},
    "summary": {"type": "string", "maxLength": 1000, "default": ""},
    "price": {"type": "number", "minimum": 0, "maximum": 10**30, "nullable": True, "default": None},
    "pages": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**63 - 1, "default": 0},
    "shelf": {"type": "string", "enum": ["open", "lent", "lost"], "default": "open"},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 10, "default": []},
    "rare": {"type": "boolean", "default": False},
    "due": {**_TIME, "nullable": True, "default": None},
    "place": {**_PLACE, "default": {}},
}
"""The properties that clients write."""

SERVER_SET: dict[str, Any] = {
    "createdAt": {**_TIME, "readOnly": True},
    "updatedAt": {**_TIME, "readOnly": True},
    "version": {"type": "integer", "minimum": 1, "readOnly": True, "description": "1 at first, one more a write."},
}


def book_document() -> dict[str, Any]:
    """Return the document, which a test may change: no other one has a part of it."""
    patch = {name: {**schema, "nullable": name != "title"} for name, schema in CONTENT.items()}
    patch["shelf"] = {**patch["shelf"], "enum": ["open", "lent", "lost", None]}
    members = {name: {**schema, "nullable": True} for name, schema in _PLACE["properties"].items()}
    patch["place"] = {**patch["place"], "properties": members}
    for schema in patch.values():
        schema.pop("default", None)
    item = _answer("Book", "ETag")
    conditions = [_header("If-Match"), _header("If-None-Match")]
    missing, bad, failed = _problem("none"), _problem("not valid"), _problem("not as wanted")
    paths = {
        "/books": {
            "get": _operation(
                "listBooks",
                {"200": _answer("BookPage"), "400": bad},
                parameters=[
                    _query("shelf", {"type": "string", "enum": CONTENT["shelf"]["enum"]}),
                    _query("limit", {"type": "integer", "minimum": 1, "maximum": 20, "default": 10}),
                    _query("cursor", {"type": "string", "maxLength": 400}),
                    _query("sort", {"type": "string", "enum": ["title", "-title"]}),
                ],
            ),
            "post": _operation(
                "createBook",
                {
                    "201": _answer("Book", "ETag", "Location"),
                    "400": bad,
                    "409": _problem("taken"),
                    "422": _problem("the Idempotency-Key was used with another body"),
                },
                parameters=[_header("Idempotency-Key", maxLength=100)],
                body={"application/json": "BookInput"},
            ),
        },
        "/books/batch-get": {
            "post": _operation(
                "batchGetBooks",
                {"200": _answer("BookBatch"), "400": bad},
                body={"application/json": "BookIds"},
            )
        },
        "/books/{bookId}": {
            "parameters": [{"name": "bookId", "in": "path", "required": True, "schema": _ID}],
            "get": _operation(
                "getBook",
                {"200": item, "304": {"description": "Known."}, "404": missing, "412": failed},
                parameters=conditions,
            ),
            "head": _operation(
                "headBook",
                {"200": {"description": "There."}, "304": {"description": "Known."}, "404": {"description": "None."}},
            ),
            "put": _operation(
                "replaceBook",
                {
                    "200": item,
                    "201": _answer("Book", "ETag", "Location"),
                    "400": bad,
                    "409": _problem("another id"),
                    "412": failed,
                },
                parameters=conditions,
                body={"application/json": "BookInput"},
            ),
            "patch": _operation(
                "changeBook",
                {"200": item, "400": bad, "404": missing, "412": failed},
                parameters=conditions,
                body={"application/merge-patch+json": "BookPatch"},
            ),
            "delete": _operation(
                "deleteBook",
                {"204": {"description": "Gone."}, "404": missing, "412": failed},
                parameters=conditions,
            ),
        },
        "/books/{bookId}/lend": {
            "parameters": [{"name": "bookId", "in": "path", "required": True, "schema": _ID}],
            "post": _operation(
                "lendBook", {"200": item, "404": missing, "409": _problem("lent already"), "412": failed}
            ),
        },
    }
    ids = {"type": "array", "items": _ID, "minItems": 1, "maxItems": 20, "uniqueItems": True}
    schemas = {
        "BookInput": _object({"bookId": _ID, **CONTENT}, ["title"]),
        "BookPatch": _object(patch, []),
        "Book": _object({"bookId": _ID, **CONTENT, **SERVER_SET}, ["bookId", *CONTENT, *SERVER_SET]),
        "BookPage": _object(
            {"books": {"type": "array", "items": _reference("Book")}, "cursor": {"type": "string"}}, ["books"]
        ),
        "BookIds": _object({"bookIds": ids}, ["bookIds"]),
        "BookBatch": _object(
            {
                "books": {"type": "array", "items": _reference("Book")},
                "missing": {"type": "array", "items": {"type": "string"}},
            },
            ["books", "missing"],
        ),
        "Problem": _object({"title": {"type": "string"}, "status": {"type": "integer"}}, ["title", "status"]),
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Books", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return copy.deepcopy(document)


def book_project(root: Path, document: dict[str, Any] | None = None) -> Project:
    """Write the project of a document below ``root``, the books' where none is given, and load it."""
    root.mkdir(parents=True, exist_ok=True)
    document = document or book_document()
    (root / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    handlers = root / "service" / "handlers"
    handlers.mkdir(parents=True, exist_ok=True)
    methods = (one for path in document["paths"].values() for one in path.values() if isinstance(one, dict))
    for id_ in (operation["operationId"] for operation in methods):
        name = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", id_)
        (handlers / f"{name}.py").write_text("def handler(event, context):\n    return {'statusCode': 200}\n")
    return load_project(root)


def _operation(id_: str, responses: dict[str, Any], parameters: Any = (), body: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": id_, "responses": responses, "x-homeport": {"access": {}}}
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        content = {kind: {"schema": _reference(name)} for kind, name in body.items()}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _answer(name: str, *headers: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _reference(name)}}
    found: dict[str, Any] = {"description": name, "content": content}
    if headers:
        found["headers"] = {header: {"schema": {"type": "string"}} for header in headers}
    return found


def _problem(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _reference("Problem")}}
    return {"description": description, "content": content}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**made, "required": required} if required else made


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _header(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string", **schema}}
