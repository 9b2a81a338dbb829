"""Takes from a queue: of two requests at once that take the next of what waits (``POST /jobs/next``), one gets it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import make_below, parent_of
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.concurrency.schedules import Send, count_calls, overlap
from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.resource_client import description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.listings import is_same_shape
from homeport.contract.rest.names import plain
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.shapes import answer_schema, shape_of
from homeport.project.model import Operation

_TAKES = re.compile(
    r"(take|claim|pop|dequeue|lease|acquire|receive|poll|fetch|reserve)?(next|one|oldest|job|task|work|item)?"
)
# "Take the oldest command that is queued", "first in, first out".
_OLDEST = re.compile(
    r"\b(oldest|fifo|first[- ]in|wait(s|ed|ing)? (the )?longest|longest[- ]waiting|in the order (in which )?they)\b",
    re.IGNORECASE,
)
_MOST_CALLS = 3
_SEVERAL = 3
_PAUSE = 1.1


def takers_of(resource: Resource, model: ApiModel) -> Iterator[Operation]:
    """Yield the operations that take a resource of those that wait: a POST below the collection, without a body."""
    shown = {name: one.schema for name, one in resource.fields.items() if one.answered}
    for operation in model.others:
        above, _, word = operation.path.rpartition("/")
        if operation.method != "POST" or above != resource.collection or not resource.id_property:
            continue
        is_named = bool(word) and _TAKES.fullmatch(plain(word)) is not None and not parameters_of(word)
        needs_body = operation.body is not None and operation.body.required
        answered = shape_of(answer_schema(operation, model.document), model.document).properties
        if is_named and not needs_body and is_same_shape(shown, answered):
            yield operation


def _one_gets_it(session: Session, resource: Resource) -> Iterator[Breach]:
    owner = parent_of(resource, session.model)
    if owner is None or resource.create is None:
        return  # what others have left would be taken first
    for operation in takers_of(resource, session.model):
        place = session.make(owner)
        made = None if place is None else make_below(session, place, resource)
        if place is None or made is None:
            return
        send: Send = partial(_take, session, operation, _path(place, made, resource))
        taken, calls = count_calls(session.access, send)
        again = send()
        if _id(taken, resource) != str(made.id) or _id(again, resource) == str(made.id):
            continue  # one after the other may get the same: it is shown, not taken
        yield from _at_once(session, resource, operation, place, calls)


def _at_once(
    session: Session, resource: Resource, operation: Operation, place: Made, calls: tuple[str, ...]
) -> Iterator[Breach]:
    for number in range(len(calls), max(len(calls) - _MOST_CALLS, 0), -1):
        made = make_below(session, place, resource)
        if made is None:
            return
        send: Send = partial(_take, session, operation, _path(place, made, resource))
        found = overlap(session.access, send, send, number)
        if found is not None and _id(found.first, resource) == _id(found.second, resource) == str(made.id):
            happened = (
                f"one after the other, one of two gets {made.id}; while the first waited before call {number} of "
                f"{len(calls)} ({found.call}), both were answered with it"
            )
            yield Breach(operation, happened, exchanges_of(made, found.second, found.first), "both")
            return


def _oldest_comes_first(session: Session, resource: Resource) -> Iterator[Breach]:
    """Take as many as were made, where the words of an operation say that it takes the oldest."""
    owner = parent_of(resource, session.model)
    for operation in takers_of(resource, session.model) if owner is not None else ():
        if owner is None or _OLDEST.search(description_of(operation, session.model.document)) is None:
            continue
        # Made within one second, they may be of one age to the service.
        for pause in (0, _PAUSE):
            place = session.make(owner)
            made = [] if place is None else list(_make_apart(session, place, resource, pause))
            if place is None or len(made) < _SEVERAL:
                return
            path = _path(place, made[0], resource)
            taken = [_take(session, operation, path) for _ in made]
            wanted, found = [str(one.id) for one in made], [_id(one, resource) for one in taken]
            if wanted == found or sorted(wanted) != sorted(found):
                break
        else:
            happened = f"{', '.join(wanted)} were made in this order, and taken as {', '.join(found)}"
            yield Breach(operation, happened, exchanges_of(*made, *taken), "order")


def _make_apart(session: Session, place: Made, resource: Resource, pause: float) -> Iterator[Made]:
    for _ in range(_SEVERAL):
        made = make_below(session, place, resource)
        if made is not None:
            yield made
        time.sleep(pause)


def _path(place: Made, made: Made, resource: Resource) -> Mapping[str, Any]:
    return {**place.path, **{name: one for name, one in made.path.items() if name in resource.parents}}


def _take(session: Session, operation: Operation, path: Mapping[str, Any]) -> Answer:
    return session.client.send(operation, path, headers=session.headers(operation), body=NO_BODY)


def _id(answer: Answer, resource: Resource) -> str:
    return str(answer.properties.get(resource.id_property, "")) if answer.ok else ""


CHECKS = (
    Check(
        name="one-takes-what-waits",
        kind="concurrency",
        promise="Of two requests at once that take the next of what waits, one gets it, as one after the other does",
        origin="the document: an operation below a collection that takes one of its resources",
        run=_one_gets_it,
        needs=frozenset(("stack",)),
    ),
    Check(
        name="oldest-is-taken-first",
        kind="methods",
        promise="An operation that takes the oldest of what waits takes them in the order in which they were made",
        origin="the document: the description of the operation",
        run=_oldest_comes_first,
    ),
)
