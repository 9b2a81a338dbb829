"""Description of a resource whose operations are known: representation, properties, lists, preconditions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from homeport.contract.rest.fields import (
    find_id_of_list,
    find_id_property,
    find_version,
    infer_fields,
    with_checked_version,
)
from homeport.contract.rest.listings import infer_batch_read, infer_listing
from homeport.contract.rest.names import is_key_name
from homeport.contract.rest.places import Place
from homeport.contract.rest.resource import BatchRead, Field, Resource
from homeport.contract.rest.shapes import (
    Document,
    Shape,
    answer_schema,
    array_in,
    at_keys,
    body_schema,
    envelope_of,
    is_list,
    shape_of,
    success_responses,
)
from homeport.project.model import Operation, Schema

_PRECONDITIONS = frozenset(("if-match", "if-none-match", "if-modified-since", "if-unmodified-since"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A resource of which the place and the operations are known.

    ``lists`` may be lists of it, ``beside`` batch reads. ``links`` maps path parameters of its item to the properties
    with which OpenAPI links fill them.
    """

    place: Place
    create: Operation | None = None
    read: Operation | None = None
    replace: Operation | None = None
    change: Operation | None = None
    delete: Operation | None = None
    lists: tuple[Operation, ...] = ()
    beside: tuple[Operation, ...] = ()
    actions: tuple[Operation, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


def describe_resource(draft: Draft, document: Document) -> Resource:
    """Return a resource with all that the document says of it."""
    place, replace = draft.place, draft.replace
    single = (draft.read, draft.create, draft.replace, draft.change)
    schema, why, envelope = _representation(single, draft.lists, place, document)
    create = None if draft.create is not None and _is_search(draft.create, document) else draft.create
    shape = shape_of(schema, document)
    id_property, why_id = find_id_property(place.parameter, place.name, shape.properties, draft.links)
    if place.single or not place.item:
        id_property, why_id = "", ""
    if create is not None and not place.item:
        id_property, why_id = find_id_of_list(place.name, create, draft.lists, document)
    writers = [one for one in (create, replace, draft.change) if one is not None]
    sent = next((keys for one in writers if (keys := envelope_of(body_schema(one) or {}, document, place.name))), ())
    by_put = _creates_by_put(create, replace, draft.delete)
    fields = infer_fields(
        writers, shape, document, envelope=sent, id_property=id_property, id_is_given=create is None and by_put
    )
    fields = with_checked_version(fields, create, document)
    listings = [infer_listing(one, fields, document, name=place.name) for one in draft.lists]
    own = [one for one in (create, draft.read, replace, draft.change, draft.delete) if one is not None]
    merges = _lets_parts_out(create, replace, fields, id_property)
    reasons = {
        "representation": why,
        "id_property": why_id,
        "creates_by_put": _why_put(replace) if by_put else "",
        "put_merges": "its body may lack what a create must have" if merges else "",
    }
    return Resource(
        name=place.name,
        collection=place.collection,
        item=place.item,
        id_parameter=place.parameter,
        id_property=id_property,
        parents=place.parents,
        create=create,
        read=draft.read,
        replace=replace,
        change=draft.change,
        delete=draft.delete,
        listings=tuple(one for one in listings if one is not None),
        batch_reads=tuple(_batch_reads(draft, shape, own, document)),
        actions=draft.actions,
        fields=fields,
        creates_by_put=by_put,
        put_merges=merges,
        version=find_version(fields, document),
        etagged=frozenset(one.id for one in own if _has_etag(one)),
        conditional={one.id: headers for one in [*own, *draft.actions] if (headers := _preconditions(one))},
        idempotency_header=_idempotency_header(create),
        single=place.single,
        envelope=envelope,
        body_envelope=sent,
        reasons={name: reason for name, reason in reasons.items() if reason},
    )


def _lets_parts_out(
    create: Operation | None, replace: Operation | None, fields: Mapping[str, Field], id_property: str
) -> bool:
    """Return whether PUT takes bodies without a property that each resource has by its create: it keeps that."""
    if create is None or replace is None:
        return False
    return any(
        create.id in one.required and replace.id in one.written and replace.id not in one.required
        for one in fields.values()
        if one.name != id_property
    )


def _representation(
    single: tuple[Operation | None, ...], lists: tuple[Operation, ...], place: Place, document: Document
) -> tuple[Schema, str, tuple[str, ...]]:
    """Return the schema of a resource, where it comes from, and the keys that lead to it in an answer."""
    listed = [found for one in lists if (found := array_in(answer_schema(one, document), document, place.name))]
    for operation in single:
        schema = answer_schema(operation, document)
        if operation is None or schema is None or not shape_of(schema, document).properties:
            continue
        envelope = envelope_of(schema, document, place.name)
        return at_keys(schema, envelope, document), f"the answer of {operation.method} {operation.path}", envelope
    if listed:
        return listed[0][1], f"the list of GET {lists[0].path}", ()
    return {}, "", ()


def _is_search(operation: Operation, document: Document) -> bool:
    """Return whether a POST to a collection answers with a list and says of no 201: it finds, and makes none."""
    answer = answer_schema(operation, document)
    return "201" not in operation.responses and array_in(answer, document) is not None and is_list(answer, document)


def _creates_by_put(create: Operation | None, replace: Operation | None, delete: Operation | None) -> bool:
    if replace is None:
        return False
    if "201" in replace.responses:
        return True
    return create is None and (delete is not None or "404" not in replace.responses)


def _why_put(replace: Operation | None) -> str:
    documented = replace is not None and "201" in replace.responses
    return "PUT documents 201" if documented else "nothing else makes one"


def _batch_reads(draft: Draft, shape: Shape, own: list[Operation], document: Document) -> Iterator[BatchRead]:
    place = draft.place
    id_schema = next(
        (one.schema for operation in own for one in operation.parameters if one.name == place.parameter), {}
    )
    for operation in draft.beside:
        found = infer_batch_read(operation, shape.properties, id_schema, document, name=place.name)
        if found is not None:
            yield found


def _has_etag(operation: Operation) -> bool:
    return any(name.lower() == "etag" for _, one in success_responses(operation) for name in one.get("headers") or ())


def _preconditions(operation: Operation) -> frozenset[str]:
    names = {one.name.lower() for one in operation.parameters if one.place == "header"}
    return frozenset(names & _PRECONDITIONS)


def _idempotency_header(create: Operation | None) -> str:
    for parameter in create.parameters if create is not None else ():
        if parameter.place == "header" and is_key_name(parameter.name):
            return parameter.name
    return ""
