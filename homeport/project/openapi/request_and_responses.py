"""The parameters, the body and the responses of an operation, as its OpenAPI document describes them."""

from __future__ import annotations

from typing import Any, Literal, cast

from homeport.project.model import Parameter, RequestBody, Schema
from homeport.project.source.cursor import Cursor

PLACES = ("path", "query", "header", "cookie")


def read_parameters(item: Cursor, operation: Cursor) -> tuple[Parameter, ...]:
    """Read the parameters of the path and the operation, whose own win where name and place are the same."""
    merged = {**_parameters_of(item), **_parameters_of(operation)}
    return tuple(merged.values())


def _parameters_of(cursor: Cursor) -> dict[tuple[str, str], Parameter]:
    found: dict[tuple[str, str], Parameter] = {}
    for entry in cursor.list("parameters"):
        target = entry.target_map()
        parameter = _parameter(target) if target is not None else None
        if target is None or parameter is None:
            continue
        # Header names have no case.
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if (name, parameter.place) in found:
            target.error(f"the {parameter.place} parameter {parameter.name!r} is declared twice", "remove one of them")
        found[name, parameter.place] = parameter
    return found


def _parameter(cursor: Cursor) -> Parameter | None:
    name, place = cursor.text("name"), cursor.choice("in", PLACES, "")
    for key in ("name", "in"):
        if not cursor.has(key):
            cursor.error(f"a parameter needs {key!r}", "write for example {name: limit, in: query}")
    if not name or not place:
        return None
    return Parameter(
        name,
        cast(Literal["path", "query", "header", "cookie"], place),
        cursor.flag("required"),
        _parameter_schema(cursor),
        style=cursor.text("style"),
        explode=cursor.flag("explode") if cursor.has("explode") else None,
        media_type=next((media_type for media_type, _ in cursor.map("content").items()), ""),
    )


def _parameter_schema(cursor: Cursor) -> Schema:
    if not cursor.has("content"):
        return read_schema(cursor.at("schema"))
    media_types = [media for _, media in cursor.map("content").items() if media.is_a(dict, "a map")]
    return read_schema(media_types[0].at("schema")) if media_types else {}


def read_schema(cursor: Cursor) -> Schema:
    """Read a schema, the reference at its top resolved; ``{}`` if there is none."""
    schema = cursor.target_map("a schema, a map") if cursor.value is not None else None
    return cast(Schema, schema.value) if schema is not None else {}


def read_body(cursor: Cursor) -> RequestBody | None:
    """Read the operation's request body; None if it takes none."""
    body = cursor.at("requestBody").target_map() if cursor.has("requestBody") else None
    if body is None:
        return None
    content = {
        media_type: read_schema(media.at("schema"))
        for media_type, media in body.map("content").items()
        if media.is_a(dict, "a map")
    }
    return RequestBody(body.flag("required"), content)


def read_responses(cursor: Cursor) -> dict[str, Any]:
    """Read the operation's responses by status."""
    responses = {}
    for status, entry in cursor.map("responses").items():
        if status.startswith("x-"):
            continue
        response = entry.target_map("a response, a map")
        if response is not None:
            responses[status] = response.value
    return responses
