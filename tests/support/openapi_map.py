"""OpenAPI documents of tests as mapped documents, each value on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.contract.document.checks import findings_of, sort_findings
from homeport.contract.document.places import DocumentMap, map_document
from homeport.contract.finding import Finding
from homeport.project.cors import Cors
from homeport.project.source.document import Document, read_json

JSON = "application/json"


def as_document(value: Mapping[str, Any]) -> Document:
    """Return a document's value as one that was read from openapi.json."""
    parsed = read_json(json.dumps(value, indent=1))
    return Document("openapi.json", parsed.value, parsed.source_map)


def mapped(value: Mapping[str, Any]) -> DocumentMap:
    """Return a document's value with its places."""
    return map_document(as_document(value))


def api(paths: Mapping[str, Any], *, schemas: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a document with these paths and component schemas."""
    components = {"components": {"schemas": dict(schemas)}} if schemas else {}
    return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": dict(paths), **components, **more}


def answer(schema: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a response with a JSON body; ``more`` stands beside its schema."""
    return {"description": "It is.", "content": {JSON: {**({"schema": schema} if schema is not None else {}), **more}}}


def body(schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a required JSON request body; ``more`` stands beside its schema."""
    return {"required": True, "content": {JSON: {"schema": schema, **more}}}


def lines(value: Mapping[str, Any], cors: Cors | None = None) -> list[str]:
    """Return the findings of a document as ``severity check: happened``."""
    return [line(finding) for finding in sort_findings(findings_of(mapped(value), cors))]


def line(finding: Finding) -> str:
    """Return a finding as ``severity check: happened``."""
    return f"{finding.severity} {finding.check}: {finding.happened}"


def with_schema(schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a document whose only operation answers with the component schema ``Thing``."""
    paths = {"/things": {"get": {"responses": {"200": answer({"$ref": "#/components/schemas/Thing"})}}}}
    return api(paths, schemas={"Thing": schema, **more})
