"""A first request to an API: a command to copy that works at once. Pure."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from homeport.project.model import Operation
from homeport.project.project import Project
from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value

_JSON = "application/json"


def first_request(project: Project, url: str, *, writes: bool = False) -> str:
    """Return a command that calls the API without credentials, ``""`` where no route is open to one.

    It reads; with ``writes`` it may be a POST with a body by the document, where nothing can be read without more.
    """
    if project.api.resource_policy is not None:
        return ""
    insecure = "-k " if url.startswith("https:") else ""
    targets = [(each, target) for each in project.api.operations if (target := _target(each, project)) is not None]
    for _, target in (each for each in targets if each[0].method == "GET"):
        return f"curl {insecure}{shlex.quote(url + target)}"
    for operation, target in (each for each in targets if each[0].method == "POST" and writes):
        return f"curl {insecure}-X POST {shlex.quote(url + target)}{_body(operation, project)}"
    return ""


def _target(operation: Operation, project: Project) -> str | None:
    """Return path and query of an open operation, None where it needs credentials or a value that nobody wrote down."""
    if operation.security or operation.api_key_required or operation.iam or operation.denied or "{" in operation.path:
        return None
    required = [each for each in operation.parameters if each.required]
    examples = _query_examples(operation, project)
    if any(each.place != "query" or each.name not in examples for each in required):
        return None
    query = urlencode({each.name: examples[each.name] for each in required})
    return operation.path.rstrip("/") + (f"?{query}" if query else "")


def _query_examples(operation: Operation, project: Project) -> dict[str, Any]:
    """Return the values that the document itself gives as examples of query parameters, by name."""
    document, (paths, path, method) = project.api.document, operation.document_path
    item = resolve_map((document.get(paths) or {}).get(path), document)
    written = [*(item.get("parameters") or ()), *(resolve_map(item.get(method), document).get("parameters") or ())]
    parameters = [resolve_map(each, document) for each in written]
    return {each["name"]: each["example"] for each in parameters if each.get("in") == "query" and "example" in each}


def _body(operation: Operation, project: Project) -> str:
    schema = operation.body.content.get(_JSON) if operation.body is not None else None
    if schema is None:
        return ""
    value = sample_value(schema, project.api.document, direction="request")
    return f" -H 'content-type: {_JSON}' -d {shlex.quote(json.dumps(value))}"
