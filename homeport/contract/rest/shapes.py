"""Shapes of bodies: the properties of a schema, its array of resources, the object that it wraps. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.rest.names import ITEMS, NEXT, WRAPPERS, is_envelope, plain, singular
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map

_RESTORES = re.compile(r"restor|undelet|recover|revive|reviv|unarchiv", re.IGNORECASE)

Document = Mapping[str, Any]

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """The object that a schema describes.

    ``properties`` are those of all its parts (``allOf``, ``anyOf``, ``oneOf``), ``required`` those that each value has.
    ``closed`` says that it has no others.
    """

    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False


def shape_of(schema: Any, document: Document, depth: int = 0) -> Shape:
    """Return the shape of a schema, references followed."""
    node = resolve_map(schema, document)
    if not node or depth > _DEEPEST:
        return Shape()
    own = node.get("properties")
    properties: dict[str, Any] = dict(own) if isinstance(own, Mapping) else {}
    required = {name for name in _list(node.get("required")) if isinstance(name, str)}
    closed = node.get("additionalProperties") is False
    for part in _list(node.get("allOf")):
        found = shape_of(part, document, depth + 1)
        properties = {**found.properties, **properties}
        required |= found.required
        closed = closed or found.closed
    for key in ("anyOf", "oneOf"):
        parts = [shape_of(part, document, depth + 1) for part in _list(node.get(key))]
        parts = [part for part in parts if part.properties]
        for part in parts:
            properties = {**part.properties, **properties}
        if parts:
            required |= frozenset.intersection(*(part.required for part in parts))
    return Shape(properties, frozenset(required), closed)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def kinds_of(schema: Any, document: Document, depth: int = 0) -> frozenset[str]:
    """Return the JSON types that a schema lets in, as far as it names them; ``null`` where it is nullable."""
    node = resolve_map(schema, document)
    if depth > _DEEPEST:
        return frozenset()
    found: set[str] = set()
    kind = node.get("type")
    if isinstance(kind, str):
        found.add(kind)
    elif "properties" in node:
        found.add("object")
    elif "items" in node:
        found.add("array")
    elif isinstance(node.get("enum"), list):
        found |= {_kind(value) for value in node["enum"]}
    for key in ("anyOf", "oneOf", "allOf"):
        for part in _list(node.get(key)):
            found |= kinds_of(part, document, depth + 1)
    if node.get("nullable") is True and None in node.get("enum", [None]):
        found.add("null")
    return frozenset(found)


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def is_object(schema: Any, document: Document) -> bool:
    """Return whether a schema describes objects."""
    return "object" in kinds_of(schema, document)


def item_schema(schema: Any, document: Document) -> Schema | None:
    """Return the schema of an array's items, as written; None where the schema describes no array."""
    node = resolve_map(schema, document)
    if isinstance(node.get("items"), Mapping):
        return node["items"]  # type: ignore[no-any-return]
    for key in ("allOf", "anyOf", "oneOf"):
        for part in _list(node.get(key)):
            if (found := item_schema(part, document)) is not None:
                return found
    return None


def json_content(content: Any, document: Document) -> Schema | None:
    """Return the schema of the JSON among media types, as written; None: there is none."""
    if not isinstance(content, Mapping):
        return None
    kinds = [kind for kind in content if "json" in kind.lower() and "problem" not in kind.lower()]
    kinds.sort(key=lambda kind: kind != "application/json")
    for kind in kinds or [kind for kind in content if kind == "*/*"]:
        media = resolve_map(content[kind], document)
        if isinstance(media.get("schema"), Mapping):
            return media["schema"]  # type: ignore[no-any-return]
    return None


def success_responses(operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the documented responses of success with their statuses, 200 and 201 first."""
    statuses = [status for status in operation.responses if status.upper().startswith("2")]
    for status in sorted(statuses, key=lambda one: (one.upper() == "2XX", one)):
        yield status, operation.responses[status]


def answer_schema(operation: Operation | None, document: Document) -> Schema | None:
    """Return the schema of an operation's successful JSON answer, as written; None: the document has none."""
    if operation is None:
        return None
    for _, response in success_responses(operation):
        found = json_content(response.get("content"), document)
        if found is not None:
            return found
    return None


def body_schema(operation: Operation | None) -> Schema | None:
    """Return the schema of an operation's JSON body; None: it has none."""
    content = operation.body.content if operation is not None and operation.body else {}
    kinds = sorted((kind for kind in content if "json" in kind.lower()), key=lambda kind: kind != "application/json")
    return content[kinds[0]] if kinds else None


def array_in(schema: Any, document: Document, name: str = "", depth: int = 0) -> tuple[tuple[str, ...], Schema] | None:
    """Return the keys that lead to the array of resources in an answer, and the schema of its items, as written.

    ``name`` is the collection's. None where there is no array of objects, or several of which none has a usual name.
    """
    items = item_schema(schema, document)
    if items is not None:
        return ((), items) if is_object(items, document) else None
    shape = shape_of(schema, document)
    found: dict[str, Schema] = {}
    for key, part in shape.properties.items():
        inner = item_schema(part, document)
        if inner is not None and is_object(inner, document):
            found[key] = inner
    usual = [key for key in found if singular(key) == singular(name)] + [key for key in found if plain(key) in ITEMS]
    if usual or len(found) == 1:
        key = (usual or list(found))[0]
        return (key,), found[key]
    if depth == 0:
        for key, part in shape.properties.items():
            if (plain(key) in WRAPPERS or plain(key) in ITEMS or key == "_embedded") and is_object(part, document):
                inside = array_in(part, document, name, depth + 1)
                if inside is not None:
                    return (key, *inside[0]), inside[1]
    return None


def envelope_of(schema: Any, document: Document, name: str = "") -> tuple[str, ...]:
    """Return the key of the object that an answer or body wraps: ``("data",)`` of ``{"data": {…}, "meta": …}``.

    Empty where the schema is that of the resource itself.
    """
    shape = shape_of(schema, document)
    inner = [key for key, part in shape.properties.items() if not is_envelope(key)]
    if len(inner) != 1:
        return ()
    key = inner[0]
    named = plain(key) in WRAPPERS or plain(key) == singular(name)
    return (key,) if named and shape_of(shape.properties[key], document).properties else ()


def is_list(schema: Any, document: Document) -> bool:
    """Return whether an answer is a list alone: an array, or an array beside what tells of a page."""
    if item_schema(schema, document) is not None:
        return True
    properties = shape_of(schema, document).properties
    rest = [key for key in properties if not is_envelope(key) and plain(key) not in NEXT]
    return len(rest) == 1 and plain(rest[0]) in ITEMS and item_schema(properties[rest[0]], document) is not None


def at_keys(schema: Any, keys: tuple[str, ...], document: Document) -> Schema:
    """Return the schema to which the keys of properties lead, as written; ``{}``: they lead nowhere."""
    for key in keys:
        schema = shape_of(schema, document).properties.get(key, {})
    return schema if isinstance(schema, Mapping) else {}


def value_at(value: Any, keys: Iterable[str]) -> Any:
    """Return the value to which keys lead, None where they lead nowhere."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def is_restoring(action: Operation) -> bool:
    """Return whether an action brings a deleted resource back, by its name."""
    return _RESTORES.search(f"{action.path} {action.id}") is not None


def needs_if_match(operation: Operation) -> bool:
    """Return whether the document says that an operation is refused without If-Match (428, or a required header)."""
    named = [one for one in operation.parameters if one.place == "header" and one.name.lower() == "if-match"]
    return any(one.required for one in named) or (bool(named) and "428" in operation.responses)
