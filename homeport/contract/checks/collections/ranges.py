"""Collections: a range of a list has what lies inside of its bounds, and nothing that lies outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.collections.population import Population, shows
from homeport.contract.checks.collections.walks import (
    list_readers,
    seen_twice,
    tried_limits,
    walk_once,
    walk_whole,
    written_query,
)
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.ranges import is_decimal
from homeport.contract.rest.resource import Bound, Resource

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
Rank = Decimal | datetime
"""A value as its order is: a number, or a time."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Bounds of one property with the values that are sent for them."""

    values: tuple[tuple[Bound, Any], ...]

    @property
    def query(self) -> dict[str, Any]:
        """The query parameters."""
        return {bound.parameter: value for bound, value in self.values}

    @property
    def subject(self) -> str:
        """The parameters, as the subject of a finding."""
        return "".join(f"?{bound.parameter}" for bound, _ in self.values)

    def is_inside(self, value: Any) -> bool:
        """Return whether a value lies inside of every bound and is none of them."""
        return all(_compare(value, other, bound) > 0 for bound, other in self.values)

    def is_outside(self, value: Any) -> bool:
        """Return whether a value lies beyond a bound."""
        return any(_compare(value, other, bound) < 0 for bound, other in self.values)


def _keeps_bounds(session: Session, resource: Resource) -> Iterator[Breach]:
    if not any(one.bounds for one in resource.listings):
        return
    for reader, population in list_readers(session, resource):
        bounds = [one for one in reader.listing.bounds if one.parameter not in reader.required]
        sound = []
        for bound in bounds:
            found = next(_alone(session, reader, population, bound), None)
            if found is not None:
                yield found
            else:
                sound.append(bound)
        for least, most in product(sound, sound):
            if (least.side, most.side) == ("least", "most") and least.field == most.field:
                yield from _pair(session, reader, population, least, most)


def _alone(session: Session, reader: PageReader, population: Population, bound: Bound) -> Iterator[Breach]:
    for value in _pivots(session, bound, list(_find_shown(reader, population).values())):
        yield from _holds(session, reader, population, _Range(((bound, value),)))


def _find_shown(reader: PageReader, population: Population) -> dict[str, Made]:
    """Return the resources that a list shows, by id: those with the values that it requires of other parameters."""
    needed = [one for one in reader.listing.filters if one.parameter in reader.required]
    return {
        population.id_of(one): one
        for one in population.made
        if all(one in population.having(filter.field, reader.required[filter.parameter]) for filter in needed)
    }


def _pair(session: Session, reader: PageReader, population: Population, least: Bound, most: Bound) -> Iterator[Breach]:
    values = _distinct(least, list(_find_shown(reader, population).values()))
    if len(values) < 2 or not all(_fits(session, bound, one) for bound in (least, most) for one in values):
        return
    low, high = values[min(1, len(values) - 2)], values[-1]
    yield from _holds(session, reader, population, _Range(((least, low), (most, high))))
    turned = _Range(((least, high), (most, low)))
    page = reader.read(turned.query)
    answer, entries = (page, ()) if isinstance(page, Answer) else (page.answer, page.entries)
    if answer.status >= 500 or entries:
        happened = f"the list{written_query(turned.query)}, between which nothing lies, was answered with "
        happened += f"{answer.status}" + (f" and {reader.id_of(entries[0])!r}" if entries else "")
        yield Breach(reader.listing.operation, happened, [answer.exchange], turned.subject)


def _holds(session: Session, reader: PageReader, population: Population, range_: _Range) -> Iterator[Breach]:
    """Yield what a list lacks or has in spite of its bounds; one finding for a range."""
    field = range_.values[0][0].field
    shown = _find_shown(reader, population)
    inside = [id_ for id_, made in shown.items() if range_.is_inside(shows(made, field))]
    whole = walk_whole(session, reader, range_.query, inside)
    if whole.failed is not None and whole.failed.status >= 500:
        happened = f"the list{written_query(range_.query)} was answered with {whole.failed.status}"
        yield Breach(reader.listing.operation, happened, [whole.failed.exchange], range_.subject)
        return
    limits = tried_limits(reader, len(whole.ids), filtered=True)
    for walk in (whole, *(walk_once(session, reader, range_.query, limit) for limit in limits[:1])):
        if (found := _stranger(reader, walk, range_, field)) is not None:
            yield found
            return
        lost = [one for one in inside if one not in walk.ids]
        if walk.complete and lost:
            made = shown[lost[0]]
            happened = f"{lost[0]!r} was made with {field} {shows(made, field)!r}, and is not in the list"
            exchanges = [made.answer.exchange, *walk.exchanges()]
            yield Breach(reader.listing.operation, happened + written_query(range_.query), exchanges, range_.subject)
            return
    yield from _at_the_bound(reader, shown, whole, range_, field)


def _stranger(reader: PageReader, walk: Walk, range_: _Range, field: str) -> Breach | None:
    for page in walk.pages:
        for entry in page.entries:
            if isinstance(entry, dict) and field in entry and range_.is_outside(entry[field]):
                happened = f"the list{written_query(walk.query)} has {reader.id_of(entry)!r}, whose {field} is "
                return Breach(reader.listing.operation, f"{happened}{entry[field]!r}", [page.exchange], range_.subject)
    return None


def _at_the_bound(
    reader: PageReader, shown: Mapping[str, Made], whole: Walk, range_: _Range, field: str
) -> Iterator[Breach]:
    """Yield a breach where of resources that have a bound's value some are in, or none, or all against the document."""
    for bound, value in range_.values:
        alike = [
            id_
            for id_, made in shown.items()
            if rank_of(shows(made, field), bound) == rank_of(value, bound) and not range_.is_outside(shows(made, field))
        ]
        there = [one for one in alike if one in whole.ids]
        wrong = there if bound.inclusive is False else [one for one in alike if one not in there]
        if whole.complete and wrong and bound.inclusive is not None:
            place = "is in the list" if bound.inclusive is False else "is not in the list"
            happened = f"{wrong[0]!r} has {field} {value!r}, the bound itself, and {place}"
            exchanges = [shown[wrong[0]].answer.exchange, *whole.exchanges()]
            yield Breach(reader.listing.operation, happened + written_query(range_.query), exchanges, range_.subject)
        elif whole.complete and there and len(there) < len(alike):
            lost = next(one for one in alike if one not in there)
            happened = f"{there[0]!r} and {lost!r} have {field} {value!r}, and only the first is in the list"
            exchanges = [shown[lost].answer.exchange, *whole.exchanges()]
            yield Breach(reader.listing.operation, happened + written_query(range_.query), exchanges, range_.subject)


def _pivots(session: Session, bound: Bound, made: list[Made]) -> list[Any]:
    """Return the values that a bound is tried with: one of the middle, one below all, and one above."""
    values = _distinct(bound, made)
    if not values:
        return []
    tried = [values[len(values) // 2], _move_value(values[0], -1, bound), _move_value(values[-1], 1, bound)]
    return [one for one in tried if one is not None and _fits(session, bound, one)]


def _distinct(bound: Bound, made: list[Made]) -> list[Any]:
    """Return the values of a property in their order, each once, as a bound writes them."""
    found: dict[Rank, Any] = {}
    for one in made:
        value = shows(one, bound.field)
        rank = rank_of(value, bound)
        if rank is not None:
            found[rank] = rank.date().isoformat() if isinstance(rank, datetime) and _is_date(bound) else value
    return [found[rank] for rank in sorted(found, key=lambda rank: (str(type(rank)), rank))]


def _move_value(value: Any, step: int, bound: Bound) -> Any:
    """Return a value below or above another one."""
    rank = rank_of(value, bound)
    if isinstance(rank, Decimal):
        return str(rank + step) if isinstance(value, str) else value + step
    if not isinstance(rank, datetime):
        return None
    there = rank + timedelta(days=2 * step)
    if isinstance(value, int | Decimal):
        return None
    return there.date().isoformat() if _is_date(bound) else there.isoformat().replace("+00:00", "Z")


def _fits(session: Session, bound: Bound, value: Any) -> bool:
    return session.values.is_valid(value, bound.schema)


def _is_date(bound: Bound) -> bool:
    return bool(bound.schema.get("format") == "date")


def rank_of(value: Any, bound: Bound) -> Rank | None:
    """Return a value as its order is, None for one that has none; a bound of days does not see their hours."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str):
        return None
    if is_decimal(bound.schema, {}):
        return Decimal(value) if _DECIMAL.fullmatch(value) else None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return datetime.combine(date.fromisoformat(value[:10]), found.min.time(), UTC) if _is_date(bound) else found


def _compare(value: Any, other: Any, bound: Bound) -> int:
    """Return 1 for a value inside of a bound, -1 for one outside, 0 for its own value and for what has no order."""
    mine, own = rank_of(value, bound), rank_of(other, bound)
    if mine is None or own is None or type(mine) is not type(own) or mine == own:
        return 0
    above = mine > own  # type: ignore[operator]
    return 1 if above == (bound.side == "least") else -1


CHECKS = (
    Check(
        name="range-keeps-its-bounds",
        kind="collections",
        promise="A range of a list has the resources inside of its bounds, all of them, and none outside",
        origin="the document: the parameter is named like the property and a bound (minPrice, createdBefore)",
        run=seen_twice(_keeps_bounds),
    ),
)
