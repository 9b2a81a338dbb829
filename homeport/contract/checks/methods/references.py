"""References: what a DELETE takes with it by the document's words, ids of the deleted and what was below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import make_below, parent_of
from homeport.contract.checks.resource_client import ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.names import singular
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import Field, Resource
from homeport.contract.rest.shapes import item_schema
from homeport.project.model import Operation

_RELEASES = re.compile(
    r"\b(also from|off|nobody|no ?one|no longer|(un|de)assign|unset|detach|unlink|clear|los(e|es)\b|"
    r"(taken?|remov(e|ed|es)|disappears?|gone|vanish(es)?) from)",
    re.IGNORECASE,
)
WITH_IT = re.compile(
    r"\b(with|and|including|along with|together with|as well as) (all |any |everything in )?(its|their|the)\b"
    r"|\b(removed|deleted|gone|go|goes|disappear|vanish) (with it|too|as well)\b",
    re.IGNORECASE,
)
"""Words by which a DELETE says that it takes other things with it."""

_STAYS = re.compile(
    r"\b(not|never|no effect|keeps?|kept|stays?|remains?|without|unless|except|later)\b|n't", re.IGNORECASE
)


def _leaves_no_reference(session: Session, resource: Resource) -> Iterator[Breach]:
    """Refer to a new resource, delete it, and read what referred to it."""
    delete, client = resource.delete, ResourceClient.of(session, resource)
    if delete is None or resource.single:
        return
    for other in _named_in(session, delete, _RELEASES):
        for field in _references(session, other, resource):
            yield from _breaks_off(client, delete, other, field)


def _breaks_off(client: ResourceClient, delete: Operation, other: Resource, field: Field) -> Iterator[Breach]:
    session, made = client.session, client.make()
    if made is None:
        return
    is_array = item_schema(field.schema, session.model.document) is not None
    reference: Any = [made.id] if is_array else made.id
    holder = session.make(other, None, **{field.name: reference})
    holders = ResourceClient.of(session, other)
    before = None if holder is None else holders.read(holder.path)
    if holder is None or before is None or not _holds(before.properties.get(field.name), made.id):
        return
    deleted = client.delete(made.path, made.answer.header("ETag"))
    after = holders.read(holder.path)
    if deleted is None or not deleted.ok or deleted.status == 202 or after is None:
        return
    if after.ok and _holds(after.properties.get(field.name), made.id):
        happened = f"after DELETE of {made.id}, {field.name} of {holder.id} still has it"
        yield Breach(delete, happened, exchanges_of(made, holder, deleted, after), f"/{field.name}")


def _takes_what_is_below(session: Session, resource: Resource) -> Iterator[Breach]:
    """Delete a new resource, and read what was made below it at a path of its own."""
    delete, client = resource.delete, ResourceClient.of(session, resource)
    if delete is None or resource.single:
        return
    for other in _named_in(session, delete, WITH_IT):
        is_apart = other.read is not None and resource.id_parameter not in parameters_of(other.read.path)
        if not is_apart or parent_of(other, session.model) != resource:
            continue
        made = client.make()
        below = None if made is None else make_below(session, made, other)
        if made is None or below is None:
            continue
        others = ResourceClient.of(session, other)
        before, deleted, after = others.read(below.path), client.delete(made.path), others.read(below.path)
        is_done = deleted is not None and deleted.ok and deleted.status != 202
        if is_done and before is not None and before.ok and after is not None and after.ok:
            happened = f"after DELETE of {made.id}, {below.id} below it was answered with {after.status}"
            yield Breach(delete, happened, exchanges_of(made, below, deleted, after), other.name)


def _named_in(session: Session, delete: Operation, what: re.Pattern[str]) -> Iterator[Resource]:
    """Yield the resources of which the words of a DELETE say what becomes of them."""
    words = description_of(delete, session.model.document)
    if what.search(words) is None or _STAYS.search(words):
        return
    nouns = {singular(one) for one in re.findall(r"\w+", words)}
    for other in session.model.resources:
        noun = singular(other.name.rpartition("/")[2])
        if delete not in other.operations and noun in nouns and other.read is not None and other.any_create is not None:
            yield other


def _references(session: Session, holder: Resource, owner: Resource) -> Iterator[Field]:
    """Yield the properties of one resource that have ids of another, as their names or descriptions tell."""
    create = holder.any_create
    for name, field in holder.fields.items():
        if create is None or create.id not in field.written or not field.answered:
            continue
        words = str(field.schema.get("description", ""))
        noun = singular(owner.name.rpartition("/")[2])
        is_described = re.match(rf"\s*(a|an|the|ids? of (a|an|the)) {re.escape(noun)}s?\b", words, re.IGNORECASE)
        if session.referent(holder, name) is owner or (is_described and _may_hold(session, field, owner)):
            yield field


def _may_hold(session: Session, field: Field, owner: Resource) -> bool:
    """Return whether a property takes the ids of a resource."""
    id_ = session.values.new_id(owner)
    return session.values.is_valid(id_, field.schema)


def _holds(value: Any, id_: Any) -> bool:
    found = value if isinstance(value, list) else [value]
    return any(str(one) == str(id_) for one in found if isinstance(one, str | int))


CHECKS = (
    Check(
        name="deleted-is-referred-to-no-more",
        kind="methods",
        promise="What a DELETE removes is removed from the resources too that refer to it, where the document says so",
        origin="the document: the description of the DELETE",
        run=_leaves_no_reference,
    ),
    Check(
        name="deleted-takes-what-is-below",
        kind="methods",
        promise="What a DELETE removes with the resource, by its description, is not read any more",
        origin="the document: the description of the DELETE",
        run=_takes_what_is_below,
    ),
)
