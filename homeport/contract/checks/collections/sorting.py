"""Collections: a list is sorted as its document says, over the borders of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.collections.population import Population
from homeport.contract.checks.collections.walks import list_readers, seen_twice, walks_of, written_query
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource, Sort
from homeport.contract.rest.shapes import value_at
from homeport.contract.rest.written_orders import NO_ORDER, begins_with_newest, made_times, words_of, written_sorts
from homeport.project.schema.references import resolve_map

_TIME = re.compile(r"\d{4}-\d\d-\d\dT")


def _is_sorted(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        for sort in reader.listing.sorts:
            for walk in _sorted_walks(session, reader, population, sort):
                found = find_disorder(walk.entries, sort)
                if found is not None:
                    yield _disorder_breach(reader, walk, sort, found)
        for sort, asked in written_sorts(session.model.document, reader.listing, resource):
            for walk in walks_of(session, reader, population):
                found = find_disorder(walk.entries, sort) if asked <= {*walk.query, *reader.required} else None
                if found is not None:
                    yield _disorder_breach(reader, walk, sort, found)


def _in_worded_order(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        for walk in walks_of(session, reader, population):
            descending = _worded_order(session, reader, walk)
            if descending is None:
                continue
            # "Newest" may go by any time that the service sets.
            fields = made_times(resource)
            found = [(name, find_disorder(walk.entries, Sort(name, descending))) for name in fields]
            if found and all(pair is not None for _, pair in found):
                name, pair = found[0]
                if pair is not None:
                    yield _disorder_breach(reader, walk, Sort(name, descending), pair)


def _worded_order(session: Session, reader: PageReader, walk: Walk) -> bool | None:
    """Return whether a walk begins with the newest, by the words of the document; None where they say nothing of it."""
    sorts = {one.parameter for one in reader.listing.sorts if one.parameter}
    if sorts & set(walk.query) or reader.listing.sorts:
        return None
    node: Any = value_at(session.model.document, reader.listing.operation.document_path)
    parameters = [resolve_map(one, session.model.document) for one in node.get("parameters", ())]
    asked = {**reader.required, **walk.query}
    worded = {str(one.get("name")): begins_with_newest(str(one.get("description", ""))) for one in parameters}
    for name in asked:
        if worded.get(name) is not None:
            return worded[name]
    if any(found is not None for found in worded.values()):
        return None
    if any(written_sorts(session.model.document, reader.listing, reader.resource)):
        return None
    words = words_of(session.model.document, reader.listing.operation)
    return None if NO_ORDER.search(words) else begins_with_newest(words)


def _sorted_walks(session: Session, reader: PageReader, population: Population, sort: Sort) -> Iterator[Walk]:
    """Yield the walks whose entries have an order: the one that asks for it, or all where the list always has it."""
    for walk in walks_of(session, reader, population):
        others = {one.parameter for one in reader.listing.sorts if one.parameter}
        if walk.query.get(sort.parameter) == sort.value if sort.parameter else not others & set(walk.query):
            yield walk


def _disorder_breach(reader: PageReader, walk: Walk, sort: Sort, pair: tuple[Any, Any]) -> Breach:
    first, second = (next(walk.pages_with(reader.id_of(one))) for one in pair)
    order = "descending" if sort.descending else "ascending"
    values = " is before ".join(repr(one[sort.field]) for one in pair)
    happened = f"{sort.field} {values}, though the list is {order}{written_query(walk.query)}"
    pages = [page.exchange for page in walk.pages[first : second + 1]]
    return Breach(reader.listing.operation, happened, pages, f"/{sort.field}")


def find_disorder(entries: Sequence[Any], sort: Sort) -> tuple[Any, Any] | None:
    """Return two neighbours in the wrong order, None where the list is sorted in one of the usual ways."""
    there = [one for one in entries if isinstance(one, dict) and one.get(sort.field) is not None]
    found: tuple[Any, Any] | None = None
    # Databases order text by its bytes or without its case; the document seldom says how.
    for fold in (False, True):
        keys = [_sort_key(one[sort.field], fold) for one in there]
        if sort.descending:
            wrong = [number for number, pair in enumerate(pairwise(keys)) if _is_before(*pair)]
        else:
            wrong = [number for number, pair in enumerate(pairwise(keys)) if _is_before(pair[1], pair[0])]
        if not wrong:
            return None
        found = there[wrong[0]], there[wrong[0] + 1]
    return found


def _sort_key(value: Any, fold: bool) -> Any:
    if not isinstance(value, str):
        return value
    if _TIME.match(value):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return value
    return value.casefold() if fold else value


def _is_before(one: Any, other: Any) -> bool:
    numbers = (int, float, Decimal)
    same = type(one) is type(other) or (isinstance(one, numbers) and isinstance(other, numbers))
    return bool(same and not isinstance(one, dict | list) and one < other)


CHECKS = (
    Check(
        name="list-is-sorted",
        kind="collections",
        promise="A list is in the order that its document names, from the first page to the last",
        origin="the document: the order of the operation or of its parameter",
        run=seen_twice(_is_sorted),
    ),
    Check(
        name="list-begins-with-the-newest",
        kind="collections",
        promise="A list whose document says newest first, or oldest first, is in that order on all pages",
        origin="the document: the description of the operation or its parameter",
        run=seen_twice(_in_worded_order),
    ),
)
