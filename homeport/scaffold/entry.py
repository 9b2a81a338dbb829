"""The OpenAPI of a new operation: valid at once, and true of the handler that is written beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from homeport.scaffold.keys import Key, Target
from homeport.scaffold.operation import Wanted
from homeport.spec.extensions import METHODS
from homeport.spec.names import snake_case

Json = dict[str, Any]

TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_REST_OF_PATH = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,5}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000_000}
_REFUSALS = ("400", "403", "404", "413", "414", "429", "431", "500", "502", "503", "504")
_WITH_BODY = ("413",)
RANGES: Mapping[str, Json] = {
    "4XX": {"description": "The request is refused, by the function or by API Gateway."},
    "5XX": {"description": "The request was not answered: try again."},
}


def operation_entry(wanted: Wanted, used: Sequence[Target], document: Mapping[str, Any]) -> Json:
    """The operation as openapi.yaml has it. ``document`` is the whole of openapi.yaml as it is now."""
    title = sentence(wanted.id)
    entry: Json = {"operationId": wanted.id}
    if tags := _tags(wanted, document):
        entry["tags"] = tags
    entry["summary"] = title
    ours: Json = {"function": wanted.function} if wanted.function else {}
    if wanted.access:
        ours["access"] = {target: list(actions) for target, actions in wanted.access.items()}
    if ours:
        entry["x-homeport"] = ours
    if parameters := [*_parameters(wanted, used, document)]:
        entry["parameters"] = parameters
    if wanted.has_body:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": _body(wanted, used)}}}
    entry["responses"] = {str(wanted.status): _success(wanted, used), **_refusals(wanted, document)}
    return entry


def sentence(name: str) -> str:
    """``createNote`` is ``Create note``."""
    words = snake_case(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def body_property(used: Sequence[Target]) -> str:
    """A property for the body's stub, whose type no key of a table settles otherwise."""
    attributes = {
        entry["AttributeName"] for target in used for entry in target.table.properties["AttributeDefinitions"]
    }
    return next(name for name in ("name", "text", "note", "bodyText") if name not in attributes)


def is_list(wanted: Wanted, used: Sequence[Target]) -> bool:
    """Whether the answer is several items: what a query or scan finds."""
    return wanted.method == "GET" and any({"Query", "Scan"} & set(target.actions) for target in used)


def _tags(wanted: Wanted, document: Mapping[str, Any]) -> list[str]:
    """Those of the first operation whose path starts alike."""
    start = wanted.path.split("/")[1]
    for path, _, operation in operations(document):
        if path.split("/")[1:2] == [start] and isinstance(operation.get("tags"), list):
            return list(operation["tags"])
    return []


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method as written and operation of all that are maps."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if method in METHODS and isinstance(operation, dict):
                yield path, method, operation


def _parameters(wanted: Wanted, used: Sequence[Target], document: Mapping[str, Any]) -> Iterator[Json]:
    keys = {(key.place, key.name): key for target in used for key in target.key}
    item = (document.get("paths") or {}).get(wanted.path) or {}
    declared = [_resolved(parameter, document).get("name") for parameter in item.get("parameters", ())]
    for name in wanted.variables:
        if name not in declared:
            greedy = f"{{{name}+}}" in wanted.path
            yield _shared(name, document) or _parameter(name, "path", keys.get(("path", name)), greedy)
    for (place, name), key in keys.items():
        if place == "query" and name not in declared:
            yield _parameter(name, "query", key, False)


def _parameter(name: str, place: str, key: Key | None, greedy: bool) -> Json:
    schema = _NUMBER if key is not None and key.kind == "N" else _REST_OF_PATH if greedy else _ID
    words = snake_case(name).replace("_", " ")
    description = f"The {words.removesuffix(' id')}'s id." if words.endswith(" id") else f"The {words}."
    return {"name": name, "in": place, "required": True, "description": description, "schema": dict(schema)}


def _shared(name: str, document: Mapping[str, Any]) -> Json | None:
    """A reference to a path parameter of that name in components."""
    shared = (document.get("components") or {}).get("parameters") or {}
    for key, parameter in shared.items():
        if isinstance(parameter, dict) and (parameter.get("name"), parameter.get("in")) == (name, "path"):
            return {"$ref": f"#/components/parameters/{key}"}
    return None


def _resolved(parameter: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(parameter.get("$ref", "")).rpartition("/")[2]
    shared = (document.get("components") or {}).get("parameters") or {}
    found: Mapping[str, Any] = shared.get(name, parameter)
    return found


def _body(wanted: Wanted, used: Sequence[Target]) -> Json:
    name = body_property(used)
    schema: Json = {"type": "object", "additionalProperties": False}
    schema |= {"minProperties": 1} if wanted.method == "PATCH" else {"required": [name]}
    return {**schema, "properties": {name: dict(TEXT)}}


def _success(wanted: Wanted, used: Sequence[Target]) -> Json:
    description = "What came of it." if wanted.status != 204 else "It was done."
    if wanted.status == 204:
        return {"description": description}
    schema: Json = {"type": "object"}
    if is_list(wanted, used):
        schema |= {"required": ["items"], "properties": {"items": {"type": "array", "items": {"type": "object"}}}}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(wanted: Wanted, document: Mapping[str, Any]) -> Json:
    """What can go wrong, by the references that the other operations use, and in ranges for the rest."""
    usual: dict[str, Counter[str]] = {}
    for _, _, operation in operations(document):
        responses = operation.get("responses")
        for status, response in responses.items() if isinstance(responses, dict) else ():
            if isinstance(response, dict) and isinstance(response.get("$ref"), str):
                usual.setdefault(status, Counter())[response["$ref"]] += 1
    found = {status: {"$ref": usual[status].most_common(1)[0][0]} for status in _REFUSALS if status in usual}
    if not wanted.has_body:
        found = {status: response for status, response in found.items() if status not in _WITH_BODY}
    ranges = {"4XX": {"400", "404"} <= found.keys(), "5XX": {"500", "502", "503"} <= found.keys()}
    return {**found, **{status: dict(RANGES[status]) for status, told in ranges.items() if not told}}
