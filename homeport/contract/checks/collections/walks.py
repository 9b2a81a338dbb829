"""Walks through the lists of a resource, each made once in a run: at several limits, plain and filtered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from homeport.contract.checks.check import Breach
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.collections.population import Population, population_of, reader_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource

MOST_PAGES = 16
_RETRIES = 4
# A document may allow any number up to the largest integer.
_LARGEST_PAGE = 1000
_PAUSE = 0.25
_WALK = "walk/"

Run = Callable[[Session, Resource], Iterable[Breach]]


def seen_twice(run: Run) -> Run:
    """Return a check of lists that looks again, by new walks, before it says that something is wrong.

    What an earlier check saw of a list may have been true then: an order that was placed since takes from a stock.
    """

    @wraps(run)
    def look_again(session: Session, resource: Resource) -> Iterator[Breach]:
        found = {(one.operation.id, one.subject) for one in run(session, resource)}
        if found:
            for key in [one for one in session.shared if one.startswith(_WALK)]:
                del session.shared[key]
            yield from (one for one in run(session, resource) if (one.operation.id, one.subject) in found)

    return look_again


def list_readers(session: Session, resource: Resource) -> Iterator[tuple[PageReader, Population]]:
    """Yield the reader of each list of a resource, with the population of resources that the lists show."""
    if not resource.listings:
        return
    population = population_of(session, resource)
    for listing in resource.listings:
        reader = reader_of(session, resource, listing, population.made[0] if population.made else None)
        if reader is not None:
            yield reader, population.below(reader.path)


def walk_once(
    session: Session, reader: PageReader, query: Mapping[str, Any], limit: int | None, *, again: bool = False
) -> Walk:
    """Return a walk; one that an earlier check made is not made again, unless it is wanted ``again``."""
    key = f"{_WALK}{session.round}/{reader.listing.operation.id}/{reader.path}/{sorted(query.items())}/{limit}"
    if again or key not in session.shared:
        session.shared[key] = reader.walk(query, limit, MOST_PAGES)
    found: Walk = session.shared[key]
    return found


def walk_whole(
    session: Session, reader: PageReader, query: Mapping[str, Any], expected: Sequence[str], *, again: bool = False
) -> Walk:
    """Return the walk with the largest pages. It is repeated for a moment while it lacks an id."""
    limit = reader.listing.limit
    largest = None if limit is None else min(limit.maximum or max(limit.default or 0, 50), _LARGEST_PAGE)
    walk = walk_once(session, reader, query, largest, again=again)
    for _ in range(_RETRIES):
        if set(expected) <= set(walk.ids) or not walk.complete:
            break
        time.sleep(_PAUSE)
        walk = walk_once(session, reader, query, largest, again=True)
    return walk


def walks_of(session: Session, reader: PageReader, population: Population) -> Iterator[Walk]:
    """Yield the walks through a list: plain, filtered and in each order, at several limits."""
    for query, ids in list_queries(reader, population):
        whole = walk_whole(session, reader, query, ids)
        yield whole
        for limit in tried_limits(reader, len(whole.ids), filtered=bool(query)):
            yield walk_once(session, reader, query, limit)


def list_queries(reader: PageReader, population: Population) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Yield queries, each with the ids of the population that its list has: plain, of filters, and of orders."""
    required = reader.required
    chosen = [one for one in reader.listing.filters if one.parameter in required]
    ids = [
        population.id_of(one)
        for one in population.made
        if all(one in population.having(filter.field, required[filter.parameter]) for filter in chosen)
    ]
    yield {}, tuple(ids)
    for filter in reader.listing.filters:
        values = population.values(filter.field)
        if values and filter.parameter not in required:
            found = [population.id_of(one) for one in population.having(filter.field, values[0])]
            yield {filter.parameter: values[0]}, tuple(one for one in found if one in ids)
    for sort in reader.listing.sorts:
        if sort.parameter:
            yield {sort.parameter: sort.value}, tuple(ids)


def tried_limits(reader: PageReader, count: int, *, filtered: bool) -> list[int]:
    """Return the limits at which a list of ``count`` entries is read; none where it has no limit."""
    limit = reader.listing.limit
    if limit is None:
        return []
    wanted = [1, 2] if filtered else [1, 2, 3, count]
    least, most = limit.minimum or 1, limit.maximum or _LARGEST_PAGE
    return sorted({min(max(one, least), most) for one in wanted if one > 0})


def written_query(query: Mapping[str, Any]) -> str:
    """Return a query as a sentence has it, with a space before it; empty for none."""
    return f" with {' and '.join(f'{name}={value}' for name, value in query.items())}" if query else ""


def written_walk(reader: PageReader, walk: Walk) -> str:
    """Return the query of a walk with its limit, as a sentence has it."""
    limit = reader.listing.limit
    sized = {limit.parameter: walk.limit} if limit is not None and walk.limit is not None else {}
    return written_query({**walk.query, **sized})
