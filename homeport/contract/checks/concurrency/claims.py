"""Claims: what one resource alone may have, a time slot or the last place, goes to one of two that come at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import READS, Send, count_calls, overlap
from homeport.contract.checks.conflicting_creates import CONFLICT, contested_create, find_conflict, send_rival
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_NEEDS: frozenset[Need] = frozenset(("stack",))
_MOST_WRITES = 2

Claim = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The path and body of a create that nothing is in the way of."""


def _one_of_two_has_it(session: Session, resource: Resource) -> Iterator[Breach]:
    client, operation = ResourceClient.of(session, resource), contested_create(resource)
    if operation is None:
        return
    owner = parent_of(resource, session.model)
    if owner is not None:
        yield from _two_for_the_last_place(client, operation, owner)
    elif find_conflict(client, operation) is not None:
        yield from _two_at_once(client, operation, "the same values")


def _two_for_the_last_place(client: ResourceClient, operation: Operation, owner: Resource) -> Iterator[Breach]:
    """Yield a breach where two creates both get the last place of a parent that has one."""
    claim = _claim(client, operation, owner)
    if claim is None:
        return
    first, second = (send_rival(client, operation, *claim) for _ in range(2))
    if first.ok and second.status == CONFLICT:
        yield from _two_at_once(client, operation, "room for one", owner)


def _two_at_once(
    client: ResourceClient, operation: Operation, what: str, owner: Resource | None = None
) -> Iterator[Breach]:
    access, claim = client.session.access, _claim(client, operation, owner)
    if claim is None:
        return
    answer, calls = count_calls(access, partial(send_rival, client, operation, *claim))
    if not answer.ok:
        client.session.note_untested(f"{operation.id} was answered with {answer.status}")
        return
    writes = sum(not call.endswith(READS) for call in calls)
    for number in range(1, min(writes, _MOST_WRITES) + 1):
        claim = _claim(client, operation, owner)
        if claim is None:
            return
        send: Send = partial(send_rival, client, operation, *claim)
        found = overlap(access, send, send, number, writes_only=True)
        if found is not None and found.first.ok and found.second.ok:
            happened = (
                f"one after the other, the second of two creates that want {what} is refused with 409; while the first "
                f"waited before its write {number} of {writes} ({found.call}), both were performed: "
                f"{found.first.status} and {found.second.status}"
            )
            yield Breach(operation, happened, _exchanges(found.second, found.first), "both")
            return


def _claim(client: ResourceClient, operation: Operation, owner: Resource | None) -> Claim | None:
    """Return a create that would be performed: what it wants was never taken, or is free again."""
    session, resource = client.session, client.resource
    if owner is not None:
        parent = session.make(owner, **_least_room(session, owner))
        body = session.body(operation, resource)
        return None if parent is None or not isinstance(body, dict) else (path_below(parent, resource), body)
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
)
