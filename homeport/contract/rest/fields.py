"""Inference of a resource's properties: who writes them, who answers them, and what they are when left out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from homeport.contract.rest.names import ID, VERSIONS, id_names, plain, singular
from homeport.contract.rest.resource import NO_DEFAULT, Field
from homeport.contract.rest.shapes import (
    Document,
    Shape,
    answer_schema,
    array_in,
    at_keys,
    body_schema,
    kinds_of,
    shape_of,
)
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map


def infer_fields(
    writers: Sequence[Operation],
    answered: Shape,
    document: Document,
    *,
    envelope: tuple[str, ...] = (),
    id_property: str = "",
    id_is_given: bool = False,
) -> dict[str, Field]:
    """Return the properties of a resource by name, in the order of its representation.

    ``writers`` are the operations with a body of the resource: create, replace, change. ``answered`` is its
    representation's shape. ``envelope`` leads to the resource in a body. ``id_is_given`` says that the id in
    the path makes the resource, so that the service sets none.
    """
    bodies = {one.id: shape_of(at_keys(body_schema(one) or {}, envelope, document), document) for one in writers}
    # A write whose document has no body takes none; one with a body of no known properties may take any.
    known = bool(writers) and all(one.body is None or bodies[one.id].properties for one in writers)
    names = [*answered.properties, *(name for body in bodies.values() for name in body.properties)]
    found: dict[str, Field] = {}
    for name in dict.fromkeys(names):
        own = answered.properties.get(name)
        asked = {key: body.properties[name] for key, body in bodies.items() if name in body.properties}
        written = {key: part for key, part in asked.items() if not _has(part, "readOnly", document)}
        hidden = own is not None and _has(own, "writeOnly", document)
        schema = next(iter(written.values()), own if own is not None else next(iter(asked.values()), {}))
        alone = own is not None and not written and known and not (id_is_given and name == id_property)
        found[name] = Field(
            name=name,
            schema=resolve_map(schema, document),
            written=frozenset(written),
            required=frozenset(key for key in written if name in bodies[key].required),
            answered=own is not None and not hidden,
            always=own is not None and not hidden and name in answered.required,
            default=_default([*written.values(), *([own] if own is not None else [])], document),
            server_set=alone or (own is not None and _has(own, "readOnly", document)),
            write_only=hidden or (own is None and bool(answered.properties)),
            nullable="null" in kinds_of(schema, document),
        )
    return found


def find_id_property(
    parameter: str, resource: str, properties: Iterable[str], links: Mapping[str, str]
) -> tuple[str, str]:
    """Return the property of a representation that holds the resource's id, and why; ``""``: none is known.

    ``links`` maps path parameters to the properties with which OpenAPI links fill them.
    """
    names = list(properties)
    if links.get(parameter) in names:
        return links[parameter], "a link of the document fills the path parameter with it"
    by_plain = {plain(name): name for name in reversed(names)}
    for usual in id_names(parameter, resource):
        if usual in by_plain:
            return by_plain[usual], f"its name goes with the path parameter {parameter}"
    return "", ""


def find_id_of_list(
    resource: str, create: Operation, lists: Iterable[Operation], document: Document
) -> tuple[str, str]:
    """Return the property with the id of resources that have no path of their own, and why; ``""``: none is known.

    The answer of the create and the entries of the lists have it, and no request.
    """
    shown = set(shape_of(answer_schema(create, document), document).properties)
    shown -= set(shape_of(body_schema(create), document).properties)
    for listing in lists:
        found = array_in(answer_schema(listing, document), document, resource)
        shown &= set(shape_of(found[1], document).properties) if found else set()
    wanted = (f"{singular(resource)}id", ID)
    id_property = next((name for one in wanted for name in sorted(shown) if plain(name) == one), "") if lists else ""
    return id_property, "the create and the list answer with it" if id_property else ""


def with_checked_version(fields: Mapping[str, Field], create: Operation | None, document: Document) -> dict[str, Field]:
    """Return the properties, of which the version is the service's own where only changes have to name it.

    A client sends back the version that it has read, as it would an ETag in If-Match; it does not choose the next one.
    """
    found = dict(fields)
    for name, field in fields.items():
        is_version = plain(name) in VERSIONS and "integer" in kinds_of(field.schema, document)
        if is_version and field.answered and create is not None and field.written and create.id not in field.written:
            found[name] = replace(field, server_set=True)
    return found


def find_version(fields: Mapping[str, Field], document: Document) -> str:
    """Return the property that counts the writes of a resource, ``""`` for none: an integer that no request sets."""
    for name, field in fields.items():
        counts = "integer" in kinds_of(field.schema, document)
        if counts and field.server_set and field.answered and plain(name) in VERSIONS:
            return name
    return ""


def _has(schema: Any, flag: str, document: Document) -> bool:
    """Return whether a property has a flag, itself or in a part of it (``allOf``)."""
    beside = isinstance(schema, Mapping) and schema.get(flag) is True
    node = resolve_map(schema, document)
    parts = node.get("allOf")
    return beside or node.get(flag) is True or any(_has(part, flag, document) for part in parts or () if part != schema)


def _default(schemas: Iterable[Schema], document: Document) -> Any:
    for schema in schemas:
        node = resolve_map(schema, document)
        if "default" in node:
            return node["default"]
        for key in ("allOf", "anyOf", "oneOf"):
            parts = [resolve_map(part, document) for part in node.get(key) or ()]
            defaults = [part["default"] for part in parts if "default" in part]
            if defaults and all(one == defaults[0] for one in defaults):
                return defaults[0]
    return NO_DEFAULT
