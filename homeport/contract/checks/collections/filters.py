"""Collections: a filter selects exactly the resources that have its value, and lists follow writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.pages import PageReader, Walk, entry_schema
from homeport.contract.checks.collections.population import (
    Population,
    filter_values,
    listed_id,
    reader_of,
    required_values,
    shows,
)
from homeport.contract.checks.collections.walks import (
    list_readers,
    seen_twice,
    tried_limits,
    walk_once,
    walk_whole,
    written_query,
)
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Filter, Resource

_MOST_VALUES = 3
_RETRIES = 5
_PAUSE = 0.25


def _selects(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        for filter in reader.listing.filters:
            for value in _values(session, population, filter):
                yield from _selects_value(session, reader, population, filter, value)
            yield from _unknown_value(session, reader, filter)
        yield from _selects_both(session, reader, population)


def _values(session: Session, population: Population, filter: Filter) -> list[Any]:
    there = list(population.values(filter.field))
    allowed = [one for one in filter_values(session, filter) if one not in there]
    return (there + allowed)[:_MOST_VALUES]


def _selects_value(
    session: Session, reader: PageReader, population: Population, filter: Filter, value: Any
) -> Iterator[Breach]:
    query = {filter.parameter: value}
    expected = [
        population.id_of(one)
        for one in population.having(filter.field, value)
        if _fits(reader, population, one, filter)
    ]
    whole = walk_whole(session, reader, query, expected)
    limits = tried_limits(reader, len(whole.ids), filtered=True)
    for walk in (whole, *(walk_once(session, reader, query, limit) for limit in limits[-1:])):
        yield from _strangers(reader, walk, {filter.field: value})
    lost = [one for one in expected if one not in whole.ids]
    if whole.complete and lost and (whole.ids or len(lost) < len(population.made)):
        made = next(one for one in population.made if population.id_of(one) == lost[0])
        happened = f"{lost[0]!r} was made with {filter.field} {value!r}, and is not in the list{written_query(query)}"
        yield Breach(reader.listing.operation, happened, [made.answer.exchange, *whole.exchanges()], _subject(filter))
        return
    yield from _left_out(session, reader, filter, value, whole)


def _fits(reader: PageReader, population: Population, made: Made, filter: Filter) -> bool:
    """Return whether a resource has the values that a list requires of other parameters."""
    others = [one for one in reader.listing.filters if one.parameter in reader.required and one is not filter]
    return all(made in population.having(one.field, reader.required[one.parameter]) for one in others)


def _strangers(reader: PageReader, walk: Walk, wanted: Mapping[str, Any]) -> Iterator[Breach]:
    for number, page in enumerate(walk.pages):
        for entry in page.entries:
            for name, value in wanted.items():
                if isinstance(entry, dict) and name in entry and not _same(entry[name], value):
                    where = f" on page {number + 1}" if number else ""
                    happened = f"the list{written_query(walk.query)} has {reader.id_of(entry)!r}{where}, "
                    happened += f"whose {name} is {entry[name]!r}"
                    first = walk.pages[max(number - 1, 0)].exchange
                    exchanges = [first, page.exchange] if number else [page.exchange]
                    yield Breach(reader.listing.operation, happened, exchanges, walk.subject)
                    return


def _left_out(session: Session, reader: PageReader, filter: Filter, value: Any, whole: Walk) -> Iterator[Breach]:
    """Yield a resource that the plain list shows with a value, and the list of that value lacks."""
    if filter.parameter in reader.listing.required or not whole.complete:
        return
    plain = walk_whole(session, reader, {}, ())
    for entry in plain.entries:
        if isinstance(entry, dict) and entry.get(filter.field) == value and reader.id_of(entry) not in whole.ids:
            page = plain.pages[next(plain.pages_with(reader.id_of(entry)))].exchange
            happened = f"{reader.id_of(entry)!r} has {filter.field} {value!r} in the plain list, and is not in the one"
            happened += written_query(whole.query)
            yield Breach(reader.listing.operation, happened, [page, *whole.exchanges()], _subject(filter))
            return


def _unknown_value(session: Session, reader: PageReader, filter: Filter) -> Iterator[Breach]:
    allowed = filter_values(session, filter)
    kind = filter.schema.get("type", "string")
    if kind != "string":
        return
    # An empty value of a query often stands for none.
    least = max(1, filter.schema.get("minLength", 0))
    value = "no-such-value" if allowed else session.values.valid({**filter.schema, "minLength": least})
    if not value:
        return
    page = reader.read({filter.parameter: value})
    answer = page if isinstance(page, Answer) else page.answer
    if answer.status >= 500:
        happened = f"{filter.parameter}={value} was answered with {answer.status}"
        yield Breach(reader.listing.operation, happened, [answer.exchange], _subject(filter))
    elif not isinstance(page, Answer):
        wrong = [one for one in page.entries if isinstance(one, dict) and one.get(filter.field, value) != value]
        if wrong:
            happened = f"the list{written_query({filter.parameter: value})} has {len(wrong)} entries with another "
            happened += f"{filter.field}, such as {reader.id_of(wrong[0])!r} with {wrong[0][filter.field]!r}"
            yield Breach(reader.listing.operation, happened, [page.exchange], _subject(filter))


def _selects_both(session: Session, reader: PageReader, population: Population) -> Iterator[Breach]:
    filters = [one for one in reader.listing.filters if population.values(one.field)]
    for first, second in pairwise(filters):
        wanted = {one.field: population.values(one.field)[0] for one in (first, second)}
        query = {one.parameter: wanted[one.field] for one in (first, second)}
        both = [one for one in population.made if all(shows(one, name) == value for name, value in wanted.items())]
        walk = walk_whole(session, reader, query, [population.id_of(one) for one in both])
        yield from _strangers(reader, walk, wanted)
        lost = [one for one in both if population.id_of(one) not in walk.ids]
        if walk.complete and lost and not reader.listing.required:
            happened = f"{population.id_of(lost[0])!r} has both values, and is not in the list{written_query(query)}"
            yield Breach(reader.listing.operation, happened, [lost[0].answer.exchange, *walk.exchanges()], walk.subject)


# Writes


def _follows_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    for listing in resource.listings:
        made = session.make(resource)
        reader = reader_of(session, resource, listing, made)
        if made is None or reader is None:
            continue
        id_ = listed_id(resource, made)
        shown, _ = await_list(reader, {}, _has(id_))
        if not shown:
            session.note_untested(f"{listing.operation.id} shows no new {resource.name}")
            continue
        exchanges = [made.answer.exchange]
        yield from _change_entry(session, reader, made, id_, exchanges)
        moving = [one for one in listing.filters if one.parameter not in (*listing.required, *listing.defaults)]
        # The reader asks for the value of a default that the resource began with: a move away from it comes last.
        by_default = [one for one in listing.filters if one.parameter in listing.defaults]
        for filter in (*moving, *by_default[:1]):
            yield from _move(session, reader, made, id_, filter, exchanges)
        yield from _delete(session, reader, made, id_, exchanges)


def await_list(
    reader: PageReader, query: Mapping[str, Any], wanted: Callable[[Walk], bool]
) -> tuple[bool, list[HttpExchange]]:
    """Return whether a list comes to be as wanted within a moment, and the exchanges of its last walk."""
    limit = reader.listing.limit
    largest = None if limit is None else limit.maximum or max(limit.default or 0, 50)
    walk = reader.walk(query, largest)
    for _ in range(_RETRIES):
        if wanted(walk) or walk.failed is not None or not walk.complete:
            break
        time.sleep(_PAUSE)
        walk = reader.walk(query, largest)
    return wanted(walk) or walk.failed is not None or not walk.complete, walk.exchanges()


def write_property(
    session: Session, resource: Resource, made: Made, name: str, value: Any, kept: Mapping[str, Any] | None = None
) -> Answer | None:
    """Give a property another value by PATCH or PUT; None where neither does it.

    ``kept`` are the properties by which a list shows the resource: PUT sends them with the values that they have.
    """
    field = resource.fields.get(name)
    for operation in (resource.change, resource.replace):
        if operation is None or field is None or operation.id not in field.written:
            continue
        if operation is resource.change:
            body: Any = {name: value}
        else:
            body = session.body(operation, resource, **{**(kept or {}), name: value})
            if isinstance(body, dict) and resource.id_property in body:
                body = {**body, resource.id_property: made.id}
        answer = session.client.send(operation, made.path, body=body)
        if answer.ok:
            return answer
    return None


def _move(
    session: Session, reader: PageReader, made: Made, id_: str, filter: Filter, exchanges: list[HttpExchange]
) -> Iterator[Breach]:
    old = shows(made, filter.field)
    choices = filter_values(session, filter) or [session.values.valid(filter.schema) for _ in range(3)]
    for value in [one for one in choices if one != old][:2]:
        answer = write_property(session, reader.resource, made, filter.field, value, required_values(reader))
        if answer is None:
            return
        exchanges.append(answer.exchange)
        there, seen = await_list(reader, {filter.parameter: value}, _has(id_))
        if not there:
            happened = f"{id_!r} was given {filter.field} {value!r}, and is not in the list with it"
            yield Breach(reader.listing.operation, happened, [*exchanges, *seen], _subject(filter))
        gone, seen = await_list(reader, {filter.parameter: old}, _lacks(id_))
        if old is not None and not gone:
            happened = f"{id_!r} has {filter.field} {value!r} now, and is still in the list with {old!r}"
            yield Breach(reader.listing.operation, happened, [*exchanges, *seen], _subject(filter))
        return


def _change_entry(
    session: Session, reader: PageReader, made: Made, id_: str, exchanges: list[HttpExchange]
) -> Iterator[Breach]:
    """Yield a property that a list shows as it was before a write."""
    resource = reader.resource
    listed = entry_schema(reader.listing, session.model.document).get("properties", {})
    filtered = {one.field for one in reader.listing.filters} | {resource.id_property}
    for name in sorted(set(listed) & set(resource.fields) - filtered):
        value = session.values.valid(resource.fields[name].schema)
        if value is None or value == shows(made, name):
            continue
        answer = write_property(session, resource, made, name, value, required_values(reader))
        shown = answer.json.get(name) if answer is not None and isinstance(answer.json, dict) else None
        if answer is None or shown is None or shown == shows(made, name):
            continue
        exchanges.append(answer.exchange)
        there, seen = await_list(reader, {}, _shows(reader, id_, name, shown))
        if not there:
            happened = f"{name} of {id_!r} was set to {shown!r}, and the list still shows another value"
            yield Breach(reader.listing.operation, happened, [*exchanges, *seen], f"/{name}")
        return


def _has(id_: str) -> Callable[[Walk], bool]:
    return lambda walk: id_ in walk.ids


def _lacks(id_: str) -> Callable[[Walk], bool]:
    return lambda walk: id_ not in walk.ids


def _shows(reader: PageReader, id_: str, name: str, value: Any) -> Callable[[Walk], bool]:
    def check(walk: Walk) -> bool:
        found = next((one for one in walk.entries if reader.id_of(one) == id_), None)
        return isinstance(found, dict) and found.get(name) == value

    return check


def _delete(
    session: Session, reader: PageReader, made: Made, id_: str, exchanges: list[HttpExchange]
) -> Iterator[Breach]:
    resource = reader.resource
    if resource.delete is None:
        return
    answer = session.client.send(resource.delete, made.path)
    if not answer.ok:
        return
    exchanges = [*exchanges[:1], answer.exchange]
    for query in [{}, *_last_values(session, reader, made)]:
        gone, seen = await_list(reader, query, _lacks(id_))
        if not gone:
            happened = f"{id_!r} was deleted, and is still in the list{written_query(query)}"
            yield Breach(reader.listing.operation, happened, [*exchanges, *seen], "".join(f"?{one}" for one in query))
            return


def _last_values(session: Session, reader: PageReader, made: Made) -> Sequence[Mapping[str, Any]]:
    return [
        {filter.parameter: value}
        for filter in reader.listing.filters
        for value in (filter_values(session, filter)[:_MOST_VALUES] or [shows(made, filter.field)])
        if value is not None and filter.parameter not in reader.listing.required
    ]


def _same(found: Any, wanted: Any) -> bool:
    return bool(found == wanted or str(found) == str(wanted))


def _subject(filter: Filter) -> str:
    return f"?{filter.parameter}"


CHECKS = (
    Check(
        name="filter-keeps-its-word",
        kind="collections",
        promise="A filter selects the resources that have its value, all of them and no others",
        origin="the document: the filter is named like the property",
        run=seen_twice(_selects),
    ),
    Check(
        name="list-follows-writes",
        kind="collections",
        promise="A list shows a resource as the last write left it: under its new values, and not after its deletion",
        origin="RFC 9110, section 9.3.1: GET transfers the current representation",
        run=_follows_writes,
    ),
)
