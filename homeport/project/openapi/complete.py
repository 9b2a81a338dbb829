"""The document of a template's API, completed to one that OpenAPI's own tools can read.

API Gateway takes documents that leave out what the template says elsewhere or nowhere: the variables of a path, the
responses, the methods of a route for any method.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from homeport.project.model import ANY_METHOD

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_VARIABLE = re.compile(r"\{([^}+]+)\+?\}")
_DEFAULT_ROUTE = "/$default"
_ANY_RESPONSE = {"default": {"description": "what the function answers: the template does not say"}}


def complete_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document in which each operation has its path's variables and responses.

    A route for any method is one for GET, since nothing tells which others its function takes. A variable for the rest
    of a path is one for a single part of it. The default route has no path, and is left out.
    """
    paths: dict[str, Any] = {}
    written = document.get("paths") or {}
    for path, item in written.items():
        plain = _VARIABLE.sub(r"{\1}", path)
        if path != _DEFAULT_ROUTE and isinstance(item, dict) and (plain == path or plain not in written):
            paths[plain] = _complete_item(path, item)
    return {**document, "paths": paths}


def _complete_item(path: str, item: Mapping[str, Any]) -> dict[str, Any]:
    shared = _names_of(item)
    completed = dict(item)
    any_method = completed.pop(ANY_METHOD, None)
    if isinstance(any_method, dict) and "get" not in completed:
        completed["get"] = any_method
    for method in _METHODS:
        operation = completed.get(method)
        if isinstance(operation, dict):
            missing = [name for name in _VARIABLE.findall(path) if name not in shared | _names_of(operation)]
            added = [{"name": name, "in": "path", "required": True, "schema": _PART} for name in missing]
            completed[method] = {
                **operation,
                **({"parameters": [*(operation.get("parameters") or ()), *added]} if added else {}),
                "responses": operation.get("responses") or _ANY_RESPONSE,
            }
    return completed


_PART = {"type": "string", "minLength": 1}


def _names_of(holder: Mapping[str, Any]) -> set[str]:
    """Return the names of the path's variables that an operation or path item describes."""
    parameters = holder.get("parameters")
    entries = parameters if isinstance(parameters, list) else ()
    return {
        str(entry.get("name")).removesuffix("+")
        for entry in entries
        if isinstance(entry, dict) and entry.get("in") == "path"
    }
