"""The entry in openapi.yaml of an operation for ``homeport add``: valid at once, and true of its handler.

``NewOperation`` is the operation that was asked for, ``TableUse`` a table that it may use with the key of its calls:
from the path, from the query, or made by the handler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from homeport.project.names import snake_case
from homeport.project.schema.references import resolve_map
from homeport.scaffold.adopted.adoption import Json, operations
from homeport.scaffold.new_operation import WRITES_ITEMS, Key, NewOperation, TableUse

TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
_ID_SCHEMA = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_REST_OF_PATH = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,5}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_ERROR_STATUSES = ("400", "401", "403", "404", "413", "414", "429", "431", "4XX", "500", "502", "503", "504", "5XX")
_ONLY_WITH_BODY = ("413",)
_CALL_ORDER = (
    "ConditionCheckItem",
    "PutItem",
    "UpdateItem",
    "BatchWriteItem",
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
)
RANGES: Mapping[str, Json] = {
    "4XX": {"description": "The request is refused, by the function or by API Gateway."},
    "5XX": {"description": "The request was not answered: try again."},
}


def operation_entry(new: NewOperation, uses: Sequence[TableUse], document: Mapping[str, Any]) -> Json:
    """Return the operation for openapi.yaml. ``document`` is the whole of openapi.yaml as it is now."""
    title = sentence(new.id)
    entry: Json = {"operationId": new.id}
    if tags := _tags(new, document):
        entry["tags"] = tags
    entry["summary"] = title
    x_homeport: Json = {"function": new.function} if new.function else {}
    if new.access:
        x_homeport["access"] = {use: list(actions) for use, actions in new.access.items()}
    if x_homeport:
        entry["x-homeport"] = x_homeport
    if parameters := [*_parameters(new, uses, document)]:
        entry["parameters"] = parameters
    if new.has_body:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": _body(new, uses)}}}
    good = [new.status, *([201] if may_create(new, uses) else [])]
    entry["responses"] = {
        **{str(status): _success(new, uses, status, parameters) for status in good},
        **_error_responses(new, document),
    }
    return entry


def own_parameters(entry: Json) -> list[Json]:
    """Return the parameters of an operation that stand in it, those that it refers to left out."""
    return [found for found in entry.get("parameters", ()) if "$ref" not in found]


def sentence(name: str) -> str:
    """Return an operationId as a sentence: ``createNote`` is ``Create note``."""
    words = snake_case(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def body_property(uses: Sequence[TableUse]) -> str:
    """Return a property for the body that is no attribute of a table's keys."""
    attributes = {entry["AttributeName"] for use in uses for entry in use.table.properties["AttributeDefinitions"]}
    return next(name for name in ("name", "text", "note", "bodyText") if name not in attributes)


def is_list(new: NewOperation, uses: Sequence[TableUse]) -> bool:
    """Return whether the response is a list: the items of a query or scan."""
    return new.method == "GET" and any({"Query", "Scan"} & set(use.actions) for use in uses)


def in_order(actions: Iterable[str]) -> list[str]:
    """Return actions without ``dynamodb:``, in the order of the handler's calls: what checks first, what reads last."""
    names = (name.removeprefix("dynamodb:") for name in actions)
    return sorted(names, key=lambda name: _CALL_ORDER.index(name) if name in _CALL_ORDER else len(_CALL_ORDER))


def may_create(new: NewOperation, uses: Sequence[TableUse]) -> bool:
    """Return whether the response is 201 or 200: of a PUT whose write tells whether there was an item."""
    return new.method == "PUT" and any({"PutItem", "UpdateItem"} & set(use.actions) for use in uses)


def changes_item(new: NewOperation, uses: Sequence[TableUse]) -> bool:
    """Return whether the response is an item after its change, and 404 without one: of a PATCH."""
    actions = {action for use in uses for action in use.actions}
    return new.method == "PATCH" and "UpdateItem" in actions and not actions & WRITES_ITEMS


def _tags(new: NewOperation, document: Mapping[str, Any]) -> list[str]:
    """Return the tags of the first operation whose path has the same first segment."""
    start = new.path.split("/")[1]
    for path, _, operation in operations(document):
        if path.split("/")[1:2] == [start] and isinstance(operation.get("tags"), list):
            return list(operation["tags"])
    return []


def _parameters(new: NewOperation, uses: Sequence[TableUse], document: Mapping[str, Any]) -> Iterator[Json]:
    keys = {(key.place, key.name): key for use in uses for key in use.key}
    item = (document.get("paths") or {}).get(new.path) or {}
    declared = [resolve_map(parameter, document).get("name") for parameter in item.get("parameters", ())]
    for name in new.variables:
        if name not in declared:
            greedy = f"{{{name}+}}" in new.path
            yield _shared_parameter(name, document) or _parameter(name, "path", keys.get(("path", name)), greedy)
    for (place, name), key in keys.items():
        if place == "query" and name not in declared:
            yield _parameter(name, "query", key, False)


def _parameter(name: str, place: str, key: Key | None, greedy: bool) -> Json:
    schema = _NUMBER if key is not None and key.kind == "N" else _REST_OF_PATH if greedy else _ID_SCHEMA
    words = snake_case(name).replace("_", " ")
    description = f"The {words.removesuffix(' id')}'s id." if words.endswith(" id") else f"The {words}."
    return {"name": name, "in": place, "required": True, "description": description, "schema": dict(schema)}


def _shared_parameter(name: str, document: Mapping[str, Any]) -> Json | None:
    """Return a reference to a path parameter of that name in components, None without one."""
    shared = (document.get("components") or {}).get("parameters") or {}
    for key, parameter in shared.items():
        if isinstance(parameter, dict) and (parameter.get("name"), parameter.get("in")) == (name, "path"):
            return {"$ref": f"#/components/parameters/{key}"}
    return None


def _body(new: NewOperation, uses: Sequence[TableUse]) -> Json:
    name = body_property(uses)
    schema: Json = {"type": "object", "additionalProperties": False}
    schema |= {"minProperties": 1} if new.method == "PATCH" else {"required": [name]}
    return {**schema, "properties": {name: dict(TEXT)}}


def _success(new: NewOperation, uses: Sequence[TableUse], status: int, parameters: Sequence[Json]) -> Json:
    description = {201: "It was created.", 204: "It was done."}.get(status, "What came of it.")
    if status == 204:
        return {"description": description}
    schema = _object(_response_properties(new, uses, parameters))
    if new.method == "GET" and uses and schema.keys() > {"type"}:
        # An item has what other operations wrote, too.
        schema["additionalProperties"] = True
    if is_list(new, uses):
        schema = _object({"items": {"type": "array", "items": schema}})
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _object(properties: Mapping[str, Json]) -> Json:
    return (
        {"type": "object", "required": list(properties), "properties": properties} if properties else {"type": "object"}
    )


def _response_properties(new: NewOperation, uses: Sequence[TableUse], parameters: Sequence[Json]) -> dict[str, Json]:
    """Return what is known of the response, or of each item of a list: keys, variables of the path, and the body."""
    body = {body_property(uses): dict(TEXT)} if new.has_body else {}
    reading = {"Query", "Scan"} if is_list(new, uses) else {"GetItem"}
    reads = [use for use in uses if reading & set(use.actions)]
    if new.method == "GET" and reads:
        return _key_properties(reads[:1] if is_list(new, uses) else reads)
    if changes_item(new, uses):
        return {**_key_properties([use for use in uses if "UpdateItem" in use.actions]), **body}
    types = {str(found["name"]): {"type": found["schema"]["type"]} for found in parameters if "$ref" not in found}
    made = {key.attribute: _schema_of(key.kind) for use in uses for key in use.key if key.place == "new"}
    return {**body, **{name: types.get(name, {}) for name in new.variables}, **made}


def _key_properties(uses: Sequence[TableUse]) -> dict[str, Json]:
    """Return the properties of an item that are its table's key: it has them, whatever else it has."""
    tables = {use.table.logical_id: use.table.properties for use in uses}
    if len(tables) > 1:
        return {}
    (table,) = tables.values()
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]}
    return {entry["AttributeName"]: _schema_of(kinds[entry["AttributeName"]]) for entry in table["KeySchema"]}


def _schema_of(kind: str) -> Json:
    return {"type": "number" if kind == "N" else "string"}


def _shared_error(document: Mapping[str, Any]) -> str:
    """Return a reference to the error response that components have, ``""`` where there is none, or no single one."""
    responses = (document.get("components") or {}).get("responses") or {}
    named = [name for name in responses if "error" in str(name).lower()]
    return f"#/components/responses/{named[0]}" if len(named) == 1 else ""


def _error_responses(new: NewOperation, document: Mapping[str, Any]) -> Json:
    """Return the error responses: references that the other operations use, and ranges for the rest."""
    usual: dict[str, Counter[str]] = {}
    for _, _, operation in operations(document):
        responses = operation.get("responses")
        for status, response in responses.items() if isinstance(responses, dict) else ():
            if isinstance(response, dict) and isinstance(response.get("$ref"), str):
                usual.setdefault(status, Counter())[response["$ref"]] += 1
    found = {status: {"$ref": usual[status].most_common(1)[0][0]} for status in _ERROR_STATUSES if status in usual}
    if not usual and (shared := _shared_error(document)):
        found = {status: {"$ref": shared} for status in RANGES}
    if not document.get("security"):
        found.pop("401", None)
    if not new.has_body:
        found = {status: response for status, response in found.items() if status not in _ONLY_WITH_BODY}
    # A request without a good token is answered with 401 or 403, before the function.
    own = {"400", "401", "403", "404"} if document.get("security") else {"400", "404"}
    ranges = {"4XX": own <= found.keys(), "5XX": {"500", "502", "503"} <= found.keys()}
    lacking = (status for status, is_covered in ranges.items() if not is_covered and status not in found)
    return {**found, **{status: dict(RANGES[status]) for status in lacking}}
