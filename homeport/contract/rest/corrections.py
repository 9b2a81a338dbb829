"""Corrections of the model that a document has in ``x-homeport: {resource: …}`` of an operation or a path. Pure.

``homeport/project/openapi/x_homeport_keys.py`` reports what is wrong with them, with file and line; here such is
left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.rest.describe import Draft
from homeport.contract.rest.places import Place, last_name, parameters_of
from homeport.contract.rest.resource import Filter, Limit, Listing, NextPage, Resource, Sort
from homeport.contract.rest.shapes import Document
from homeport.project.model import Api, Operation
from homeport.project.openapi.x_homeport_keys import NONE, ROLES
from homeport.project.schema.references import resolve_map

_SLOTS = {
    "creates": "create",
    "reads": "read",
    "replaces": "replace",
    "changes": "change",
    "deletes": "delete",
}
_AS_CORRECTED = "x-homeport says so"


@dataclass(frozen=True, slots=True)
class Correction:
    """The settings of an operation's resource; ``settings`` are all of them, as written.

    ``role`` is the operation's (``creates``; ``none``: it has none), ``name`` the resource's, ``""`` where the
    inference holds.
    """

    name: str
    role: str
    settings: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Return the text of a setting, ``""`` where it has none."""
        value = self.settings.get(key)
        return value if isinstance(value, str) else ""


def read_corrections(api: Api) -> dict[str, Correction]:
    """Return the corrections by operation id. Those of a path are for all its operations, whose own come first."""
    found: dict[str, Correction] = {}
    for operation in api.operations:
        paths, path, method = operation.document_path
        item = resolve_map((api.document.get(paths) or {}).get(path), api.document)
        of_path, own = _settings(item), _settings(resolve_map(item.get(method), api.document))
        settings = {**of_path, **own}
        if settings:
            role = own.get("role")
            name = settings.get("name")
            found[operation.id] = Correction(
                name if isinstance(name, str) else "",
                role if role in ROLES else "",
                settings,
            )
    return found


def _settings(node: Mapping[str, Any]) -> Mapping[str, Any]:
    extension = node.get("x-homeport")
    settings = extension.get("resource") if isinstance(extension, Mapping) else None
    return settings if isinstance(settings, Mapping) else {}


def assign_roles(
    drafts: list[Draft], operations: Iterable[Operation], corrections: Mapping[str, Correction]
) -> list[Draft]:
    """Return the drafts with the roles and names that corrections give to operations."""
    by_id = {one.id: one for one in operations}
    found = [_with_name(draft, corrections) for draft in drafts]
    for id_, correction in corrections.items():
        if not correction.role:
            continue
        operation = by_id[id_]
        name = correction.name or next((one.place.name for one in found if operation in _operations(one)), "")
        found = [_without(one, operation) for one in found]
        if correction.role == NONE:
            continue
        name = name or last_name(operation.path)
        place = next((number for number, one in enumerate(found) if one.place.name == name), None)
        if place is None:
            found.append(_with_role(Draft(Place(name)), operation, correction.role))
        else:
            found[place] = _with_role(found[place], operation, correction.role)
    return _join(found, {one.name for one in corrections.values() if one.name})


def _operations(draft: Draft) -> list[Operation]:
    single = [getattr(draft, slot) for slot in _SLOTS.values()]
    return [one for one in (*single, *draft.lists, *draft.beside, *draft.actions) if one is not None]


def _with_name(draft: Draft, corrections: Mapping[str, Correction]) -> Draft:
    names = [
        corrections[one.id].name
        for one in _operations(draft)
        if one.id in corrections and corrections[one.id].name and not corrections[one.id].role
    ]
    if not names:
        return draft
    return dataclasses.replace(draft, place=dataclasses.replace(draft.place, name=names[0]))


def _without(draft: Draft, operation: Operation) -> Draft:
    single: dict[str, Any] = {slot: None for slot in _SLOTS.values() if getattr(draft, slot) == operation}
    several: dict[str, Any] = {
        slot: tuple(one for one in getattr(draft, slot) if one != operation) for slot in ("lists", "beside", "actions")
    }
    return dataclasses.replace(draft, **single, **several)


def _with_role(draft: Draft, operation: Operation, role: str) -> Draft:
    place = draft.place
    if role in ("creates", "lists"):
        place = dataclasses.replace(place, collection=place.collection or operation.path)
    elif role in _SLOTS and not place.item:
        names = parameters_of(operation.path)
        ends = operation.path.endswith("}") and bool(names)
        parameter, parents = (names[-1], names[:-1]) if ends else ("", names)
        place = dataclasses.replace(place, item=operation.path, parameter=parameter, parents=parents, single=not names)
    if role in _SLOTS:
        changed: dict[str, Any] = {_SLOTS[role]: operation}
    elif role == "lists":
        changed = {"lists": (*draft.lists, operation)}
    else:
        changed = {"actions": (*draft.actions, operation)}
    return dataclasses.replace(draft, place=place, **changed)


def _join(drafts: list[Draft], names: set[str]) -> list[Draft]:
    """Return the drafts, those to which corrections give one name made one."""
    found: list[Draft] = []
    for draft in drafts:
        number = next(
            (n for n, one in enumerate(found) if one.place.name == draft.place.name and draft.place.name in names), None
        )
        if number is None:
            found.append(draft)
        else:
            found[number] = _union(found[number], draft)
    return found


def _union(one: Draft, other: Draft) -> Draft:
    main, second = one.place, other.place
    place = main if main.item else dataclasses.replace(second, collection=main.collection or second.collection)
    if not place.collection:
        place = dataclasses.replace(place, collection=second.collection)
    return Draft(
        place,
        **{slot: getattr(one, slot) or getattr(other, slot) for slot in _SLOTS.values()},
        lists=(*one.lists, *other.lists),
        beside=(*one.beside, *other.beside),
        actions=(*one.actions, *other.actions),
        links={**other.links, **one.links},
    )


def correct_resource(resource: Resource, corrections: Mapping[str, Correction], document: Document) -> Resource:
    """Return a resource with the values that corrections of its operations give it."""
    own = [corrections[one.id] for one in resource.operations if one.id in corrections]
    changed: dict[str, Any] = {}
    for key, name in (("id", "id_property"), ("version", "version"), ("idempotencyKey", "idempotency_header")):
        text = next((one.text(key) for one in own if one.text(key)), "")
        if text:
            changed[name] = "" if text == NONE else text
    put = next((one.text("put") for one in own if one.text("put")), "")
    if put in ("merges", "replaces"):
        changed["put_merges"] = put == "merges"
    listed = {one.operation.id for one in resource.listings}
    rest = [corrections[one.id] for one in resource.operations if one.id in corrections and one.id not in listed]
    if any(one.settings.get("eventual") is True for one in rest):
        changed["eventual"] = True
    listings = tuple(
        _correct_listing(one, corrections[one.operation.id]) if one.operation.id in corrections else one
        for one in resource.listings
    )
    if not changed and listings == resource.listings:
        return resource
    reasons = {**resource.reasons, **dict.fromkeys(changed, _AS_CORRECTED)}
    return dataclasses.replace(resource, listings=listings, reasons=reasons, **changed)


def _correct_listing(listing: Listing, correction: Correction) -> Listing:
    schemas = {one.name: one.schema for one in listing.operation.parameters if one.place == "query"}
    changed: dict[str, Any] = {}
    if items := correction.settings.get("items"):
        changed["items"] = _keys(items)
    if limit := correction.text("limit"):
        known = listing.limit if listing.limit is not None and listing.limit.parameter == limit else None
        changed["limit"] = None if limit == NONE else known or _limit(limit, schemas)
    if cursor := correction.settings.get("cursor"):
        changed["next_page"] = _next_page(cursor, listing)
    filters = correction.settings.get("filters")
    if filters == NONE:
        changed["filters"] = changed["bounds"] = changed["members"] = ()
    elif isinstance(filters, Mapping):
        pairs = [(str(name), str(field)) for name, field in filters.items()]
        changed["filters"] = tuple(Filter(name, field, schemas.get(name, {})) for name, field in pairs)
        changed["bounds"] = tuple(one for one in listing.bounds if one.parameter not in filters)
        changed["members"] = tuple(one for one in listing.members if one.parameter not in filters)
    if sort := correction.text("sort"):
        asked = tuple(one for one in listing.sorts if one.parameter)
        own = Sort(sort.removeprefix("-"), sort.startswith("-"))
        changed["sorts"] = () if sort == NONE else (*asked, own)
    if isinstance(correction.settings.get("eventual"), bool):
        changed["eventual"] = correction.settings["eventual"]
    return dataclasses.replace(listing, **changed)


def _keys(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else tuple(str(value).split("."))


def _limit(name: str, schemas: Mapping[str, Mapping[str, Any]]) -> Limit:
    schema = schemas.get(name, {})
    return Limit(name, schema.get("minimum"), schema.get("maximum"), schema.get("default"))


def _next_page(cursor: Any, listing: Listing) -> NextPage | None:
    if cursor == NONE:
        return None
    if isinstance(cursor, Mapping):
        name = str(cursor.get("parameter", ""))
        return NextPage("token", name, _keys(cursor.get("answer", name)))
    pointer = listing.next_page.pointer if listing.next_page is not None else ()
    return NextPage("token", str(cursor), pointer or (str(cursor),))
