"""Counts: a number that one request changes elsewhere, such as a balance, is changed by each of several at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import Any
from urllib.parse import urlsplit

from homeport.contract.checks.changes import changed_body, send_write, with_least_numbers
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.concurrency.schedules import Send, count_calls, overlap_all
from homeport.contract.checks.preconditions.keyed_creates import find_creates
from homeport.contract.checks.prerequisite_steps import make_ready
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.whole_numbers import is_count
from homeport.contract.rest.places import parameters_of, structure
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_MOST_OPERATIONS = 5
_MOST_CALLS = 2
_MEETINGS = 24

Counts = Mapping[tuple[str, ...], int]
"""Whole numbers of answers, by the places where they stand."""


@dataclass(frozen=True, slots=True)
class _CountedRequest:
    """A request that may change numbers elsewhere, and the reads that show them.

    ``meetings`` are the requests that are performed while one waits: a count that is spread over several items loses
    only what meets on one of them. With ``falls``, a number that becomes less counts too, such as a balance.
    """

    operation: Operation
    send: Send
    sources: Sequence[Send]
    meetings: int = _MEETINGS
    falls: bool = False


def _counts_add_up(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where a number that one request changes is changed less by two at once."""
    for counted in islice(_counted_requests(session, resource), _MOST_OPERATIONS):
        states = [_counts(counted.sources)]
        for _ in range(2):
            if not counted.send().ok:
                break
            states.append(_counts(counted.sources))
        if len(states) < 3:
            continue
        steps = [{place: after[place] - before.get(place, 0) for place in after} for before, after in pairwise(states)]
        steady = {place: step for place, step in steps[1].items() if step and steps[0].get(place) == step}
        moved = {place: step for place, step in steady.items() if step > 0 or counted.falls}
        if moved:
            yield from _lost_counts(session, counted, moved)


def _lost_counts(session: Session, counted: _CountedRequest, moved: Counts) -> Iterator[Breach]:
    _, calls = count_calls(session.access, counted.send)
    for number in range(len(calls), max(len(calls) - _MOST_CALLS, 0), -1):
        before = _counts(counted.sources)
        others = (counted.send,) * (counted.meetings if len(calls) > 1 else 1)
        found = overlap_all(session.access, counted.send, others, number)
        if found is None or not all(answer.ok for answer in found[0]):
            continue
        answers, call = found
        after, read = _counts(counted.sources), [source() for source in counted.sources]
        for place, step in moved.items():
            changed, wanted = after.get(place, 0) - before.get(place, 0), step * len(answers)
            if changed != wanted:
                happened = (
                    f"/{'/'.join(place[2:])} was {before.get(place, 0)} and then {after.get(place, 0)}: "
                    f"{len(answers)} requests, of which the first waited before call {number} of {len(calls)} "
                    f"({call}), changed it by {changed} in place of {wanted}"
                )
                shown = [one.exchange for one in read if one.operation.id == place[0]]
                exchanges = (answers[1].exchange, answers[0].exchange, *shown)
                yield Breach(counted.operation, happened, exchanges, "counts")
                return


def _counted_requests(session: Session, resource: Resource) -> Iterator[_CountedRequest]:
    """Yield requests that may change numbers elsewhere.

    They are operations of no resource, actions of which other reads of the resource tell (``GET …/usage``), and
    creates: below a parent, or with the ids of others in their bodies.
    """
    if not resource.name:
        sources = _shared_sources(session, resource)
        for operation in resource.actions if sources else ():
            if operation.method in ("POST", "ANY") and operation.denied == "" and _may_call(session, operation):
                yield _CountedRequest(operation, _request_of(session, operation), sources)
        return
    yield from _counted_creates(session, resource)
    yield from _counted_actions(session, resource)


def _counted_creates(session: Session, resource: Resource) -> Iterator[_CountedRequest]:
    creates = find_creates(session, resource)
    if creates is None:
        return
    if resource.parents and (above := _sources_above(session, resource)):
        yield _CountedRequest(creates.operation, lambda: creates.send(creates.new_key(), creates.body()), above)
    elif referents := _sources_of_references(session, resource, creates.made):
        least = with_least_numbers(session, creates.operation, resource, creates.body())
        yield _CountedRequest(
            creates.operation, lambda: creates.send(creates.new_key(), creates.own(least)), referents, 1, falls=True
        )


def _counted_actions(session: Session, resource: Resource) -> Iterator[_CountedRequest]:
    reads = [
        one
        for one in session.model.others
        if resource.item and one.method == "GET" and structure(one.path).startswith(structure(resource.item) + "/")
    ]
    reads = [one for one in reads if one.path.count("{") == resource.item.count("{")]
    for action in resource.actions if reads else ():
        made = make_ready(session, resource, action) if action.method == "POST" else None
        if made is not None:
            body = changed_body(session, resource, action, made.representation, made.path)
            # Those above are not in the path of a resource that is read without them.
            values = list(made.path.values())[-resource.item.count("{") :]
            paths = [dict(zip(parameters_of(one.path), values, strict=False)) for one in reads]
            sources = [partial(session.client.send, one, path) for one, path in zip(reads, paths, strict=True)]
            send = partial(send_write, session, resource, action, made.path, body)
            yield _CountedRequest(action, send, sources, 1)


def _may_call(session: Session, operation: Operation) -> bool:
    return not operation.iam or session.client.credentials_of(operation).key is not None


def _request_of(session: Session, operation: Operation) -> Send:
    path = {
        one.name: session.values.parameter(operation, one.name) for one in operation.parameters if one.place == "path"
    }
    body = session.body(operation, Resource(""))
    return partial(
        session.client.send,
        operation,
        path,
        query=session.query(operation),
        headers=session.headers(operation),
        body=NO_BODY if body is None else body,
        method="POST" if operation.method == "ANY" else "",
    )


def _shared_sources(session: Session, resource: Resource) -> list[Send]:
    """Return the reads that may show a number that an operation of no resource changes: lists, single resources."""
    found: list[Send] = []
    for one in session.model.resources:
        found += [
            partial(session.client.send, listing.operation, query=session.query(listing.operation))
            for listing in one.listings
            if not one.parents and listing.operation.method == "GET"
        ]
        if one.read is not None and "{" not in one.read.path:
            found.append(partial(session.client.send, one.read))
    found += [
        partial(session.client.send, operation, query=session.query(operation))
        for operation in resource.actions
        if operation.method == "GET" and "{" not in operation.path
    ]
    return found


def _sources_above(session: Session, resource: Resource) -> list[Send]:
    """Return the reads of what a create is below of."""
    made = session.make(resource)
    found: list[Send] = []
    for owner in session.model.resources if made is not None else ():
        if owner.read is not None and structure(resource.collection).startswith(structure(owner.item) + "/"):
            path = dict(zip(parameters_of(owner.read.path), made.path.values() if made else (), strict=False))
            found.append(partial(session.client.send, owner.read, path))
    return found


def _sources_of_references(session: Session, resource: Resource, made: Made) -> list[Send]:
    """Return the reads of the resources whose ids the body of a create has: the two wallets of a transfer."""
    found: list[Send] = []
    for name, value in made.sent.items() if isinstance(made.sent, dict) else ():
        owner = session.referent(resource, name)
        if owner is not None and owner.read is not None and not owner.parents and isinstance(value, str | int):
            found.append(partial(session.client.send, owner.read, {owner.id_parameter: value}))
    return found


def _counts(sources: Sequence[Send]) -> Counts:
    found: dict[tuple[str, ...], int] = {}
    for answer in (source() for source in sources):
        # Two reads by one operation, such as of two wallets, are distinguished by their paths.
        found.update(_numbers(answer.json, (answer.operation.id, *urlsplit(answer.exchange.url).path.split("/")[-1:])))
    return found


def _numbers(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the whole numbers of a value with their places; an entry of a list is named by its first text."""
    if is_count(value):
        yield place, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _numbers(one, (*place, name))
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                label = next((text for text in one.values() if isinstance(text, str)), "")
                yield from _numbers(one, (*place, label))


CHECKS = (
    Check(
        name="counts-add-up",
        kind="concurrency",
        promise="A number that a request changes elsewhere is changed by each request, of several at once too",
        origin="the document: the numbers that its answers have",
        run=_counts_add_up,
        needs=frozenset(("stack",)),
        every_operation=True,
    ),
)
