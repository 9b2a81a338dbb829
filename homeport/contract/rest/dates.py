"""Dates and times in the texts of a body: when they are, and the same ones on other days. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?=$|[Tt ]\d\d:\d\d)")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?(?=$|[Zz.+-])")
# A stay, a term or a sale that is longer may be refused for its length.
_LONGEST = 14
_SATURDAY = 5


def moment_of(text: str) -> date | datetime | time | None:
    """Return the date, the point in time or the time of day that a text is, None: it is none."""
    kinds: tuple[type[datetime] | type[date] | type[time], ...] = ()
    if _DAY.match(text):
        kinds = (date,) if len(text) == len("2026-01-31") else (datetime,)
    elif _CLOCK.match(text):
        kinds = (time,)
    for kind in kinds:
        try:
            return kind.fromisoformat(text)
        except ValueError:
            return None
    return None


def shift(text: str, days: int) -> str | None:
    """Return a date or point in time some days later, written as it was; None where there is no such day."""
    try:
        return (date.fromisoformat(text[:10]) + timedelta(days=days)).isoformat() + text[10:]
    except (ValueError, OverflowError):
        return None


def hours_later(text: str, hours: int) -> str | None:
    """Return a time of day some hours later, written as it was; None where that is another day."""
    hour = int(text[:2]) + hours
    return f"{hour:02}{text[2:]}" if 0 <= hour < 24 else None


def has_dates(body: Any) -> bool:
    """Return whether a body has a date, or a point in time, in it."""
    return any(True for _ in _dates(body))


def with_dates_from(body: Any, day: date, is_valid: Callable[[Any], bool]) -> Any:
    """Return a body whose earliest date is ``day``: the others follow it as they did, within two weeks.

    A date on a workday stays on one, since some services take no others: it is on the Monday after a weekend.
    A body without dates, or for which ``is_valid`` refuses the new ones, is returned as it is.
    """
    days = sorted({date.fromisoformat(text[:10]) for text in _dates(body)})
    if not days:
        return body
    if days[0].weekday() < _SATURDAY <= day.weekday():
        day += timedelta(days=7 - day.weekday())
    distances = [(one - days[0]).days for one in days]
    if distances[-1] > _LONGEST:
        distances = [min(number, _LONGEST) for number in range(len(days))]
    moves = {one.isoformat(): day + timedelta(days=by) for one, by in zip(days, distances, strict=True)}
    moved = _replace_dates(body, moves)
    return moved if is_valid(moved) else body


def _dates(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _dates(one)
    elif isinstance(value, str) and isinstance(moment_of(value), date):
        yield value


def _replace_dates(value: Any, moves: Mapping[str, date]) -> Any:
    if isinstance(value, Mapping):
        return {name: _replace_dates(one, moves) for name, one in value.items()}
    if isinstance(value, list):
        return [_replace_dates(one, moves) for one in value]
    if isinstance(value, str) and isinstance(moment_of(value), date):
        return moves[date.fromisoformat(value[:10]).isoformat()].isoformat() + value[10:]
    return value
