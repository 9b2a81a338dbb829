"""Claims: what one resource alone may have, a time slot or the last place, goes to one of two that come at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeport.contract.checks.changes import with_least_numbers
from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import Send, count_calls, overlaps_at_writes
from homeport.contract.checks.conflicting_creates import (
    CONFLICT,
    body_with,
    changeable_names,
    contested_create,
    find_conflict,
    make_alike,
    send_rival,
)
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of
from homeport.project.model import Operation

_NEEDS: frozenset[Need] = frozenset(("stack",))
_MOST_HOLDERS = 3

Claim = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The path and body of a create that nothing is in the way of."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """A resource that may have room for one; ``property`` of the create's body has its id, "" where its path has."""

    resource: Resource
    property: str = ""


def _one_of_two_has_it(session: Session, resource: Resource) -> Iterator[Breach]:
    client, operation = ResourceClient.of(session, resource), contested_create(resource)
    if operation is None:
        return
    holders = list(_holders(session, resource, operation))
    if holders and client.make() is None:
        return
    for holder in holders[:_MOST_HOLDERS]:
        claim = _claim(client, operation, holder)
        if claim is None:
            continue
        first, second = (send_rival(client, operation, *claim) for _ in range(2))
        if first.ok and second.status == CONFLICT:
            yield from _two_at_once(client, operation, "room for one", holder)
            return
    if not resource.parents and find_conflict(client, operation) is not None:
        yield from _two_at_once(client, operation, "the same values")


def _holders(session: Session, resource: Resource, operation: Operation) -> Iterator[_Holder]:
    """Yield what may have room for one alone: the resource above, and those that the body refers to."""
    owner = parent_of(resource, session.model)
    if owner is not None:
        yield _Holder(owner)
    schema = session.values.body_schema(operation) or {}
    for name in shape_of(schema, session.model.document).properties:
        referent = session.referent(resource, name)
        if referent is not None and referent.any_create is not None:
            yield _Holder(referent, name)


def _two_at_once(
    client: ResourceClient, operation: Operation, what: str, holder: _Holder | None = None
) -> Iterator[Breach]:
    access, claim = client.session.access, _claim(client, operation, holder)
    if claim is None:
        return
    answer, calls = count_calls(access, partial(send_rival, client, operation, *claim))
    if not answer.ok:
        client.session.note_untested(f"{operation.id} was answered with {answer.status}")
        return

    def prepare() -> tuple[Send, Send] | None:
        claim = _claim(client, operation, holder)
        send: Send | None = None if claim is None else partial(send_rival, client, operation, *claim)
        return None if send is None else (send, send)

    for moment, found in overlaps_at_writes(access, calls, prepare):
        if found.first.ok and found.second.ok:
            happened = (
                f"one after the other, the second of two creates that want {what} is refused with 409; while {moment}, "
                f"both were performed: {found.first.status} and {found.second.status}"
            )
            yield Breach(operation, happened, _exchanges(found.second, found.first), "both")
            return


def _one_of_two_moves_there(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where two resources both get what one alone may have, by changes at once."""
    client, create = ResourceClient.of(session, resource), contested_create(resource)
    for write in (resource.change, resource.replace, *resource.actions) if create is not None else ():
        if create is None or write is None or write.method == "DELETE" or str(CONFLICT) not in write.responses:
            continue
        moves = _moves(client, create, write)
        if moves is None or not moves[0]().ok or moves[1]().status != CONFLICT:
            continue
        moves = _moves(client, create, write)
        calls = () if moves is None else count_calls(session.access, moves[0])[1]
        for moment, found in overlaps_at_writes(session.access, calls, partial(_moves, client, create, write)):
            if found.first.ok and found.second.ok:
                happened = (
                    "one after the other, the second of two resources that are given the same is refused with 409; "
                    f"while {moment}, both were performed: {found.first.status} and {found.second.status}"
                )
                yield Breach(write, happened, _exchanges(found.second, found.first), "both")
                break


def _moves(client: ResourceClient, create: Operation, write: Operation) -> tuple[Send, Send] | None:
    """Return two requests that give two resources, alike but for this, the same new values; None where none can be."""
    session, resource = client.session, client.resource
    one = client.make()
    if one is None or one.answer.operation is not create or not isinstance(one.sent, Mapping):
        return None
    other, _ = make_alike(client, write, one.sent)
    fresh = session.with_own_texts(create, resource, session.body(create, resource))
    if other is None or not isinstance(fresh, dict):
        return None
    values = {name: fresh[name] for name in changeable_names(client, write, one.sent) if name in fresh}
    first, second = (
        partial(client.write, write, made.path, body_with(client, write, made, values), made.answer.header("ETag"))
        for made in (one, other)
    )
    return first, second


def _claim(client: ResourceClient, operation: Operation, holder: _Holder | None) -> Claim | None:
    """Return a create that would be performed: what it wants was never taken, or is free again."""
    session, resource = client.session, client.resource
    if holder is not None:
        made = session.make(holder.resource, **_least_room(session, holder.resource))
        body = session.body(operation, resource)
        if made is None or not isinstance(body, dict):
            return None
        if not holder.property:
            return path_below(made, resource), body
        body = with_least_numbers(session, operation, resource, body)
        return session.parents_of(resource) or {}, {**body, holder.property: made.id}
    made = client.make()
    if made is None or not isinstance(made.sent, Mapping):
        return None
    renewed = session.with_known_references(resource, made.sent)
    if renewed != made.sent:
        return made.path, renewed
    deleted = client.delete(made.path, made.answer.header("ETag"))
    return (made.path, made.sent) if deleted is not None and deleted.ok else None


def _least_room(session: Session, owner: Resource) -> dict[str, Any]:
    """Return the integers of a resource as small as it may have them, though not 0: its copies, its seats."""
    found: dict[str, Any] = {}
    for name, field in owner.fields.items():
        least = max(int(field.schema.get("minimum", 1)), 1) if field.schema.get("type") == "integer" else None
        takes = owner.create is not None and owner.create.id in field.written and name != owner.id_property
        if takes and least is not None and session.values.is_valid(least, field.schema):
            found[name] = least
    return found


def _exchanges(*answers: Answer) -> list[Any]:
    return [answer.exchange for answer in answers]


CHECKS = (
    Check(
        name="one-of-two-has-it",
        kind="concurrency",
        promise="Of two creates of which the later one is refused with 409, one is refused too when they come at once",
        origin="RFC 9110, section 15.5.10, and the response 409 of the create",
        run=_one_of_two_has_it,
        needs=_NEEDS,
    ),
    Check(
        name="one-of-two-moves-there",
        kind="concurrency",
        promise="Of two changes that want the same for two resources, of which the later one is refused, one is made",
        origin="RFC 9110, section 15.5.10, and the response 409 of the change",
        run=_one_of_two_moves_there,
        needs=_NEEDS,
    ),
)
