"""Concurrency of what reaches beyond a resource: counts, what only one of two may have, and what is half made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from homeport.contract.checks.changes import changeable_fields, other_value
from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.concurrency.schedules import READS, Send, count_calls, overlap, overlap_all
from homeport.contract.checks.preconditions.keyed_creates import KeyedCreates, find_creates
from homeport.contract.checks.session import Session
from homeport.contract.rest.places import structure
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_NEEDS: frozenset[Need] = frozenset(("stack",))
_MOST_OPERATIONS = 3
_MOST_CALLS = 2
_MEETINGS = 24

Counts = Mapping[tuple[str, ...], int]
"""Whole numbers of answers, by the places where they stand."""


def _only_one_of_two(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where two creates at once both get what is there for one (a cart, a stock)."""
    creates = find_creates(session, resource) if not resource.parents else None
    if creates is None or not creates.made.before:
        return
    creates.refill()
    first, second = (creates.send(creates.new_key(), creates.body()) for _ in range(2))
    if first.ok and not second.ok:
        yield from _both(session, creates)
    yield from _taken_meanwhile(session, resource)


def _both(session: Session, creates: KeyedCreates) -> Iterator[Breach]:
    """Yield a breach where two creates at once are performed of which one must be rejected."""
    _, calls = _count_calls(creates)
    for number in _late(calls):
        before = creates.refill()
        one, other = (partial(creates.send, creates.new_key(), creates.body()) for _ in range(2))
        found = overlap(session.access, one, other, number)
        if found is not None and found.first.ok and found.second.ok:
            happened = (
                "one after the other, the second create is rejected; while the first one waited before call "
                f"{number} of {len(calls)} ({found.call}), both were performed: {found.first.status} and "
                f"{found.second.status}"
            )
            exchanges = (*(answer.exchange for answer in before), found.second.exchange, found.first.exchange)
            yield Breach(creates.operation, happened, exchanges, "both")
            return


def _late(calls: tuple[str, ...]) -> range:
    """Return the numbers of the calls before which it tells most to wait: the last ones, from the end."""
    return range(len(calls), max(len(calls) - _MOST_CALLS, 0), -1)


def _taken_meanwhile(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where a create is performed though an action took all that it needs while it waited."""
    calls: tuple[str, ...] | None = None
    for late in range(2):
        creates = find_creates(session, resource)
        if creates is None:
            return
        made = creates.made
        if calls is None:
            _, calls = _count_calls(creates)
        before, number = creates.refill(), len(calls) - late
        taking = next(_takers(session, made.before), None)
        if taking is None or number < 1:
            return
        found = overlap(session.access, partial(creates.send, creates.new_key(), creates.body()), taking, number)
        if found is not None and found.first.ok and found.second.ok and _negative(session, made.before):
            happened = (
                f"{found.second.exchange.method} {found.second.operation.path} took all that there was while the "
                f"create waited before call {number} of {len(calls)} ({found.call}); both were performed, and what "
                "is left is less than nothing"
            )
            exchanges = (*(answer.exchange for answer in before), found.second.exchange, found.first.exchange)
            yield Breach(creates.operation, happened, exchanges, "taken")
            return


def _count_calls(creates: KeyedCreates, body: Any = None) -> tuple[Answer, tuple[str, ...]]:
    """Perform a create alone; return its answer and its database calls."""
    creates.refill()
    sent = creates.body() if body is None else creates.own(body)
    return count_calls(creates.session.access, partial(creates.send, creates.new_key(), sent))


def _rich_body(creates: KeyedCreates) -> Any:
    """Return a body with a value of its own for every property that a create takes."""
    session, body = creates.session, creates.body()
    if not isinstance(body, dict):
        return body
    fields = changeable_fields(session, creates.resource, creates.operation)
    values = {name: other_value(session, schema, schema.get("default"), name) for name, schema in fields.items()}
    plain = {name for name, schema in fields.items() if name not in body or body[name] == schema.get("default")}
    return {**body, **{name: value for name, value in values.items() if value is not None and name in plain}}


def _find_needed(session: Session, before: tuple[Answer, ...]) -> Iterator[tuple[Resource, dict[str, Any], Answer]]:
    """Yield the resources that the writes before a create name, with their paths and reads."""
    text = " ".join(f"{one.exchange.url} {one.exchange.body.decode(errors='replace')}" for one in before)
    for resource in session.model.resources:
        if resource.read is None or resource.parents or not resource.actions:
            continue
        for listed in _read_lists(session, resource):
            id_ = listed.get(resource.id_property)
            if id_ is not None and str(id_) in text:
                path = {resource.id_parameter: id_}
                yield resource, path, session.client.send(resource.read, path)


def _read_lists(session: Session, resource: Resource) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for listing in resource.listings:
        query = {name: session.values.parameter(listing.operation, name) for name in listing.required}
        if listing.limit is not None and listing.limit.maximum:
            query[listing.limit.parameter] = listing.limit.maximum
        value = session.client.send(listing.operation, query=query).json
        for key in listing.items:
            value = value.get(key) if isinstance(value, dict) else None
        found += [one for one in value or () if isinstance(one, dict)] if isinstance(value, list) else []
    return found


def _takers(session: Session, before: tuple[Answer, ...]) -> Iterator[Send]:
    """Yield actions that take all of a number that a resource has, of those that the writes before a create name."""
    for resource, path, read in _find_needed(session, before):
        shown = read.properties
        numbers = [
            value for name, value in shown.items() if _is_count(value) and value > 0 and _is_server_set(resource, name)
        ]
        for action in resource.actions:
            schema = session.values.body_schema(action) or {}
            body = session.body(action, resource)
            names = [name for name, value in body.items() if _is_count(value)] if isinstance(body, dict) else []
            for name in names:
                for number in numbers:
                    taking = {**body, name: -number}
                    if session.values.is_valid(taking, schema):
                        headers = session.headers(action)
                        yield partial(session.client.send, action, path, headers=headers, body=taking)


def _negative(session: Session, before: tuple[Answer, ...]) -> bool:
    for resource, _, read in _find_needed(session, before):
        shown = read.properties
        if any(_is_count(value) and value < 0 and _is_server_set(resource, name) for name, value in shown.items()):
            return True
    return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_server_set(resource: Resource, name: str) -> bool:
    return name in resource.fields and resource.fields[name].server_set


def _counts_add_up(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where a number that one request raises is raised less by two at once."""
    sources = _sources(session, resource)
    for operation, send in list(_counted_requests(session, resource))[:_MOST_OPERATIONS] if sources else ():
        states = [_counts(session, sources)]
        for _ in range(2):
            if not send().ok:
                break
            states.append(_counts(session, sources))
        if len(states) < 3:
            continue
        steps = [{place: after[place] - before.get(place, 0) for place in after} for before, after in pairwise(states)]
        rising = {place: step for place, step in steps[1].items() if step > 0 and steps[0].get(place) == step}
        if rising:
            yield from _lost_counts(session, operation, send, sources, rising)


def _lost_counts(
    session: Session, operation: Operation, send: Send, sources: list[Send], rising: Counts
) -> Iterator[Breach]:
    _, calls = count_calls(session.access, send)
    for number in _late(calls):
        before = _counts(session, sources)
        # A count that is spread over several items loses only what meets on one of them.
        found = overlap_all(session.access, send, (send,) * (_MEETINGS if len(calls) > 1 else 1), number)
        if found is None or not all(answer.ok for answer in found[0]):
            continue
        answers, call = found
        after, read = _counts(session, sources), [source() for source in sources]
        for place, step in rising.items():
            raised, wanted = after.get(place, 0) - before.get(place, 0), step * len(answers)
            if raised != wanted:
                happened = (
                    f"/{'/'.join(place[1:])} was {before.get(place, 0)} and then {after.get(place, 0)}: "
                    f"{len(answers)} requests, of which the first waited before call {number} of {len(calls)} "
                    f"({call}), raised it by {raised} in place of {wanted}"
                )
                shown = [one.exchange for one in read if one.operation.id == place[0]]
                exchanges = (answers[1].exchange, answers[0].exchange, *shown)
                yield Breach(operation, happened, exchanges, "counts")
                return


def _counted_requests(session: Session, resource: Resource) -> Iterator[tuple[Operation, Send]]:
    """Yield requests that may raise numbers elsewhere: of operations of no resource, and creates below a parent."""
    if not resource.name:
        for operation in resource.actions:
            if operation.method in ("POST", "ANY") and operation.denied == "" and _may_call(session, operation):
                yield operation, _request_of(session, operation)
    elif resource.parents and (creates := find_creates(session, resource)) is not None:
        yield creates.operation, lambda: creates.send(creates.new_key(), creates.body())


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


def _sources(session: Session, resource: Resource) -> list[Send]:
    """Return the reads that may show a number: lists and single resources, and what a create is below of."""
    found: list[Send] = []
    if not resource.name:
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
    elif resource.parents and (made := session.make(resource)) is not None:
        for owner in session.model.resources:
            if owner.read is not None and structure(resource.collection).startswith(structure(owner.item) + "/"):
                path = dict(zip(_names(owner.read.path), made.path.values(), strict=False))
                found.append(partial(session.client.send, owner.read, path))
    return found


def _names(path: str) -> list[str]:
    return [part.split("}")[0] for part in path.split("{")[1:]]


def _counts(session: Session, sources: list[Send]) -> Counts:
    found: dict[tuple[str, ...], int] = {}
    for answer in (source() for source in sources):
        found.update(_numbers(answer.json, (answer.operation.id,)))
    return found


def _numbers(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the whole numbers of a value with their places; an entry of a list is named by its first text."""
    if _is_count(value):
        yield place, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _numbers(one, (*place, name))
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                label = next((text for text in one.values() if isinstance(text, str)), "")
                yield from _numbers(one, (*place, label))


def _nothing_half_made(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where a create that waits between its writes shows a part of what it makes."""
    if resource.create is None or resource.read is None or not resource.listings:
        return
    creates = find_creates(session, resource)
    if creates is None:
        return
    answer, calls = _count_calls(creates, rich := _rich_body(creates))
    if not answer.ok:
        answer, calls = _count_calls(creates, rich := creates.body())
    writing = [number for number, call in enumerate(calls, 1) if not call.endswith(READS)]
    for number in writing[1:]:
        before = creates.refill()
        listed: list[list[dict[str, Any]]] = []
        look = _looking(session, resource, listed)
        found = overlap(session.access, partial(creates.send, creates.new_key(), creates.own(rich)), look, number)
        if found is None or not found.first.ok or not listed:
            continue
        id_, final = creates.id_of(found.first), creates.read(found.first)
        early = [one for one in listed[0] if one.get(resource.id_property) == id_]
        if early and final is not None and isinstance(final.json, dict):
            wrong = {name for name, value in early[0].items() if name in final.json and final.json[name] != value}
            if wrong or not final.ok:
                happened = (
                    f"while the create waited before call {number} of {len(calls)} ({found.call}), the list had "
                    f"{early[0]!r}; afterwards it was {final.json!r}"
                )
                exchanges = (*(one.exchange for one in before), found.second.exchange, found.first.exchange)
                yield Breach(resource.create, happened, (*exchanges, final.exchange), "half made")
                return


def _looking(session: Session, resource: Resource, listed: list[list[dict[str, Any]]]) -> Callable[[], Answer]:
    def look() -> Answer:
        listed.append(_read_lists(session, resource))
        listing = resource.listings[0]
        query = {name: session.values.parameter(listing.operation, name) for name in listing.required}
        return session.client.send(listing.operation, query=query)

    return look


CHECKS = (
    Check(
        name="one-gets-what-is-there-for-one",
        kind="concurrency",
        promise="Of two requests of which the later one is rejected, one is rejected too when they come at once",
        origin="the document: a create that is rejected for lack of something",
        run=_only_one_of_two,
        needs=_NEEDS,
    ),
    Check(
        name="counts-add-up",
        kind="concurrency",
        promise="A number that a request raises is raised by each request, of several at once too",
        origin="the document: the numbers that its answers have",
        run=_counts_add_up,
        needs=_NEEDS,
        every_operation=True,
    ),
    Check(
        name="nothing-half-made",
        kind="concurrency",
        promise="A list never shows a part of a resource that is being made",
        origin="RFC 9110, section 9.3.1: GET transfers the current representation",
        run=_nothing_half_made,
        needs=_NEEDS,
    ),
)
