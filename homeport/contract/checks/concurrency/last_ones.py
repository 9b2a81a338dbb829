"""The last one: of two actions at once that take all that a resource has, such as its stock, one gets it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import Send, count_calls, overlaps_at_writes
from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.prerequisite_steps import make_ready
from homeport.contract.checks.resource_client import exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_MOST_ACTIONS = 4
_REFUSALS = frozenset((400, 403, 409, 410, 422))


@dataclass(frozen=True, slots=True)
class _Taking:
    """An action after which ``number`` is less by ``step``; ``body`` is what it was sent with."""

    operation: Operation
    body: Any
    number: str
    step: int


def _last_goes_to_one(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.read is None:
        return
    for operation in [one for one in resource.actions if one.method == "POST"][:_MOST_ACTIONS]:
        taking = _taking(session, resource, operation)
        if taking is not None:
            yield from _both_take_it(session, resource, taking)


def _taking(session: Session, resource: Resource, operation: Operation) -> _Taking | None:
    """Perform an action; return what it takes, None where no number is less afterwards."""
    made = make_ready(session, resource, operation)
    before = None if made is None else session.read(resource, made.path)
    if made is None or before is None:
        return None
    body = changed_body(session, resource, operation, before.json, made.path)
    taken = send_write(session, resource, operation, made.path, body)
    after = session.read(resource, made.path)
    if not taken.ok or after is None:
        return None
    falls = {name: one - left for name, one, left in _numbers(before, after) if 0 <= left < one}
    name, step = next(iter(falls.items()), ("", 0))
    return _Taking(operation, body, name, step) if name else None


def _numbers(before: Answer, after: Answer) -> Iterator[tuple[str, int, int]]:
    for name, one in before.properties.items():
        left = after.properties.get(name)
        if isinstance(one, int) and isinstance(left, int) and not isinstance(one, bool):
            yield name, one, left


def _both_take_it(session: Session, resource: Resource, taking: _Taking) -> Iterator[Breach]:
    """Yield a breach where two at once are performed, of which the second is refused when they come in turn."""
    places: list[Made] = []

    def prepare() -> tuple[Send, Send] | None:
        place = _with_enough_for_one(session, resource, taking)
        if place is None:
            return None
        made, body = place
        places.append(made)
        send = partial(send_write, session, resource, taking.operation, made.path, body)
        return send, send

    first = prepare()
    if first is None:
        return
    one, calls = count_calls(session.access, first[0])
    if not one.ok or first[1]().status not in _REFUSALS:
        return
    for moment, found in overlaps_at_writes(session.access, calls, prepare):
        if found.first.ok and found.second.ok:
            after = session.read(resource, places[-1].path)
            left = None if after is None else after.properties.get(taking.number)
            happened = (
                f"one after the other, the second of two that take all of {taking.number} is refused; while {moment}, "
                f"both were performed: {found.first.status} and {found.second.status}, and {taking.number} is {left} "
                f"afterwards"
            )
            exchanges = exchanges_of(places[-1], found.second, found.first, after)
            yield Breach(taking.operation, happened, exchanges, "last")
            return


def _with_enough_for_one(session: Session, resource: Resource, taking: _Taking) -> tuple[Made, Any] | None:
    """Return a resource, and a body with which the action takes all that it has; None where there is no such one."""
    field, create = resource.fields.get(taking.number), resource.any_create
    is_sent = field is not None and create is not None and create.id in field.written
    if field is not None and is_sent and session.values.is_valid(taking.step, field.schema):
        enough: dict[str, Any] = {taking.number: taking.step}
        made = session.make(resource, **enough)
        return None if made is None else (made, taking.body)
    made = make_ready(session, resource, taking.operation)
    shown = None if made is None else session.read(resource, made.path)
    if made is None or shown is None:
        return None
    body = _with_amount(session, taking, shown.properties)
    return None if body is None else (made, body)


def _with_amount(session: Session, taking: _Taking, shown: Mapping[str, Any]) -> Any:
    """Return the body of an action that takes as much as a resource has, None where none does."""
    schema = session.values.body_schema(taking.operation) or {}
    amount = shown.get(taking.number)
    names = (
        [name for name, value in taking.body.items() if value == taking.step] if isinstance(taking.body, dict) else []
    )
    bodies = [{**taking.body, name: amount} for name in names]
    if not bodies and amount == taking.step:
        return taking.body
    return next((one for one in bodies if session.values.is_valid(one, schema)), None)


CHECKS = (
    Check(
        name="last-goes-to-one",
        kind="concurrency",
        promise="Of two actions at once that take all that is left, of which the later one is refused, one gets it",
        origin="the document: an action that is refused for lack of something",
        run=_last_goes_to_one,
        needs=frozenset(("stack",)),
    ),
)
