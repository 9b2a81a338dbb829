"""Inference of an API's model from the shapes of its document, and its corrections there. Pure.

``places.py`` says which paths lead to a resource, ``describe.py`` what its document says of it, with ``fields.py`` and
``listings.py``; ``corrections.py`` reads ``x-homeport: {resource: …}``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from functools import partial

from homeport.contract.rest.batch_writes import infer_batch_writes
from homeport.contract.rest.corrections import assign_roles, correct_resource, read_corrections
from homeport.contract.rest.describe import Draft, describe_resource
from homeport.contract.rest.listings import infer_listing, is_same_shape
from homeport.contract.rest.names import is_generic_id, names_resource, plain
from homeport.contract.rest.places import Group, Methods, by_path, group_paths, parameters_of
from homeport.contract.rest.resource import ApiModel, Counter, Envelope, Filter, Listing, Resource
from homeport.contract.rest.shapes import (
    Document,
    answer_schema,
    array_in,
    body_schema,
    envelope_of,
    kinds_of,
    shape_of,
    success_responses,
)
from homeport.project.model import Api, Operation
from homeport.project.schema.references import resolve_map

# Last words of the paths of lists that show each resource.
_EVERY = re.compile(
    r"(all|any|browse|every(thing)?|export|feed|find|index|latest|list(ing)?|lookup|new(est)?|oldest|query|recent|search|sorted"
    r"|stream|timeline)(by\w+)?(items|list)?"
)


def infer_model(api: Api) -> ApiModel:
    """Return what the document says of an API's resources, with its corrections."""
    document, paths = api.document, by_path(api.operations)
    corrections = read_corrections(api)
    groups = group_paths(paths, document)
    links = dict(_links(api.operations, document))
    drafts = [_draft(group, paths, links) for group in groups if group.places]
    drafts = assign_roles(drafts, api.operations, corrections)
    made = _named_apart([describe_resource(one, document) for one in drafts])
    fixed = frozenset(id_ for id_, one in corrections.items() if one.role or one.name)
    made = _with_further_lists(made, groups, paths, fixed, document)
    made = [correct_resource(_with_key_of_another(one, made), corrections, document) for one in made]
    resources = tuple(_with_selections_by_path(one) for one in made if one.operations)
    used = {operation.id for resource in resources for operation in resource.operations}
    others = tuple(operation for operation in api.operations if operation.id not in used)
    counters = tuple(_counters(resources, others, document))
    batches = tuple(infer_batch_writes(resources, others, document))
    return ApiModel(resources, others, document, dict(_envelopes(resources, document)), counters, batches)


def _draft(group: Group, paths: Mapping[str, Methods], links: Mapping[str, Mapping[str, str]]) -> Draft:
    of_item = partial(_first, paths, [one.item for one in group.places])
    collections = [one.collection for one in group.places if one.collection and not one.single]
    actions = [one for path in group.actions for one in paths[path].values() if one.method not in ("GET", "HEAD")]
    create = _first(paths, collections, "POST")
    lists = [one for path in collections if (one := paths[path].get("GET"))]
    return Draft(
        place=group.main,
        create=create,
        read=of_item("GET"),
        replace=of_item("PUT"),
        change=of_item("PATCH"),
        delete=of_item("DELETE"),
        lists=tuple(one for one in lists if not _has_other_callers(one, create)),
        beside=tuple(one for path in [*group.beside, *collections] for one in paths[path].values()),
        actions=tuple(actions),
        links=links.get(group.main.item, {}),
    )


def _first(paths: Mapping[str, Methods], where: list[str], method: str) -> Operation | None:
    return next((paths[path][method] for path in where if method in paths.get(path, {})), None)


def _counters(resources: tuple[Resource, ...], others: tuple[Operation, ...], document: Document) -> Iterator[Counter]:
    """Yield the writes of no resource that a list without other writes counts (``POST /{page+}``, ``GET /stats``)."""
    writes = [one for one in others if one.method in ("POST", "ANY") and parameters_of(one.path)]
    lists = [one for one in resources if not one.item and one.create is None]
    for resource in lists:
        texts = [name for name, one in resource.fields.items() if "string" in kinds_of(one.schema, document)]
        numbers = [name for name, one in resource.fields.items() if "integer" in kinds_of(one.schema, document)]
        for write in writes:
            shown = shape_of(answer_schema(write, document), document).properties
            keys, counts = [name for name in texts if name in shown], [name for name in numbers if name not in shown]
            for listing in resource.listings if len(keys) == len(counts) == 1 else ():
                yield Counter(write, listing, keys[0], counts[0])


def _envelopes(resources: tuple[Resource, ...], document: Document) -> Iterator[tuple[str, Envelope]]:
    for resource in resources:
        single = (resource.create, resource.read, resource.replace, resource.change, *resource.actions)
        for operation in single if resource.envelope or resource.body_envelope else ():
            if operation is not None:
                name = resource.name.rpartition("/")[2]
                answer = envelope_of(answer_schema(operation, document) or {}, document, name)
                yield operation.id, Envelope(answer, envelope_of(body_schema(operation) or {}, document, name))


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
    resources: list[Resource],
    groups: list[Group],
    paths: Mapping[str, Methods],
    fixed: frozenset[str],
    document: Document,
) -> list[Resource]:
    """Give lists at paths of their own (``/feed``, ``/items/search``) to the resource that they show.

    ``fixed`` are the ids of operations that a correction has put into their place.
    """
    found = list(resources)
    extra = [path for group in groups for path in group.beside if "GET" in paths[path]]
    for lonely in [one for one in resources if not one.item and one.create is None]:
        owner = _resource_shown_by(lonely.listings[0] if lonely.listings else None, found, document)
        if (
            owner is None
            or owner is lonely
            or _has_other_callers(lonely.listings[0].operation, owner.create, owner.replace)
        ):
            continue
        if not {plain(one) for one in lonely.parents} <= {plain(one) for one in owner.fields}:
            continue
        if not fixed & {one.id for one in lonely.operations}:
            found.remove(lonely)
            extra.append(lonely.collection)
    extra = [path for path in extra if paths[path]["GET"].id not in fixed]
    for path in extra:
        operation = paths[path]["GET"]
        listing = infer_listing(operation, {}, document)
        owner = _resource_shown_by(listing, found, document)
        if owner is None or _has_other_callers(operation, owner.create, owner.replace):
            continue
        if all(one.operation.id != operation.id for one in owner.batch_reads):
            whole = infer_listing(operation, owner.fields, document)
            place = found.index(owner)
            if whole is not None and not _shows_a_part(whole, owner):
                found[place] = dataclasses.replace(owner, listings=(*owner.listings, whole))
    return found


def _has_other_callers(listing: Operation, *writers: Operation | None) -> bool:
    """Return whether a list has other callers than the write that makes resources: ``/me/bookings``.

    It shows what belongs to its caller, so what others make is not there.
    """
    schemes, writer = {one.scheme for one in listing.security}, next(filter(None, writers), None)
    if writer is None or not schemes:
        return False
    if writer.security:
        return schemes.isdisjoint(one.scheme for one in writer.security)
    return bool({"me", "my", "mine"} & {*listing.path.split("/")})


def _with_selections_by_path(resource: Resource) -> Resource:
    """Return a resource whose lists below others have the properties that their paths ask for.

    ``/rooms/{roomId}/bookings`` shows the bookings with a ``roomId``.
    """
    if resource.single:
        return resource
    own = resource.id_property
    named = {plain(name): name for name, one in resource.fields.items() if one.answered and name != own}
    listings = []
    for listing in resource.listings:
        schemas = {one.name: one.schema for one in listing.operation.parameters if one.place == "path"}
        places = [one for one in parameters_of(listing.operation.path) if one not in resource.parents]
        asked = [
            Filter(one, named[plain(one)], schemas.get(one, {"type": "string"}))
            for one in places
            if plain(one) in named
        ]
        required = (*listing.required, *(one.parameter for one in asked))
        listings.append(dataclasses.replace(listing, filters=(*listing.filters, *asked), required=required))
    return dataclasses.replace(resource, listings=tuple(listings))


def _shows_a_part(listing: Listing, owner: Resource) -> bool:
    """Return whether a list below the collection may leave resources out: ``/books/lost``, unlike ``/books/search``.

    Which ones it shows is in the words of its path, and no document says that to a program.
    """
    above, _, word = listing.operation.path.rpartition("/")
    is_below = above == owner.collection and not parameters_of(word)
    return is_below and not listing.required and not _EVERY.fullmatch(plain(word))


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


def keyed_by_name(name: str, resources: list[Resource] | tuple[Resource, ...]) -> Resource | None:
    """Return the resource whose paths have its id under that very name: ``isbn`` of ``/books/{isbn}``.

    None where no path has, and for names that any resource's id may have.
    """
    own = [one for one in resources if one.item and not one.single and not one.keyed_by]
    found = (one for one in own if plain(one.id_parameter) == plain(name))
    return None if is_generic_id(name) else next(found, None)


def owner_of(name: str, resources: list[Resource] | tuple[Resource, ...]) -> Resource | None:
    """Return the resource whose id a parameter or property of that name holds (``productId``), None: it tells none."""
    for resource in resources:
        if resource.item and not resource.single and names_resource(name, resource.name.rpartition("/")[2]):
            return resource
    return None
