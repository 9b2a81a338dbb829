"""What one alone may have: a time, a name, a place among the guests, in turn and by two requests at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from homeport.contract.checks import concurrency
from homeport.contract.checks.methods import members, overlaps, taken_values
from tests.support.calendar_api import Calendar, Item, run_on_calendar

CHECKS = (*concurrency.CHECKS, *members.CHECKS, *overlaps.CHECKS, *taken_values.CHECKS)


class ComparesBeginnings(Calendar):
    """Two meetings may not begin at the same time, and may overlap."""

    def is_taken(self, first: datetime, last: datetime, begin: datetime, end: datetime) -> bool:
        return first == begin


class LooksForNames(Calendar):
    """A name is looked up, and then given to whatever room it is."""

    def name_room(self, room: Item) -> Item:
        self.check_name(room)
        if room["roomId"] not in self.rooms:
            return super().name_room(room)
        self.holds.take("PutItem")
        self.rooms[room["roomId"]] = room
        return room


class LooksForGuests(Calendar):
    """A guest is looked up, and then counted."""

    counted = 1

    def change_guest(self, id_: str, guest: str, by: int) -> None:
        is_there = (id_, guest) in self.guests
        self.holds.take("TransactWriteItems")
        if by == self.counted and is_there is not (by > 0):
            self.count_guest(id_, guest, by)
        elif by != self.counted:
            super().change_guest(id_, guest, by)


class LooksForGuestsToRemove(LooksForGuests):
    counted = -1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_healthy_calendar_has_no_finding(seed: int, tmp_path: Path) -> None:
    results = run_on_calendar(tmp_path, Calendar(), CHECKS, seed=seed)
    assert results.findings == []
    assert results.crashes == []
    assert [(run.check.name, run.untested) for run in results.runs if run.untested] == []


@pytest.mark.parametrize(
    ("calendar", "found"),
    [
        (ComparesBeginnings, ("overlap-is-refused", "POST /meetings")),
        (LooksForNames, ("one-of-two-moves-there", "PATCH /rooms/{roomId}")),
        (LooksForGuests, ("member-at-once-counts-once", "PUT /meetings/{meetingId}/guests/{guest}")),
        (LooksForGuestsToRemove, ("member-at-once-counts-once", "DELETE /meetings/{meetingId}/guests/{guest}")),
    ],
)
def test_fault_is_found(calendar: type[Calendar], found: tuple[str, str], tmp_path: Path) -> None:
    checks = tuple(one for one in CHECKS if one.name == found[0])
    results = run_on_calendar(tmp_path, calendar(), checks)
    assert [(one.check, one.operation) for one in results.findings] == [found]
