"""Inference of batch writes: operations whose body has the ids of several resources. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from homeport.contract.rest.names import plain, singular
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import BatchWrite, Resource
from homeport.contract.rest.shapes import (
    Document,
    answer_schema,
    body_schema,
    item_schema,
    kinds_of,
    shape_of,
)
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map

_DELETES = re.compile(r"delete|remove|purge")
# What is done to one resource of these depends on the others.
_TOGETHER = re.compile(r"merge|join|combine|order|arrange|sort|rank|swap|compare|split|export|restore|undelete")
_GENERIC = frozenset(("ids", "keys", "idlist"))

MISSING = re.compile(r"missing|notfound|unknown|absent")
"""The plain names of an answer's property with the ids that nothing has."""


def infer_batch_writes(
    resources: Iterable[Resource], others: Iterable[Operation], document: Document
) -> Iterator[BatchWrite]:
    """Yield the operations that write several resources at once, of those that belong to no resource."""
    known = [one for one in resources if one.item and one.id_property and not one.single]
    for operation in others:
        words = plain(operation.path.rpartition("/")[2]) + plain(operation.id)
        if operation.method not in ("POST", "PUT", "PATCH") or _TOGETHER.search(words):
            continue
        found = [
            (resource, keys, array)
            for resource in known
            if resource.parents == parameters_of(operation.path)
            for keys, array in _arrays(operation, document)
            if _holds_ids(operation, resource, keys, array, document)
        ]
        if len(found) != 1:
            continue
        resource, keys, array = found[0]
        node = resolve_map(array, document)
        yield BatchWrite(
            operation,
            resource.name,
            keys,
            _missing(operation, document),
            node.get("maxItems"),
            bool(node.get("uniqueItems")),
            bool(_DELETES.search(words)),
        )


def _arrays(operation: Operation, document: Document) -> Iterator[tuple[tuple[str, ...], Schema]]:
    schema = body_schema(operation)
    places = [((), schema), *(((name,), part) for name, part in shape_of(schema, document).properties.items())]
    for keys, part in places:
        items = item_schema(part, document) if part is not None else None
        if items is not None and part is not None and kinds_of(items, document) <= {"string", "integer"}:
            yield keys, part


def _holds_ids(
    operation: Operation, resource: Resource, keys: tuple[str, ...], array: Schema, document: Document
) -> bool:
    noun, name = singular(resource.name.rpartition("/")[2]), plain(keys[-1]) if keys else ""
    if name in {f"{noun}ids", f"{noun}keys"}:
        return True
    below = operation.path.startswith((f"{resource.collection}/", f"{resource.collection}:", f"{resource.collection}-"))
    if not resource.collection or not below:
        return False
    own = resolve_map(resource.fields[resource.id_property].schema, document) if _has_schema(resource) else None
    return name in _GENERIC or (own is not None and resolve_map(item_schema(array, document), document) == own)


def _has_schema(resource: Resource) -> bool:
    """Return whether the schema of a resource's id says more than its type."""
    found = resource.fields.get(resource.id_property)
    return found is not None and bool({"pattern", "format"} & found.schema.keys())


def _missing(operation: Operation, document: Document) -> str:
    properties = shape_of(answer_schema(operation, document), document).properties
    arrays = [name for name, part in properties.items() if item_schema(part, document) is not None]
    return next((name for name in arrays if MISSING.search(plain(name))), "")
