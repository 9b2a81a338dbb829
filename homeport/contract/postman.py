"""The API as a Postman collection. Pure.

https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.model import Api, Operation, Parameter, Schema
from homeport.project.project import Project
from homeport.project.schema.references import resolve_references
from homeport.project.schema.sample_value import sample_value

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_LOCAL = "http://127.0.0.1:8080"
_HEADER = re.compile(r"\$?(?:method\.)?request\.header\.(.+)")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")

Json = dict[str, Any]


def postman_collection(project: Project, url: str | None = None) -> Json:
    """Return a request for each operation, in a folder for each tag, with examples as values.

    ``baseUrl`` is ``url``, None: where ``make dev`` serves this stage. Tokens and keys are variables, to be filled in.
    """
    api = project.api
    folders: dict[str, list[Json]] = {}
    for operation in api.operations:
        tags = _source_of(operation, api).get("tags") or [""]
        folders.setdefault(str(tags[0]), []).append(_item(operation, api))
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


def _item(operation: Operation, api: Api) -> Json:
    source = _source_of(operation, api)
    request: Json = {
        "method": "GET" if operation.method == "ANY" else operation.method,
        "header": [*_headers(operation, api), *_credentials(operation, api)],
        "url": _url(operation, api),
        "description": str(source.get("description", "")),
        "auth": _auth(operation, api),
    }
    body = _body(operation, api)
    if body is not None:
        media, raw = body
        request["header"].insert(0, {"key": "Content-Type", "value": media})
        request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": _language(media)}}}
    return {"name": operation.summary or operation.id, "request": request, "response": []}


def _url(operation: Operation, api: Api) -> Json:
    path = "" if operation.path == "/$default" else _VARIABLE.sub(r":\1", operation.path).lstrip("/")
    query = [_pair(found, api) for found in operation.parameters if found.place == "query"]
    asked = "&".join(f"{pair['key']}={pair['value']}" for pair in query if not pair.get("disabled"))
    return {
        "raw": f"{{{{baseUrl}}}}/{path}" + (f"?{asked}" if asked else ""),
        "host": ["{{baseUrl}}"],
        "path": path.split("/"),
        "query": query,
        "variable": [_variable(name, operation, api) for name in _VARIABLE.findall(operation.path)],
    }


def _variable(name: str, operation: Operation, api: Api) -> Json:
    found = next((one for one in operation.parameters if one.place == "path" and one.name == name), None)
    return {"key": name, "value": _value(found, api) if found else ""}


def _headers(operation: Operation, api: Api) -> list[Json]:
    return [_pair(found, api) for found in operation.parameters if found.place == "header"]


def _pair(parameter: Parameter, api: Api) -> Json:
    pair: Json = {"key": parameter.name, "value": _value(parameter, api)}
    return pair if parameter.required else {**pair, "disabled": True}


def _value(parameter: Parameter, api: Api) -> str:
    value = _sample(parameter.schema, api)
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    return _plain(value)


def _sample(schema: Schema, api: Api) -> Any:
    """Return a value that a client may send, with the properties that it may leave out."""
    return sample_value(resolve_references(schema, api.document), api.document, direction="request")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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


def _body(operation: Operation, api: Api) -> tuple[str, str] | None:
    if operation.body is None or not operation.body.content:
        return None
    media, schema = next(iter(operation.body.content.items()))
    content = _source_of(operation, api).get("requestBody", {}).get("content", {}).get(media, {})
    given = content.get("example", next((one.get("value") for one in content.get("examples", {}).values()), None))
    value = _sample(schema, api) if given is None else given
    return media, value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _language(media: str) -> str:
    return "json" if "json" in media else "xml" if "xml" in media else "text"


def _source_of(operation: Operation, api: Api) -> Mapping[str, Any]:
    """Return the operation as the document has it."""
    paths, path, method = operation.document_path
    found = api.document.get(paths, {}).get(path, {}).get(method, {})
    return found if isinstance(found, Mapping) else {}
