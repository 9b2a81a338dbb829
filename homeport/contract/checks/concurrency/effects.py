"""Concurrency of creates: what only one of two may have, and what is half made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from homeport.contract.checks.changes import changeable_fields, other_value
from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import READS, Send, count_calls, overlap
from homeport.contract.checks.preconditions.keyed_creates import KeyedCreates, find_creates
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource

_NEEDS: frozenset[Need] = frozenset(("stack",))
_MOST_CALLS = 2


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
        name="nothing-half-made",
        kind="concurrency",
        promise="A list never shows a part of a resource that is being made",
        origin="RFC 9110, section 9.3.1: GET transfers the current representation",
        run=_nothing_half_made,
        needs=_NEEDS,
    ),
)
