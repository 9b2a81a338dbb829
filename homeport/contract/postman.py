"""The API as a Postman collection. Pure.

https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from homeport.contract.example_request import (
    PATH_VARIABLE,
    ExampleParameter,
    ExampleRequest,
    example_request,
    operation_source,
)
from homeport.project.model import Api, Operation
from homeport.project.project import Project

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_LOCAL = "http://127.0.0.1:8080"
_HEADER = re.compile(r"\$?(?:method\.)?request\.header\.(.+)")

Json = dict[str, Any]


def postman_collection(project: Project, url: str | None = None) -> Json:
    """Return a request for each operation, in a folder for each tag, with examples as values.

    ``baseUrl`` is ``url``, None: where ``make dev`` serves this stage. Tokens and keys are variables, to be filled in.
    """
    api = project.api
    folders: dict[str, list[Json]] = {}
    for operation in api.operations:
        example = example_request(operation, api)
        folders.setdefault(example.tag, []).append(_item(operation, example, api))
    names = sorted({name for items in folders.values() for item in items for name in _variable_names(item)})
    about = str(api.document.get("info", {}).get("description", ""))
    variables = [{"key": "baseUrl", "value": url or f"{_LOCAL}{project.stage.base_path}"}]
    return {
        "info": {
            "name": api.title,
            "version": api.version,
            "description": about,
            "schema": _SCHEMA,
        },
        "item": [
            entry
            for folder, items in folders.items()
            for entry in ([{"name": folder, "item": items}] if folder else items)
        ],
        "variable": [*variables, *({"key": name, "value": ""} for name in names)],
    }


def _item(operation: Operation, example: ExampleRequest, api: Api) -> Json:
    request: Json = {
        "method": example.method,
        "header": [*map(_pair, example.headers), *_credentials(operation, api)],
        "url": _url(operation, example),
        "description": str(operation_source(operation, api).get("description", "")),
        "auth": _auth(operation, api),
    }
    if media := example.media_type:
        request["header"].insert(0, {"key": "Content-Type", "value": media})
        request["body"] = {"mode": "raw", "raw": example.body, "options": {"raw": {"language": _language(media)}}}
    return {"name": operation.summary or operation.id, "request": request, "response": []}


def _url(operation: Operation, example: ExampleRequest) -> Json:
    path = "" if operation.path == "/$default" else PATH_VARIABLE.sub(r":\1", operation.path).lstrip("/")
    query = list(map(_pair, example.query))
    asked = "&".join(f"{pair['key']}={pair['value']}" for pair in query if not pair.get("disabled"))
    return {
        "raw": f"{{{{baseUrl}}}}/{path}" + (f"?{asked}" if asked else ""),
        "host": ["{{baseUrl}}"],
        "path": path.split("/"),
        "query": query,
        "variable": [{"key": one.name, "value": one.value} for one in example.variables],
    }


def _pair(parameter: ExampleParameter) -> Json:
    pair: Json = {"key": parameter.name, "value": parameter.value}
    return pair if parameter.required else {**pair, "disabled": True}


def _auth(operation: Operation, api: Api) -> Json:
    authorizers = [api.authorizers[one.scheme] for one in operation.security if one.scheme in api.authorizers]
    if any(authorizer.kind in ("jwt", "cognito") for authorizer in authorizers):
        return {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]}
    return {"type": "noauth"}


def _credentials(operation: Operation, api: Api) -> Iterator[Json]:
    """Yield the headers of a Lambda authorizer, and of the API key."""
    if operation.api_key_required and api.api_key_source == "HEADER":
        yield {"key": "x-api-key", "value": "{{apiKey}}"}
    for security in operation.security:
        authorizer = api.authorizers.get(security.scheme)
        if authorizer is not None and authorizer.kind in ("request", "token"):
            for source in filter(None, map(_HEADER.fullmatch, authorizer.identity_sources)):
                yield {"key": source[1], "value": f"{{{{{source[1]}}}}}"}


def _variable_names(item: Json) -> set[str]:
    """Return the variables of an item that the user of the collection fills in."""
    text = json.dumps([item["request"]["header"], item["request"]["auth"]])
    return set(re.findall(r"\{\{([^{}]+)\}\}", text))


def _language(media: str) -> str:
    return "json" if "json" in media else "xml" if "xml" in media else "text"
