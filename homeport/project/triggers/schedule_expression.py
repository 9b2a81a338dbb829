"""Schedule expressions of EventBridge rules and of EventBridge Scheduler: ``rate(…)``, ``cron(…)`` and ``at(…)``.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

_FORM = re.compile(r"(rate|cron|at)\((.*)\)")
_RATE = re.compile(r"([1-9][0-9]*)\s+(minute|hour|day)(s?)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
# AWS counts the days of a week from Sunday, which is 1.
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199

_DayTest = Callable[[date], bool]


class ScheduleError(ValueError):
    """A schedule expression that AWS refuses."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A schedule that runs every ``seconds``, counted from its creation."""

    seconds: int

    def next_after(self, moment: datetime, start: datetime) -> datetime | None:
        """Return the first time after ``moment``, of those that follow ``start``."""
        if moment < start:
            return start + timedelta(seconds=self.seconds)
        count = int((moment - start).total_seconds() // self.seconds) + 1
        return start + timedelta(seconds=count * self.seconds)


@dataclass(frozen=True, slots=True)
class At:
    """A schedule that runs once; ``moment`` has no zone of its own: it is in the schedule's."""

    moment: datetime
    zone: tzinfo = UTC

    def next_after(self, moment: datetime, start: datetime) -> datetime | None:
        """Return its time, None if it has passed."""
        own = self.moment.replace(tzinfo=self.zone)
        return own if own > moment else None


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule of calendar times in a zone; ``day`` tells whether it runs on a day. ``text`` is the expression."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    day: _DayTest = field(compare=False, repr=False)
    zone: tzinfo = UTC

    def __reduce__(self) -> tuple[Callable[..., ScheduleExpression], tuple[str, str]]:
        """Return how another process gets the same schedule: ``day`` is a function, which can't be sent."""
        return parse_schedule, (f"cron({self.text})", str(self.zone))

    def next_after(self, moment: datetime, start: datetime) -> datetime | None:
        """Return the first time after ``moment``, None if there is none."""
        local = moment.astimezone(self.zone)
        for found in self._days(local.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    candidate = datetime(found.year, found.month, found.day, hour, minute, tzinfo=self.zone)
                    # A time that the change to summer time leaves out is no time of that day.
                    exists = candidate.astimezone(UTC).astimezone(self.zone).hour == hour
                    if exists and candidate.astimezone(UTC) > moment:
                        return candidate
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in range(first.year, _LAST_YEAR + 1):
            if year not in self.years:
                continue
            for month in range(1, 13):
                if month not in self.months or (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    found = date(year, month, number)
                    if found >= first and self.day(found):
                        yield found


ScheduleExpression = Rate | At | Cron


def parse_schedule(text: str, zone: str = "UTC", *, of_rule: bool = True) -> ScheduleExpression:
    """Read a schedule expression. ``zone`` is that of its times, such as ``Europe/Berlin``. Raises ScheduleError.

    A rule takes ``1 minute`` and ``5 minutes`` alone; Scheduler has no such limitation (``rate(1 hours)``).
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ScheduleError(f"{text!r} is no schedule: write rate(5 minutes), cron(0 3 * * ? *) or at(TIME)")
    kind, inner = found.groups()
    if kind == "rate":
        return _parse_rate(inner.strip(), of_rule=of_rule)
    times = _zone(zone)
    return _parse_at(inner.strip(), times) if kind == "at" else _parse_cron(inner, times)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ScheduleError(f"there is no time zone {name!r}") from None


def _parse_rate(text: str, *, of_rule: bool) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None:
        raise ScheduleError(f"{text!r} is no rate: write 5 minutes, 1 hour or 7 days")
    count, unit, plural = int(found[1]), found[2], found[3]
    if of_rule and (count == 1) == bool(plural):
        raise ScheduleError(f"AWS wants {unit if count == 1 else unit + 's'} after {count}")
    return Rate(count * _SECONDS[unit])


def _parse_at(text: str, zone: tzinfo) -> At:
    try:
        return At(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S"), zone)
    except ValueError:
        raise ScheduleError(f"{text!r} is no time: write 2030-01-31T08:00:00") from None


def _parse_cron(text: str, zone: tzinfo) -> Cron:
    fields = text.split()
    if len(fields) != 6:
        raise ScheduleError(
            f"cron has six fields, and {text!r} has {len(fields)}: minutes hours day month weekday year"
        )
    minutes, hours, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ScheduleError("exactly one of day of month and day of week must be ?")
    return Cron(
        text,
        tuple(sorted(_values("minutes", minutes, 0, 59, {}))),
        tuple(sorted(_values("hours", hours, 0, 23, {}))),
        frozenset(_values("month", month, 1, 12, _MONTHS)),
        frozenset(_values("year", year, _FIRST_YEAR, _LAST_YEAR, {})),
        _weekdays(weekday) if day == "?" else _month_days(day),
        zone,
    )


def _values(name: str, text: str, first: int, last: int, words: Mapping[str, int]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        base, slash, step = part.partition("/")
        low, dash, high = base.partition("-")
        start = first if base == "*" else _number(name, low, first, last, words)
        end = _number(name, high, first, last, words) if dash else last if base == "*" or slash else start
        by = _number(name, step, 1, last, {}) if slash else 1
        if end < start:
            # FRI-MON goes over the end of the week, and 22-2 over midnight.
            found.update(range(start, last + 1, by))
            start = first
        found.update(range(start, end + 1, by))
    return found


def _number(name: str, text: str, first: int, last: int, words: Mapping[str, int]) -> int:
    value = words.get(text.upper())
    if value is None and text.isdecimal():
        value = int(text)
    if value is None or not first <= value <= last:
        raise ScheduleError(f"{text!r} is no value of {name}, which has {first}-{last}")
    return value


def _month_days(text: str) -> _DayTest:
    if text.upper() in ("L", "LW"):
        nearest = text.upper() == "LW"
        return lambda day: day.day == (_last_workday(day) if nearest else _last_of_month(day))
    if text.upper().endswith("W"):
        wanted = _number("day of month", text[:-1], 1, 31, {})
        return lambda day: wanted <= _last_of_month(day) and day.day == _nearest_workday(day, wanted)
    numbers = _values("day of month", text, 1, 31, {})
    return lambda day: day.day in numbers


def _weekdays(text: str) -> _DayTest:
    if "#" in text:
        name, _, place = text.partition("#")
        weekday = _number("day of week", name, 1, 7, _DAYS)
        nth = _number("#", place, 1, 5, {})
        return lambda day: _aws_weekday(day) == weekday and (day.day - 1) // 7 + 1 == nth
    if text.upper() == "L":
        return lambda day: _aws_weekday(day) == 7
    if text.upper().endswith("L"):
        last = _number("day of week", text[:-1], 1, 7, _DAYS)
        return lambda day: _aws_weekday(day) == last and day.day + 7 > _last_of_month(day)
    numbers = _values("day of week", text, 1, 7, _DAYS)
    return lambda day: _aws_weekday(day) in numbers


def _aws_weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _last_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _last_workday(day: date) -> int:
    last = day.replace(day=_last_of_month(day))
    return last.day - max(0, last.isoweekday() - 5)


def _nearest_workday(day: date, wanted: int) -> int:
    """Return the workday nearest to a day of the month, in the same month."""
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 7:
        return wanted + 1 if wanted < _last_of_month(day) else wanted - 2
    return wanted
