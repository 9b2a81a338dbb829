"""Collections: pages hold each item once and keep their limit, entries are what a read shows, totals are true.

``cursors.py``, ``filters.py``, ``sorting.py`` and ``batch_reads.py`` have the other checks of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.pages import ListPage, PageReader, Walk, entry_schema
from homeport.contract.checks.collections.population import Population, required_values
from homeport.contract.checks.collections.walks import (
    list_queries,
    list_readers,
    seen_twice,
    tried_limits,
    walk_once,
    walk_whole,
    walks_of,
    written_query,
    written_walk,
)
from homeport.contract.checks.equality import Equality
from homeport.contract.checks.expectation import answer_schema
from homeport.contract.checks.session import Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.names import is_envelope
from homeport.contract.rest.resource import Resource

_MOST_MADE = 30
_REJECTIONS = (401, 403, 429)
# A count may be that of the page, unless its description says otherwise.
_OF_ALL = re.compile(r"\b(in all|altogether|overall|(on|of|over|across) (all|every)( the)? pages?)\b", re.IGNORECASE)
_TOTALS = frozenset(("total", "totalcount", "totalitems", "totalelements", "totalresults"))

# Pages


def _keeps_limit(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        limit = reader.listing.limit
        for walk in walks_of(session, reader, population):
            over = next((page for page in walk.pages if walk.limit and len(page.entries) > walk.limit), None)
            if over is not None and limit is not None:
                happened = f"{limit.parameter}={walk.limit} was answered with {len(over.entries)} entries"
                yield Breach(reader.listing.operation, happened, [over.exchange], f"?{limit.parameter}")


def _each_once(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        for query, ids in list_queries(reader, population):
            whole = walk_whole(session, reader, query, ids)
            yield from _find_missing(reader, population, whole, ids)
            yield from _find_repeated(reader, whole)
            # A list without a promised order may have another one for each size of its pages.
            for limit in tried_limits(reader, len(whole.ids), filtered=bool(query)):
                walk = walk_once(session, reader, query, limit)
                yield from _not_a_page(reader, walk)
                yield from _find_repeated(reader, walk)
                yield from _find_skipped(reader, whole, walk, [one for one in ids if one in whole.ids])


def _find_missing(reader: PageReader, population: Population, whole: Walk, ids: Sequence[str]) -> Iterator[Breach]:
    lost = [one for one in ids if one not in whole.ids]
    strict = reader.listing.operation.path == reader.resource.collection and not reader.listing.required
    if not whole.complete or not lost or (len(lost) == len(ids) and not strict and not whole.ids):
        return
    made = next(one for one in population.made if population.id_of(one) == lost[0])
    happened = f"{lost[0]!r} was made, and is on none of the pages{written_query(whole.query)}"
    yield Breach(reader.listing.operation, happened, [made.answer.exchange, *whole.exchanges()], whole.subject)


def _find_repeated(reader: PageReader, walk: Walk) -> Iterator[Breach]:
    twice = next((one for one in walk.ids if walk.ids.count(one) > 1), None)
    if twice is not None:
        first, second, *_ = walk.pages_with(twice)
        pages = [page.exchange for page in walk.pages[first : second + 1]]
        where = "twice on one page" if first == second else f"on page {first + 1} and on page {second + 1}"
        yield Breach(
            reader.listing.operation,
            f"{twice!r} is {where}{written_walk(reader, walk)}",
            pages,
            walk.subject,
        )


def _not_a_page(reader: PageReader, walk: Walk) -> Iterator[Breach]:
    if walk.failed is None:
        return
    if walk.pages:
        happened = f"the way on from page {len(walk.pages)} was answered with {walk.failed.status}"
        yield Breach(
            reader.listing.operation,
            happened + written_walk(reader, walk),
            walk.exchanges()[-2:],
            walk.subject,
        )
    elif walk.failed.status not in _REJECTIONS:
        happened = f"a page{written_walk(reader, walk)} was answered with {walk.failed.status}"
        yield Breach(reader.listing.operation, happened, walk.exchanges(), walk.subject)


def _find_skipped(reader: PageReader, whole: Walk, walk: Walk, ids: Sequence[str]) -> Iterator[Breach]:
    seen = set(walk.ids)
    order = [one for one in whole.ids if one in seen]
    if walk.failed is not None or walk.loops:
        return
    if walk.complete:
        lost = [one for one in whole.ids if one in ids and one not in seen]
    elif order == list(walk.ids) and order:
        # So far the walk has the order of the whole list, so that a gap is a loss.
        lost = [one for one in whole.ids[: whole.ids.index(order[-1])] if one in ids and one not in seen]
    else:
        lost = []
    if lost:
        happened = f"{lost[0]!r} is in the list, and on none of the pages{written_walk(reader, walk)}"
        yield Breach(reader.listing.operation, happened, _gap(whole, walk, lost[0]), walk.subject)


def _gap(whole: Walk, walk: Walk, lost: str) -> list[HttpExchange]:
    """Return the page that has an id, and those two of a walk between which it is missing, or the whole walk."""
    shown = whole.pages[next(whole.pages_with(lost))].exchange
    before = [one for one in whole.ids[: whole.ids.index(lost)] if one in walk.ids]
    after = [one for one in whole.ids[whole.ids.index(lost) :] if one in walk.ids]
    if before:
        first = next(walk.pages_with(before[-1]))
        last = next(walk.pages_with(after[0])) if after else len(walk.pages) - 1
        if first <= last:
            return [shown, *(page.exchange for page in walk.pages[first : last + 1])]
    return [shown, *walk.exchanges()]


def _come_to_an_end(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        for walk in walks_of(session, reader, population):
            if walk.loops:
                happened = f"page {len(walk.pages)} leads back to an earlier page{written_walk(reader, walk)}"
                yield Breach(reader.listing.operation, happened, walk.exchanges(), walk.subject)


def _keeps_default(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        limit = reader.listing.limit
        if limit is None or limit.default is None:
            continue
        page = reader.read({})
        if isinstance(page, ListPage) and len(page.entries) <= limit.default < _MOST_MADE and population.made:
            page = _fill(session, reader, population, limit.default + 1) or page
        if isinstance(page, ListPage) and len(page.entries) > limit.default:
            happened = (
                f"without {limit.parameter}, whose default is {limit.default}, it had {len(page.entries)} entries"
            )
            yield Breach(reader.listing.operation, happened, [page.exchange], f"?{limit.parameter}")


def _fill(session: Session, reader: PageReader, population: Population, count: int) -> ListPage | None:
    """Make resources until a list has ``count`` entries, and return its first page."""
    there = len(walk_whole(session, reader, {}, ()).ids)
    for _ in range(count - there):
        if session.make(reader.resource, **required_values(reader)) is None:
            return None
    page = reader.read({})
    return page if isinstance(page, ListPage) else None


# Entries and totals


def _entries_are_reads(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.read is None or not resource.id_property:
        return
    reads: dict[str, Answer] = {}
    for reader, population in list_readers(session, resource):
        schema = entry_schema(reader.listing, session.model.document)
        # Indexes have copies of their own, so each list of a filter is compared.
        for query, ids in list_queries(reader, population):
            whole = walk_whole(session, reader, query, ids)
            for made in [one for one in population.made if population.id_of(one) in ids][:3]:
                id_ = population.id_of(made)
                if id_ not in reads:
                    reads[id_] = session.client.send(resource.read, made.path)
                yield from _other_than_read(reader, whole, id_, reads[id_], schema)


def _other_than_read(
    reader: PageReader, whole: Walk, id_: str, read: Answer, schema: Mapping[str, Any]
) -> Iterator[Breach]:
    entry = next((one for one in whole.entries if reader.id_of(one) == id_), None)
    if not isinstance(entry, dict) or read.status != 200 or not isinstance(read.json, dict):
        return
    for name in _other_names(entry, read.json, schema):
        listed = f"as {entry[name]!r}" if name in entry else "without it"
        happened = f"{name} of {id_!r} is read as {read.json[name]!r} and listed {listed}{written_query(whole.query)}"
        page = whole.pages[next(whole.pages_with(id_))].exchange
        yield Breach(reader.listing.operation, happened, [page, read.exchange], f"/{name}")


def _other_names(entry: Mapping[str, Any], read: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the properties that an entry has otherwise than the read, and those that it lacks by its schema."""
    listed = schema.get("properties", {})
    for name, value in read.items():
        lacks = name not in entry and name in listed and value is not None
        if lacks or (name in entry and entry[name] != value):
            yield name


def _totals_are_true(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        for query, ids in list_queries(reader, population):
            whole = walk_whole(session, reader, query, ids)
            limits = tried_limits(reader, len(whole.ids), filtered=True)
            walks = [whole, *(walk_once(session, reader, query, one) for one in limits[:1])]
            if not whole.complete:
                continue
            for page in [page for walk in walks for page in walk.pages[:1]]:
                yield from _wrong_total(reader, page, whole, session.model.document)


def _wrong_total(reader: PageReader, page: ListPage, whole: Walk, document: Mapping[str, Any]) -> Iterator[Breach]:
    for name, value, words in (*_page_properties(page.answer, Equality(document)), *_page_headers(page.answer)):
        plain = name.replace("_", "").replace("-", "").lower().removeprefix("x")
        is_total = plain in _TOTALS or (plain == "count" and _OF_ALL.search(words) is not None)
        if is_total and isinstance(value, int) and value != len(whole.ids):
            happened = f"{name} is {value}, and the list{written_query(whole.query)} has {len(whole.ids)} entries"
            yield Breach(reader.listing.operation, happened, [page.exchange, *whole.exchanges()], f"/{name}")
        elif plain == "count" and isinstance(value, int) and value not in (len(page.entries), len(whole.ids)):
            happened = f"{name} is {value}, and the page has {len(page.entries)} entries, the list {len(whole.ids)}"
            yield Breach(reader.listing.operation, happened, [page.exchange, *whole.exchanges()], f"/{name}")


def _page_headers(answer: Answer) -> Iterator[tuple[str, Any, str]]:
    """Yield the numbers in a page's documented headers, such as X-Total-Count, with the document's descriptions."""
    documented = answer.operation.responses.get(str(answer.status), {}).get("headers")
    for name, header in documented.items() if isinstance(documented, Mapping) else ():
        text = answer.header(name)
        if text.isdecimal():
            yield name, int(text), str(header.get("description", "")) if isinstance(header, Mapping) else ""


def _page_properties(answer: Answer, equality: Equality) -> Iterator[tuple[str, Any, str]]:
    """Yield the properties of a page, and those of objects in it that tell of it, with the document's descriptions."""
    schema = answer_schema(answer)
    for name, value in answer.json.items() if isinstance(answer.json, dict) else ():
        own = equality.property_schema(schema, name)
        yield name, value, _description(equality, own)
        if isinstance(value, dict) and is_envelope(name):
            for inner, one in value.items():
                yield inner, one, _description(equality, equality.property_schema(own, inner))


def _description(equality: Equality, schema: Any) -> str:
    return " ".join(str(part.get("description", "")) for part in equality.parts(schema))


CHECKS = (
    Check(
        name="pages-hold-each-item-once",
        kind="collections",
        promise="The pages of a list together hold each resource once, whatever their limit",
        origin="the document: the cursor of a page leads to the next one",
        run=seen_twice(_each_once),
    ),
    Check(
        name="page-keeps-its-limit",
        kind="collections",
        promise="A page has no more entries than its limit",
        origin="the document: the limit of a page",
        run=seen_twice(_keeps_limit),
    ),
    Check(
        name="pages-come-to-an-end",
        kind="collections",
        promise="A list whose pages are read one after the other comes to its end",
        origin="the document: the last page leads to no other",
        run=seen_twice(_come_to_an_end),
    ),
    Check(
        name="entry-is-what-a-read-shows",
        kind="collections",
        promise="The entry of a list has the values that a read of the resource has",
        origin="RFC 9110, section 9.3.1: GET transfers the current representation",
        run=seen_twice(_entries_are_reads),
    ),
    Check(
        name="total-is-true",
        kind="collections",
        promise="The number that a list says it has is the number of its entries",
        origin="the document: the property of the page with the number",
        run=seen_twice(_totals_are_true),
    ),
    Check(
        name="page-keeps-its-default-limit",
        kind="collections",
        promise="Without a limit a page has no more entries than the limit's default",
        origin="OpenAPI 3.0.3, schema object: the default is what the server assumes",
        run=_keeps_default,
    ),
)
