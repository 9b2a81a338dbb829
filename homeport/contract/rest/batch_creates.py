"""Inference of batch creates: operations whose body has several entries that a list at the same path shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import Listing, Resource
from homeport.contract.rest.shapes import (
    Document,
    answer_schema,
    at_keys,
    body_schema,
    is_object,
    item_schema,
    shape_of,
)
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map


@dataclass(frozen=True, slots=True)
class BatchCreate:
    """An operation that makes several entries of a list at once (``POST /devices/{serial}/readings``).

    ``entries`` is the property of its body with them, ``schema`` that of one. ``asked`` maps the parameters that the
    list requires to the properties of the entries that it shows by them.
    """

    operation: Operation
    listing: Listing
    entries: str
    schema: Schema
    asked: Mapping[str, str]
    maximum: int | None = None


def infer_batch_creates(resources: Iterable[Resource], document: Document) -> Iterator[tuple[Resource, BatchCreate]]:
    """Yield the batch creates of resources, with what they make."""
    for resource in resources:
        create = resource.create
        for name, array in shape_of(body_schema(create), document).properties.items() if create is not None else ():
            items = item_schema(array, document)
            if create is None or items is None or not is_object(items, document):
                continue
            for listing in resource.listings:
                asked = _find_asked(listing, items, document)
                if listing.operation.path == create.path and asked is not None:
                    most = resolve_map(array, document).get("maxItems")
                    yield resource, BatchCreate(create, listing, name, resolve_map(items, document), asked, most)


def _find_asked(listing: Listing, items: Schema, document: Document) -> dict[str, str] | None:
    """Return the properties by which a list shows entries of a schema, None where it shows others."""
    answer = answer_schema(listing.operation, document)
    shown = item_schema(at_keys(answer or {}, listing.items, document), document)
    sent = shape_of(items, document).properties
    if shown is None or not sent or not sent.keys() <= shape_of(shown, document).properties.keys():
        return None
    by_plain = {plain(name): name for name in sent}
    asked = {name: by_plain.get(plain(name), "") for name in listing.required}
    return asked if all(asked.values()) else None
