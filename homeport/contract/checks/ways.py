"""Ways: the actions after which another one is accepted, such as the sending of an invoice before its payment.

A new resource is in the first of its states. Where the document has no words that a program could read, the way to an
action is found by trial, once in a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, permutations

from homeport.contract.checks.changes import send_write, whole_body
from homeport.contract.checks.client import Answer
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_REJECTED = frozenset((409, 412, 422))
_MOST_TRIALS = 8


def make_ready(session: Session, resource: Resource, operation: Operation) -> Made | None:
    """Make a resource in a state in which an operation is accepted; as it is made where no such state is known."""
    way = find_way(session, resource, operation)
    made = session.make(resource)
    return made if made is None or not way else _go(session, resource, way, made)


def find_way(session: Session, resource: Resource, operation: Operation) -> tuple[Operation, ...]:
    """Return the actions to perform on a new resource before an action; none where it needs none, or none helps."""
    known: dict[str, tuple[Operation, ...]] = session.shared.setdefault("ways", {})
    if operation.id not in known:
        is_action = operation in resource.actions and operation.method == "POST"
        known[operation.id] = _search(session, resource, operation) if is_action else ()
    return known[operation.id]


def _search(session: Session, resource: Resource, operation: Operation) -> tuple[Operation, ...]:
    made = session.make(resource)
    if made is None or _perform(session, resource, operation, made).status not in _REJECTED:
        return ()
    for way in islice(_ways(resource, operation), _MOST_TRIALS):
        made = session.make(resource)
        ready = None if made is None else _go(session, resource, way, made)
        if ready is not None and _perform(session, resource, operation, ready).ok:
            return way
    return ()


def _ways(resource: Resource, operation: Operation) -> Iterator[tuple[Operation, ...]]:
    others = [one for one in resource.actions if one.method == "POST" and one != operation]
    yield from ((one,) for one in others)
    yield from permutations(others, 2)


def _go(session: Session, resource: Resource, way: tuple[Operation, ...], made: Made) -> Made | None:
    """Perform actions on a resource; None where one is rejected."""
    for action in way:
        answer = _perform(session, resource, action, made)
        if not answer.ok:
            return None
        shown = answer if answer.properties.get(resource.id_property) == made.id else session.read(resource, made.path)
        made = replace(made, answer=shown or answer, before=(*made.before, made.answer))
    return made


def _perform(session: Session, resource: Resource, action: Operation, made: Made) -> Answer:
    return send_write(session, resource, action, made.path, whole_body(session, resource, action, made.path))
