"""Round trip: what is sent comes back, in the answer of the write and in every later read, to the last character."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import ValueDifference, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.ordered_pairs import in_order
from homeport.contract.rest.resource import NO_DEFAULT, Field, Resource
from homeport.project.model import Operation

_ROWS = 10
"""The most bodies that one operation gets in a round, each with another telling value of every property."""
_FIRST_ROWS = 15
"""The same for the operation that creates: what it keeps is kept by the code that all of them share."""


_SECRET = re.compile(r"passw(or)?d|passphrase|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Change:
    """A difference between what was sent and what came back. ``place`` is where: in the write's answer, or the read."""

    write: Operation
    place: Literal["answer", "read"]
    difference: ValueDifference
    exchanges: tuple[HttpExchange, ...]


def _values_are_kept(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    found: defaultdict[str, list[_Change]] = defaultdict(list)
    writes = [one for one in (resource.create, resource.replace, resource.change) if one is not None]
    for write in writes:
        seen: set[tuple[str, str]] = set()
        for change in _round_trips(client, write):
            name = change.difference.pointer.split("/")[1]
            if (name, change.place) not in seen:
                seen.add((name, change.place))
                found[name].append(change)
    for name, changes in found.items():
        yield _breach_of(resource, name, changes, len(writes))


def _round_trips(client: ResourceClient, write: Operation) -> Iterator[_Change]:
    """Yield what comes back changed of the values that a write gets."""
    rows = telling_rows(client, write)
    made: Made | None = None
    for row in rows:
        if write is client.resource.create:
            for new in _create(client, write, row):
                yield from _changes(client, new.path, write, new.sent, new.answer, ())
            continue
        made = made or client.make()
        if made is None:
            return
        for part in _parts(row):
            body = client.body(write, made.path, **part) if write is client.resource.replace else part
            answer = client.write(write, made.path, body)
            if answer.ok:
                yield from _changes(client, made.path, write, body, answer, (made.answer.exchange,))
                if part is row:
                    break
            elif answer.status in (404, 409, 412):
                break


def _create(client: ResourceClient, write: Operation, row: Mapping[str, Any]) -> Iterator[Made]:
    """Yield a resource that has the values of a row, or one for each half of it that the API takes."""
    for part in _parts(row):
        made = client.make(**part)
        if made is not None and made.answer.operation is write:
            yield made
            if part is row:
                return


def _parts(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a row, and its halves, for the case that the API refuses it."""
    yield row
    if len(row) > 1:
        names = list(row)
        yield {name: row[name] for name in names[: len(names) // 2]}
        yield {name: row[name] for name in names[len(names) // 2 :]}


def telling_rows(client: ResourceClient, write: Operation) -> list[dict[str, Any]]:
    """Return bodies that have telling values of several properties at once."""
    session, columns = client.session, dict[str, list[Any]]()
    for name, field in Expectation(client.resource, client.equality).kept_fields(write).items():
        schema = client.sent_schema(write, name) or field.schema
        if client.is_bound(name, schema):
            continue
        values = [value for value in session.values.telling(schema, name) if session.values.is_valid(value, schema)]
        if write is client.resource.change:
            # Null in a merge patch removes: methods.py looks at that.
            values = [value for value in values if not _has_null(value)]
        if values:
            columns[name] = values
    longest = max(map(len, columns.values()), default=0)
    most = _FIRST_ROWS if write is client.resource.create else _ROWS
    first, count = session.round * most % max(longest, 1), min(longest, most)
    rows = [
        {name: values[(first + number) % len(values)] for name, values in columns.items()} for number in range(count)
    ]
    return [in_order(row, lambda _: True) for row in rows]


def _has_null(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_null, value.values()))
    return value is None


def _changes(
    client: ResourceClient,
    path: Mapping[str, Any],
    write: Operation,
    sent: Any,
    answer: Answer,
    before: Sequence[HttpExchange],
) -> Iterator[_Change]:
    if not isinstance(sent, Mapping):
        return
    expectation = Expectation(client.resource, client.equality)
    expected, is_merged = expectation.after(write, sent, whole=False), write is client.resource.change
    for difference in expectation.differences(expected, answer, is_merged=is_merged):
        yield _Change(write, "answer", difference, (*before, answer.exchange))
    read = client.read(path)
    if read is not None:
        for difference in expectation.differences(expected, read, is_merged=is_merged):
            yield _Change(write, "read", difference, (*before, answer.exchange, read.exchange))


def _breach_of(resource: Resource, name: str, changes: list[_Change], writes: int) -> Breach:
    """Return the one breach of a property: where all writes lose it in the same place, it names the first."""
    first, operation = changes[0], changes[0].write
    if all(one.place == "read" for one in changes) and len(changes) == writes > 1 and resource.read is not None:
        operation = resource.read
    pointer, sent, found = first.difference
    where = "the write's own answer has" if first.place == "answer" else "the read after it has"
    others = dict.fromkeys(one.write.method for one in changes if one.write is not first.write)
    more = f"; so with {' and '.join(others)}" if others and operation is first.write else ""
    happened = f"{pointer} was sent as {show_value(sent)}, {where} {show_value(found)}{more}"
    return Breach(operation, happened, first.exchanges, subject=f"/{name}")


def _defaults_are_answered(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    expectation = Expectation(resource, client.equality)
    operation = resource.any_create
    if operation is None:
        return
    defaults = [name for name, one in expectation.kept_fields(operation).items() if one.default is not NO_DEFAULT]
    body = client.least(operation)
    if not defaults or body is None:
        return
    if not any(name not in body for name in defaults):
        session.note_untested("no property with a default can be left out")
        return
    made = _make_exactly(client, operation, body)
    if made is None:
        return
    read = client.read(made.path)
    for answer in (made.answer, *([read] if read is not None else [])):
        found = list(expectation.differences(expectation.after(operation, body, whole=True), answer))
        for pointer, default, value in found:
            name = pointer.split("/")[1]
            if name not in body:
                happened = f"{name} was left out, the answer has {show_value(value)} instead of {show_value(default)}"
                yield Breach(operation, happened, exchanges_of(made, answer), subject=f"/{name}")
        if found:
            return


def _make_exactly(client: ResourceClient, operation: Operation, body: dict[str, Any]) -> Made | None:
    """Make a resource with a body that has nothing else in it, None where the API refuses."""
    session, resource = client.session, client.resource
    pattern = client.make()
    if pattern is None:
        return None
    if operation is resource.create:
        if resource.id_property in body:
            body[resource.id_property] = session.values.new_id(resource)
        answer = client.write(operation, _parents(resource, pattern), body)
        shown = answer.json
        id_ = shown.get(resource.id_property) if isinstance(shown, Mapping) else None
    else:
        id_ = session.values.new_id(resource)
        body.pop(resource.id_property, None)
        answer = client.write(operation, {**pattern.path, resource.id_parameter: id_}, body)
    if not answer.ok or id_ is None:
        session.note_untested(f"a body without optional properties was answered with {answer.status}")
        return None
    if not resource.item:
        return Made(pattern.path, body, answer, own_id=id_)
    return Made({**pattern.path, resource.id_parameter: id_}, body, answer)


def _parents(resource: Resource, made: Made) -> dict[str, Any]:
    return {name: value for name, value in made.path.items() if name != resource.id_parameter}


def _write_only_stays_hidden(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    hidden = [field.name for field in resource.fields.values() if field.write_only and _is_secret(client, field)]
    if not hidden or (made := client.make()) is None:
        return
    answers: list[Answer | None] = [made.answer, client.read(made.path)]
    for listing in resource.listings:
        query = client.list_query(listing, made.representation or {})
        if query is not None:
            answers.append(client.find_in_list(listing, [made.id], **query)[1])
    for answer in answers:
        for name in hidden:
            if answer is not None and f'"{name}"'.encode() in answer.body:
                happened = f"the answer has the write-only property {name}"
                yield Breach(answer.operation, happened, exchanges_of(made, answer), subject=f"/{name}")


def _is_secret(client: ResourceClient, field: Field) -> bool:
    """Return whether the document, or the name, says that a property is for requests only."""
    parts = client.equality.parts(field.schema)
    documented = any(part.get("writeOnly") or part.get("format") == "password" for part in parts)
    return documented or _SECRET.search(field.name) is not None


def _ids_are_kept(session: Session, resource: Resource) -> Iterator[Breach]:
    client, name = ResourceClient.of(session, resource), resource.id_property
    field = resource.fields.get(name)
    create = resource.create
    if create is None or not name or field is None:
        return
    if create.id in field.written:
        wanted = session.values.new_id(resource)
        made = client.make(**{name: wanted})
        if made is not None and made.answer.operation is create and isinstance(made.representation, Mapping):
            given = made.representation.get(name, wanted)
            if not client.equality.equal(wanted, given, field.schema):
                happened = f"{name} was sent as {show_value(wanted)}, the resource got {show_value(given)}"
                yield Breach(create, happened, [made.answer.exchange], subject=f"/{name}")
    if create.id in field.required:
        return
    least = client.least(create)
    if create.id not in field.written or least is None:
        one, other = client.make(), client.make()
    else:
        one, other = (_make_exactly(client, create, _without(least, name)) for _ in range(2))
    if one is not None and other is not None and one.id == other.id:
        happened = f"two creates without {name} both made {show_value(one.id)}"
        yield Breach(create, happened, exchanges_of(one, other), subject=f"/{name}")


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


CHECKS = (
    Check(
        name="values-are-kept",
        kind="round-trip",
        promise="A value that is sent comes back as it was sent, in the answer and in later reads",
        origin="RFC 9110, sections 9.3.3 and 9.3.4: the representation that was sent is the resource's state; the "
        "document names no change of the value",
        run=_values_are_kept,
    ),
    Check(
        name="defaults-are-answered",
        kind="round-trip",
        promise="A property that is left out has its documented default",
        origin="the keyword default of the property's schema",
        run=_defaults_are_answered,
    ),
    Check(
        name="write-only-stays-hidden",
        kind="round-trip",
        promise="No answer has a property that is writeOnly",
        origin="the keyword writeOnly of the property's schema (OpenAPI 3.0.3, Schema Object)",
        run=_write_only_stays_hidden,
    ),
    Check(
        name="ids-are-kept",
        kind="round-trip",
        promise="A resource has the id that its create named, and an id of its own where it named none",
        origin="RFC 9110, section 9.3.3: each created resource is identified by its own URI",
        run=_ids_are_kept,
    ),
)
