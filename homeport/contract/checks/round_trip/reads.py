"""Reads: a resource is read as its write answered it, the same each time, and by lists as by its own read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.round_trip.sent_values import telling_rows
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_MORE = 6
_GET = "RFC 9110, section 9.3.1: GET transfers the current representation"


def _read_equals_write(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    made = client.make()
    if made is None or resource.read is None:
        return
    yield from _compare_with_read(client, made.path, made.answer, ())
    for write in (resource.replace, resource.change):
        if write is not None:
            body = client.full(write, 1, made.path)
            answer = client.write(write, made.path, NO_BODY if body is None else body)
            yield from _compare_with_read(client, made.path, answer, (made.answer.exchange,))
            least = client.least(write, made.path) if write is resource.replace and answer.ok else None
            if least is not None:
                # A property that is left out now may be in the answer still, of the resource as it was.
                emptied = client.write(write, made.path, least, answer.header("ETag"))
                yield from _compare_with_read(client, made.path, emptied, (made.answer.exchange, answer.exchange))
    for action in resource.actions:
        fresh = client.make()
        if fresh is not None and action.method == "POST":
            answer = client.write(action, fresh.path, _with_long_texts(client, action))
            answer = answer if answer.ok else client.perform(action, fresh.path)
            yield from _compare_with_read(client, fresh.path, answer, (fresh.answer.exchange,))


def _with_long_texts(client: ResourceClient, action: Operation) -> Any:
    """Return an action's usual body with longer texts where no schema says how they look: a store may cut them."""
    body = client.session.body(action, client.resource)
    schema = client.session.values.body_schema(action) or {}
    for name, value in body.items() if isinstance(body, dict) else ():
        known = resolve_map(client.equality.property_schema(schema, name), client.session.model.document)
        longer = f"{value} " + " ".join(["and more"] * _MORE)
        is_free = isinstance(value, str) and not known.keys() & {"pattern", "format", "enum", "example"}
        if is_free and not client.is_bound(name, known) and client.session.values.is_valid(longer, known):
            body = {**body, name: longer}
    return NO_BODY if body is None else body


def _compare_with_read(
    client: ResourceClient, path: Mapping[str, Any], answer: Answer, before: Sequence[HttpExchange]
) -> Iterator[Breach]:
    """Yield what a read shows otherwise than the answer of the write before it."""
    resource, written = client.resource, answer.json
    if not answer.ok or not isinstance(written, Mapping):
        return
    if answer.operation in resource.actions and written.get(resource.id_property) != path.get(resource.id_parameter):
        return  # the answer of an action may be something else
    read = client.read(path)
    if read is None or not isinstance(read.json, Mapping):
        if read is not None and not read.ok:
            happened = f"the write was answered with {answer.status}, the read after it with {read.status}"
            yield Breach(answer.operation, happened, (*before, answer.exchange, read.exchange), subject="read")
        return
    expectation, found = Expectation(resource, client.equality), []
    for name in expectation.stable({**written, **read.json}):
        one, other = written.get(name, MISSING), read.json.get(name, MISSING)
        if (one is MISSING and not expectation.documents(answer, name)) or (
            other is MISSING and not expectation.documents(read, name)
        ):
            continue
        if MISSING in (one, other) and None in (one, other):
            continue
        if any(True for _ in client.equality.differences(one, other)):
            happened = f"the write's answer has {name} {show_value(one)}, the read after it {show_value(other)}"
            found.append((name, happened))
    if found:
        (name, happened), more = found[0], ", ".join(each for each, _ in found[1:])
        happened += f"; so with {more}" if more else ""
        yield Breach(answer.operation, happened, (*before, answer.exchange, read.exchange), subject=f"/{name}")


def _reading_changes_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    made = session.make_or_find(resource) or client.make()
    if made is None or resource.read is None:
        return
    first, second = client.read(made.path), client.read(made.path)
    if first is None or second is None or not (first.ok and second.ok):
        return
    expectation = Expectation(resource, client.equality)
    one, other = first.json, second.json
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in expectation.stable({**one, **other}):
            before, after = one.get(name, MISSING), other.get(name, MISSING)
            if any(True for _ in client.equality.differences(before, after)):
                happened = f"two reads in a row have {name} {show_value(before)} and {show_value(after)}"
                exchanges = exchanges_of(made, first, second)
                yield Breach(resource.read, happened, exchanges, subject=f"/{name}")


def _lists_equal_reads(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    if resource.read is None or not (resource.listings or resource.batch_reads):
        return
    writes = resource.whole_write
    rows = telling_rows(client, writes) if writes is not None else []
    made = [one for row in [*rows[:2], {}] if (one := client.make(**row)) is not None]
    write = resource.change or resource.replace
    if not made and (there := session.existing(resource)) is not None:
        made, write = [there], None
    if made and write is not None:
        # A resource that was never changed hides what comes from its creation: its version, the time of its change.
        body = client.full(write, 1, made[-1].path)
        client.write(write, made[-1].path, NO_BODY if body is None else body)
    pairs = [(one, read) for one in made if (read := client.read(one.path)) is not None and read.ok]
    for one, read in pairs:
        for listing in resource.listings:
            query = client.list_query(listing, read.json)
            if query is not None:
                found, answer = client.find_in_list(listing, [one.id], **query)
                yield from _compare_item(client, one, read, found.get(str(one.id)), answer)
    if pairs:
        for batch_read in resource.batch_reads:
            found, answer = client.batch(batch_read, [one.id for one, _ in pairs])
            for one, read in pairs:
                yield from _compare_item(client, one, read, found.get(str(one.id)), answer)


def _compare_item(
    client: ResourceClient, made: Made, read: Answer, item: Any, answer: Answer | None
) -> Iterator[Breach]:
    """Yield what a list or a batch read shows of a resource otherwise than its own read, and what it lacks."""
    if not isinstance(item, Mapping) or answer is None:
        return
    expectation = Expectation(client.resource, client.equality)
    for name, value in expectation.stable(read.json).items():
        field = client.resource.fields.get(name)
        if name not in item or (field is not None and not field.answered):
            continue
        for difference in list(client.equality.differences(value, item[name]))[:1]:
            happened = (
                f"{name}{difference.pointer} is {show_value(difference.expected)} in the read of the resource,"
                f" {show_value(difference.found)} here"
            )
            exchanges = exchanges_of(made, read, answer)
            yield Breach(answer.operation, happened, exchanges, subject=f"/{name}")


CHECKS = (
    Check(
        name="read-equals-write",
        kind="round-trip",
        promise="A resource is read as the answer of its write showed it",
        origin=_GET,
        run=_read_equals_write,
    ),
    Check(
        name="reading-changes-nothing",
        kind="round-trip",
        promise="Two reads in a row have the same representation",
        origin="RFC 9110, section 9.2.1: GET is safe",
        run=_reading_changes_nothing,
    ),
    Check(
        name="lists-equal-reads",
        kind="round-trip",
        promise="Lists and batch reads show a resource as its own read does",
        origin=_GET,
        run=_lists_equal_reads,
    ),
)
