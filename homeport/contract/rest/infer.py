"""Inference of an API's model from the shapes of its document. Pure.

``places.py`` says which paths lead to a resource, ``fields.py`` and ``listings.py`` what its properties and lists are.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from functools import partial

from homeport.contract.rest.fields import find_id_property, find_version, infer_fields
from homeport.contract.rest.listings import infer_batch_read, infer_listing, is_same_shape
from homeport.contract.rest.names import is_key_name, names_resource
from homeport.contract.rest.places import Group, Methods, Place, by_path, group_paths
from homeport.contract.rest.resource import ApiModel, BatchRead, Envelope, Field, Listing, Resource
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
from homeport.project.model import Api, Operation, Schema
from homeport.project.schema.references import resolve_map

_PRECONDITIONS = frozenset(("if-match", "if-none-match", "if-modified-since", "if-unmodified-since"))


def infer_model(api: Api) -> ApiModel:
    """Return what the document says of resources, before corrections."""
    paths = by_path(api.operations)
    groups = group_paths(paths, api.document)
    links = dict(_links(api.operations, api.document))
    made = [_resource(group, paths, links, api.document) for group in groups if group.places]
    made = _with_further_lists(_named_apart(made), groups, paths, api.document)
    made = [_with_key_of_another(one, made) for one in made]
    resources = tuple(one for one in made if one.operations)
    used = {operation.id for resource in resources for operation in resource.operations}
    others = tuple(operation for operation in api.operations if operation.id not in used)
    return ApiModel(resources, others, api.document, dict(_envelopes(resources, api.document)))


def _envelopes(resources: tuple[Resource, ...], document: Document) -> Iterator[tuple[str, Envelope]]:
    for resource in resources:
        single = (resource.create, resource.read, resource.replace, resource.change, *resource.actions)
        for operation in single if resource.envelope or resource.body_envelope else ():
            if operation is not None:
                name = resource.name.rpartition("/")[2]
                answer = envelope_of(answer_schema(operation, document) or {}, document, name)
                yield operation.id, Envelope(answer, envelope_of(body_schema(operation) or {}, document, name))


def _resource(
    group: Group, paths: Mapping[str, Methods], links: Mapping[str, Mapping[str, str]], document: Document
) -> Resource:
    place = group.main
    of_item = partial(_first, paths, [one.item for one in group.places])
    of_collection = partial(_first, paths, [one.collection for one in group.places if not one.single])
    create, read = of_collection("POST"), of_item("GET")
    replace, change, delete = of_item("PUT"), of_item("PATCH"), of_item("DELETE")
    lists = [one for at in group.places if (one := paths.get(at.collection, {}).get("GET"))]
    schema, why, envelope = _representation((read, create, replace, change), lists, place, document)
    if create is not None and _is_search(create, document):
        create = None
    shape = shape_of(schema, document)
    id_property, why_id = find_id_property(place.parameter, place.name, shape.properties, links.get(place.item, {}))
    if place.single or not place.item:
        id_property = ""
    writers = [one for one in (create, replace, change) if one is not None]
    sent = next((keys for one in writers if (keys := envelope_of(body_schema(one) or {}, document, place.name))), ())
    by_put = _creates_by_put(create, replace, delete)
    fields = infer_fields(
        writers, shape, document, envelope=sent, id_property=id_property, id_is_given=create is None and by_put
    )
    listings = tuple(
        found for one in lists if (found := infer_listing(one, fields, document, name=place.name)) is not None
    )
    own = [one for one in (create, read, replace, change, delete) if one is not None]
    actions = [one for path in group.actions for one in paths[path].values() if one.method not in ("GET", "HEAD")]
    idempotency = _idempotency_header(create)
    return Resource(
        name=place.name,
        collection=place.collection,
        item=place.item,
        id_parameter=place.parameter,
        id_property=id_property,
        parents=place.parents,
        create=create,
        read=read,
        replace=replace,
        change=change,
        delete=delete,
        listings=listings,
        batch_reads=tuple(_batch_reads(group, paths, shape, place, own, document)),
        actions=tuple(actions),
        fields=fields,
        creates_by_put=by_put,
        version=find_version(fields, document),
        etagged=frozenset(one.id for one in own if _has_etag(one)),
        conditional={one.id: headers for one in [*own, *actions] if (headers := _preconditions(one))},
        idempotency_header=idempotency,
        single=place.single,
        envelope=envelope,
        body_envelope=sent,
        reasons={
            **({"representation": why} if why else {}),
            **({"id_property": why_id} if why_id else {}),
            **({"create": "POST to the collection"} if create else {}),
            **({"creates_by_put": _why_put(replace)} if by_put else {}),
        },
    )


def _first(paths: Mapping[str, Methods], where: list[str], method: str) -> Operation | None:
    return next((paths[path][method] for path in where if method in paths.get(path, {})), None)


def _representation(
    single: tuple[Operation | None, ...], lists: list[Operation], place: Place, document: Document
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


def _batch_reads(
    group: Group, paths: Mapping[str, Methods], shape: Shape, place: Place, own: list[Operation], document: Document
) -> Iterator[BatchRead]:
    id_schema = next(
        (one.schema for operation in own for one in operation.parameters if one.name == place.parameter), {}
    )
    for path in [*group.beside, *(one.collection for one in group.places if one.collection)]:
        for operation in paths[path].values():
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


def _links(operations: tuple[Operation, ...], document: Document) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield item paths with the properties with which links fill their parameters."""
    by_id = {one.id: one for one in operations}
    found: dict[str, dict[str, str]] = {}
    for operation in operations:
        for _, response in success_responses(operation):
            for value in (response.get("links") or {}).values():
                link = resolve_map(value, document)
                target = by_id.get(str(link.get("operationId")))
                for name, source in (link.get("parameters") or {}).items() if target else ():
                    if isinstance(source, str) and source.startswith("$response.body#/") and target is not None:
                        pointer = source.removeprefix("$response.body#/")
                        found.setdefault(target.path, {}).setdefault(name.removeprefix("path."), pointer)
    yield from found.items()


def _named_apart(resources: list[Resource]) -> list[Resource]:
    """Return the resources with names of which no two are the same: the path, where they would be."""
    names = [one.name for one in resources]
    return [one if names.count(one.name) == 1 else dataclasses.replace(one, name=_path_name(one)) for one in resources]


def _path_name(resource: Resource) -> str:
    static = re.sub(r"/?\{[^{}]*\}", "", resource.collection or resource.item).strip("/")
    return static if resource.collection or not resource.id_parameter else f"{static}/*"


def _with_further_lists(
    resources: list[Resource], groups: list[Group], paths: Mapping[str, Methods], document: Document
) -> list[Resource]:
    """Give lists at paths of their own (``/feed``, ``/items/search``) to the resource that they show."""
    found = list(resources)
    extra = [path for group in groups for path in group.beside if "GET" in paths[path]]
    for lonely in [one for one in resources if not one.item and one.create is None and not one.parents]:
        owner = _resource_shown_by(lonely.listings[0] if lonely.listings else None, found, document)
        if owner is not None and owner is not lonely:
            found.remove(lonely)
            extra.append(lonely.collection)
    for path in extra:
        operation = paths[path]["GET"]
        listing = infer_listing(operation, {}, document)
        owner = _resource_shown_by(listing, found, document)
        if owner is not None and all(one.operation.id != operation.id for one in owner.batch_reads):
            whole = infer_listing(operation, owner.fields, document)
            place = found.index(owner)
            if whole is not None:
                found[place] = dataclasses.replace(owner, listings=(*owner.listings, whole))
    return found


def _resource_shown_by(listing: Listing | None, resources: list[Resource], document: Document) -> Resource | None:
    if listing is None:
        return None
    items = array_in(answer_schema(listing.operation, document), document)
    shape = shape_of(items[1], document).properties if items else {}
    for resource in resources:
        answered = {name for name, one in resource.fields.items() if one.answered}
        if resource.item and answered and is_same_shape(dict.fromkeys(answered), shape):
            return resource
    return None


def _with_key_of_another(resource: Resource, resources: list[Resource]) -> Resource:
    """Name the resource whose id is the key of this one: ``/cart/{productId}`` with ``/products/{productId}``."""
    owner = owner_of(resource.id_parameter, resources)
    if owner is None or owner is resource or not resource.id_parameter:
        return resource
    if names_resource(resource.id_parameter, resource.name.rpartition("/")[2]):
        return resource
    return dataclasses.replace(resource, keyed_by=owner.name)


def owner_of(name: str, resources: list[Resource] | tuple[Resource, ...]) -> Resource | None:
    """Return the resource whose id a parameter or property of that name holds (``productId``), None: it tells none."""
    for resource in resources:
        if resource.item and not resource.single and names_resource(name, resource.name.rpartition("/")[2]):
            return resource
    return None


def fields_of(resource: Resource, operation: Operation) -> dict[str, Field]:
    """Return the properties that the body of an operation may have."""
    return {name: one for name, one in resource.fields.items() if operation.id in one.written}
