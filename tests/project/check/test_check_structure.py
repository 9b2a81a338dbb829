"""OpenAPI's own structure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.check import examine_project
from tests.support.spec import document, operation, report, write_document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sumary": "x"}, "unknown key 'sumary' in an operation (did you mean summary?)"),
        ({"requestbody": {}}, "unknown key 'requestbody' in an operation (did you mean requestBody?)"),
        ({"deprecated": "yes"}, "'deprecated' must be true or false, not the text 'yes'"),
        ({"responses": {"200": {}}}, "a response needs 'description' (add it)"),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"type": ["string", "null"]}}]},
            "'type' is one word in OpenAPI 3.0, not a list (for a value that may be null add nullable: true)",
        ),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"const": 5}}]},
            "OpenAPI 3.0 has no 'const' (write enum with one value)",
        ),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"exclusiveMinimum": 5}}]},
            "'exclusiveMinimum' must be true or false, not the number 5",
        ),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"properties": {"x-b": {"typ": "string"}}}}]},
            "unknown key 'typ' in a schema (did you mean type?)",
        ),
        ({"security": [{"a": "b"}]}, None),
    ],
)
def test_the_document_has_openapis_own_structure(tmp_path: Path, change: dict[str, Any], message: str | None) -> None:
    if message is None:
        root = write_document(tmp_path, document({"/a": {"get": operation(**change)}}))
        assert [p.message for p in examine_project(root, environ={})] == [
            "there is no security scheme 'a'",
            "'a' must be a list, not the text 'b'",
        ]
        return
    assert report(tmp_path, document({"/a": {"get": operation(**change)}})) == [f"error: {message}"]


def test_examples_and_extensions_may_hold_anything(tmp_path: Path) -> None:
    schema = {"type": "object", "example": {"typ": 1}, "default": {"$ref": "x"}, "x-any": {"typ": 1}, "nullable": True}
    act = operation(**{"x-other": {"a": 1}}, callbacks={"a": {"{$request.body#/url}": {"post": operation()}}})
    assert report(tmp_path, document({"/a": {"get": act}}, components={"schemas": {"A": schema}})) == []
