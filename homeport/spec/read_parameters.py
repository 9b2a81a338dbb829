"""Parameters, request body and responses of an operation.

The reference at the top of a schema is resolved, those inside are left in place: a schema may refer to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, cast

from homeport.spec.model import Parameter, RequestBody, Schema
from homeport.spec.view import View

PLACES = ("path", "query", "header", "cookie")


def read_parameters(item: View, operation: View) -> tuple[Parameter, ...]:
    """The path's parameters and the operation's, which win over the path's of the same name and place."""
    merged = {**_declared(item), **_declared(operation)}
    return tuple(merged.values())


def _declared(view: View) -> dict[tuple[str, str], Parameter]:
    found: dict[tuple[str, str], Parameter] = {}
    for entry in resolved_all(view.list("parameters")):
        parameter = _parameter(entry)
        if parameter is None:
            continue
        # Header names have no case.
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if (name, parameter.place) in found:
            entry.error(f"the {parameter.place} parameter {parameter.name!r} is declared twice", "remove one of them")
        found[name, parameter.place] = parameter
    return found


def resolved_all(entries: Iterable[View]) -> Iterator[View]:
    """The maps that the entries are or refer to."""
    for entry in entries:
        view = entry.resolved()
        if view is not None and view.is_a(dict, "a map"):
            yield view


def _parameter(view: View) -> Parameter | None:
    name, place = view.text("name"), view.choice("in", PLACES, "")
    for key in ("name", "in"):
        if not view.has(key):
            view.error(f"a parameter needs {key!r}", "write for example {name: limit, in: query}")
    if not name or not place:
        return None
    return Parameter(
        name,
        cast(Literal["path", "query", "header", "cookie"], place),
        view.flag("required"),
        _parameter_schema(view),
        style=view.text("style"),
        explode=view.flag("explode") if view.has("explode") else None,
        media_type=next((media_type for media_type, _ in view.map("content").items()), ""),
    )


def _parameter_schema(view: View) -> Schema:
    if not view.has("content"):
        return read_schema(view.at("schema"))
    media_types = [media for _, media in view.map("content").items() if media.is_a(dict, "a map")]
    return read_schema(media_types[0].at("schema")) if media_types else {}


def read_schema(view: View) -> Schema:
    """A schema, the reference at its top resolved; ``{}`` if there is none."""
    if view.value is None:
        return {}
    schema = view.resolved()
    return cast(Schema, schema.value) if schema is not None and schema.is_a(dict, "a schema, a map") else {}


def read_body(view: View) -> RequestBody | None:
    """The operation's request body, None if it takes none."""
    at = view.at("requestBody")
    body = at.resolved() if at.value is not None else None
    if body is None or not body.is_a(dict, "a map"):
        return None
    content = {
        media_type: read_schema(media.at("schema"))
        for media_type, media in body.map("content").items()
        if media.is_a(dict, "a map")
    }
    return RequestBody(body.flag("required"), content)


def read_responses(view: View) -> dict[str, Any]:
    """The operation's responses by status."""
    responses = {}
    for status, entry in view.map("responses").items():
        if status.startswith("x-"):
            continue
        response = entry.resolved()
        if response is not None and response.is_a(dict, "a response, a map"):
            responses[status] = response.value
    return responses
