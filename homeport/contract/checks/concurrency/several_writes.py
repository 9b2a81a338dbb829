"""Concurrency of several writes: four at once that all read the same state lose nothing of each other.

Two of them may pass by luck, where a service tries a write again once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from homeport.contract.checks.changes import changeable_fields, changed_body, other_value, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import meet
from homeport.contract.checks.concurrency.two_writes import CONTENTION
from homeport.contract.checks.prerequisite_steps import make_ready
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.whole_numbers import is_count
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import needs_if_match
from homeport.project.model import Operation

_COUNT = 4
_MOST_ACTIONS = 2

Sizes = Mapping[str, int]
"""The whole numbers and the lengths of the lists of a representation, by property."""


def _lose_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach for each operation of which several writes at once lose one."""
    if resource.read is None:
        return
    writer = resource.change or resource.replace
    for operation in [one for one in (writer, *resource.actions[:_MOST_ACTIONS]) if one is not None]:
        if not needs_if_match(operation) and (made := make_ready(session, resource, operation)) is not None:
            yield from _lost(session, resource, operation, made)


def _lost(session: Session, resource: Resource, operation: Operation, made: Made) -> Iterator[Breach]:
    # An action that is repeated is the same one.
    is_action = operation in resource.actions
    fixed = changed_body(session, resource, operation, made.representation, made.path) if is_action else None
    step = _steady_step(session, resource, operation, made, fixed)
    before = session.read(resource, made.path)
    if step is None or before is None or not before.ok:
        return
    bodies = [fixed] * _COUNT if is_action else _bodies(session, resource, operation, before.json, made.path)
    if not bodies:
        session.note_untested(f"{operation.id} has no property that several writes can change")
        return
    sends = [partial(send_write, session, resource, operation, made.path, body) for body in bodies]
    answers = meet(session.access, sends)
    after = session.read(resource, made.path)
    if after is None or not isinstance(after.json, dict):
        return
    if any(_ran_out_of_time(session, one) for one in answers):
        session.note_untested(f"{operation.id} ran out of time while its calls waited for each other")
        return
    about = f"{len(sends)} requests at once, each of which read before any wrote, were answered with "
    about += ", ".join(str(one.status) for one in answers)
    if happened := _fault(answers, bodies, step, before.json, after.json, is_merge=operation == resource.change):
        exchanges = (made.answer.exchange, *(one.exchange for one in answers), after.exchange)
        yield Breach(operation, f"{about}; {happened}", exchanges, "several")


def _ran_out_of_time(session: Session, answer: Answer) -> bool:
    """Return whether a function ended by its timeout: the time in which its calls wait counts."""
    logged = session.access.find_log(answer.request_id) if answer.status >= 500 else None
    return logged is not None and "Task timed out" in logged.log


def _fault(
    answers: Sequence[Answer], bodies: Sequence[Any], step: Sizes, before: Any, after: Any, *, is_merge: bool
) -> str:
    """Return what several writes lost, ``""`` for nothing. A write may give way to another one."""
    failed = [one.status for one in answers if one.status >= 500 and one.status not in CONTENTION]
    if failed:
        return "a write that comes late is no failure of the server"
    done = sum(one.ok for one in answers)
    old, new = _sizes(before), _sizes(after)
    for name, by in step.items():
        if name in old and name in new and new[name] - old[name] != by * done:
            return f"{name} was {old[name]} and is {new[name]}, where {done} writes make it {old[name] + by * done}"
    sent = [(name, value, answer) for body, answer in zip(bodies, answers, strict=True) for name, value in _items(body)]
    names = [name for name, _, _ in sent]
    for name, value, answer in sent if is_merge else ():
        shown = answer.json.get(name) if answer.ok and isinstance(answer.json, dict) else None
        if names.count(name) == 1 and shown is not None and shown == value and after.get(name) != value:
            return f"the one that set {name} to {value!r} was performed, and {name} is {after.get(name)!r}"
    return ""


def _steady_step(session: Session, resource: Resource, operation: Operation, made: Made, fixed: Any) -> Sizes | None:
    """Return by how much each size changes with a write, of those that two writes change alike; None: it is rejected.

    A size that the write itself sends is none of them.
    """
    shown = [session.read(resource, made.path)]
    for _ in range(2):
        current = shown[-1].json if shown[-1] is not None else None
        body = changed_body(session, resource, operation, current, made.path) if fixed is None else fixed
        if not send_write(session, resource, operation, made.path, body).ok:
            return None
        shown.append(session.read(resource, made.path))
    sizes = [_sizes(one.json) if one is not None else {} for one in shown]
    own = {name for name, field in resource.fields.items() if operation.id in field.written}
    first, second = ({name: two[name] - one.get(name, 0) for name in two} for one, two in pairwise(sizes))
    return {name: by for name, by in second.items() if by and first.get(name) == by and name not in own}


def _sizes(value: Any) -> Sizes:
    found: dict[str, int] = {}
    for name, one in _items(value):
        if is_count(one):
            found[name] = one
        elif isinstance(one, list):
            found[name] = len(one)
    return found


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _bodies(
    session: Session, resource: Resource, operation: Operation, current: Any, path: Mapping[str, Any]
) -> list[Any]:
    """Return different bodies of several writes; of PATCH, each changes a property of its own if there are enough.

    None has what is there already: a write that changes nothing may count as none.
    """
    if operation != resource.change:
        found = [changed_body(session, resource, operation, current, path) for _ in range(_COUNT)]
        return [body for number, body in enumerate(found) if body not in found[:number]]
    shown, fields = dict(_items(current)), changeable_fields(session, resource, operation)
    bodies: list[Any] = []
    for _ in range(_COUNT):
        for name, schema in fields.items():
            value = other_value(session, schema, shown.get(name), name)
            if value is not None and {name: value} not in bodies and len(bodies) < _COUNT:
                bodies.append({name: value})
    return bodies


CHECKS = (
    Check(
        name="several-writes-lose-nothing",
        kind="concurrency",
        promise="Of four writes at once each that is performed counts: versions, numbers, lists and properties have it",
        origin="RFC 5789, section 2: a change is atomic; RFC 9110, section 13.1.1: lost updates",
        run=_lose_nothing,
        needs=frozenset(("stack", "log")),
    ),
)
