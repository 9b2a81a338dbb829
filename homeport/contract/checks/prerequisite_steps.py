"""Prerequisite steps of an action: what is done before it is accepted, as an invoice is sent before its payment.

A new resource is in the first of its states. Where the document has no words that a program could read, the way to an
action is found by trial, once in a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice, permutations
from typing import Any

from homeport.contract.checks.changes import send_write, whole_body
from homeport.contract.checks.child_resources import path_below
from homeport.contract.checks.client import Answer
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.steps import StateStep, entries_below, steps_of
from homeport.project.model import Operation

_REJECTED = frozenset((409, 412, 422))
_MOST_TRIALS = 10


def make_ready(session: Session, resource: Resource, operation: Operation) -> Made | None:
    """Make a resource in a state in which an operation is accepted; as it is made where no such state is known."""
    way = find_prerequisites(session, resource, operation)
    made = session.make_rich(resource)
    return made if made is None or not way else _go(session, resource, way, made)


def find_prerequisites(session: Session, resource: Resource, operation: Operation) -> tuple[StateStep, ...]:
    """Return the steps to take on a new resource before an action; none where it needs none, or none helps."""
    known: dict[str, tuple[StateStep, ...]] = session.shared.setdefault("ways", {})
    if operation.id not in known:
        is_action = operation in resource.actions and operation.method == "POST"
        known[operation.id] = _search(session, resource, operation) if is_action else ()
    return known[operation.id]


def step_body(session: Session, resource: Resource, step: StateStep, path: Mapping[str, Any]) -> Any:
    """Return the body of a step on a resource, NO_BODY where it has none."""
    if step.below is not None or step.operation == resource.change:
        body = session.body(step.operation, step.below or resource, **step.choice)
        return dict(step.choice) if step.operation == resource.change else body
    body = whole_body(session, resource, step.operation, path)
    return {**body, **step.choice} if step.choice and isinstance(body, dict) else body


def take_step(session: Session, resource: Resource, step: StateStep, made: Made) -> Answer:
    """Send a step on a resource that was made."""
    path = made.path if step.below is None else path_below(made, step.below)
    body = step_body(session, resource, step, made.path)
    return send_write(session, step.below or resource, step.operation, path, body)


def _search(session: Session, resource: Resource, operation: Operation) -> tuple[StateStep, ...]:
    made = session.make_rich(resource)
    if made is None or take_step(session, resource, StateStep(operation), made).status not in _REJECTED:
        return ()
    for way in islice(_ways(session, resource, operation), _MOST_TRIALS):
        made = session.make_rich(resource)
        ready = None if made is None else _go(session, resource, way, made)
        if ready is not None and take_step(session, resource, StateStep(operation), ready).ok:
            return way
    return ()


def _ways(session: Session, resource: Resource, operation: Operation) -> Iterator[tuple[StateStep, ...]]:
    known = [*steps_of(resource, session.model, operation), *entries_below(resource, session.model)]
    others = [one for one in known if one.operation != operation]
    yield from ((one,) for one in others)
    yield from permutations(others, 2)


def _go(session: Session, resource: Resource, way: tuple[StateStep, ...], made: Made) -> Made | None:
    """Take steps on a resource; None where one is rejected."""
    for step in way:
        answer = take_step(session, resource, step, made)
        if not answer.ok:
            return None
        shown = answer if answer.properties.get(resource.id_property) == made.id else session.read(resource, made.path)
        made = replace(made, answer=shown or answer, before=(*made.before, made.answer))
    return made
