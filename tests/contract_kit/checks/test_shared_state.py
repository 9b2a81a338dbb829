"""Checks on resources that share something: a version that writes name, seats of a parent, a day that one may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks import methods, preconditions, round_trip
from homeport.contract.checks.concurrency import claims, two_writes
from homeport.contract.checks.faults import environments
from tests.support.rest_api import Refused
from tests.support.room_api import Item, RoomApi, run_on_rooms

_IDS = tuple(one for one in environments.CHECKS if one.name == "new-environment-new-ids")
_SERIAL = tuple(one for one in two_writes.CHECKS if one.name == "writes-at-once-are-serial")
CHECKS = (*round_trip.CHECKS, *methods.CHECKS, *preconditions.CHECKS, *_SERIAL, *claims.CHECKS, *_IDS)


class KeepsWhatIsLeftOut(RoomApi):
    def replaced(self, old: Item, body: Item) -> Item:
        return {**old, **body}


class IgnoresVersions(RoomApi):
    def is_current(self, old: Item, body: Item) -> bool:
        return True


class KeepsDay(RoomApi):
    reason = ""

    def free(self, booking: Item, reason: str) -> None:
        if reason != self.reason:
            super().free(booking, reason)


class KeepsDayOfDeleted(KeepsDay):
    reason = "DELETE"


class KeepsDayOfMoved(KeepsDay):
    reason = "PUT"


class KeepsDayOfCancelled(KeepsDay):
    reason = "cancel"


class CancelsTwice(RoomApi):
    def cancel(self, id_: str) -> Item:
        if self.find(self.bookings, id_)["state"] == "open":
            self.holds.take("UpdateItem")
            with self.lock:
                self.bookings[id_] = {**self.bookings[id_], "state": "open"}
        return super().cancel(id_)


class CancelsCancelled(RoomApi):
    def cancel(self, id_: str) -> Item:
        booking = self.find(self.bookings, id_)
        return {**booking, "state": "cancelled"} if booking["state"] == "cancelled" else super().cancel(id_)


class UsesAgain(RoomApi):
    def use(self, ticket: Item) -> Item:
        return ticket


class ForgetsNote(RoomApi):
    def restored(self, room: Item) -> Item:
        return {**super().restored(room), "note": ""}


class StillExpires(RoomApi):
    def restored(self, room: Item) -> Item:
        return {**room, "lasts": True}


class BooksTwice(RoomApi):
    def check_taken(self, body: Item) -> None:
        return None


class LooksMoreEachTime(BooksTwice):
    """A longer stay has more nights to look at."""

    looks = 0

    def check_free(self, body: Item, id_: str) -> None:
        self.looks += 1
        for _ in range(self.looks):
            self.holds.take("GetItem")
        super().check_free(body, id_)


class SellsLastSeatTwice(RoomApi):
    def check_sold(self, id_: str) -> None:
        return None


class SellsForNoRoom(RoomApi):
    def sell(self, id_: str, body: Item) -> Item:
        return super().sell(id_, body) if id_ in self.rooms else {"ticketId": "1", **body}


FAULTS: dict[type[RoomApi], tuple[str, str]] = {
    KeepsWhatIsLeftOut: ("put-replaces-all", "PUT /rooms/{roomId}"),
    IgnoresVersions: ("old-version-is-refused", "PUT /rooms/{roomId}"),
    KeepsDayOfDeleted: ("conflict-ends-with-its-cause", "DELETE /bookings/{bookingId}"),
    KeepsDayOfMoved: ("conflict-ends-with-its-cause", "PUT /bookings/{bookingId}"),
    KeepsDayOfCancelled: ("conflict-ends-with-its-cause", "POST /bookings/{bookingId}/cancel"),
    CancelsCancelled: ("actions-go-from-documented-states", "POST /bookings/{bookingId}/cancel"),
    UsesAgain: ("actions-go-from-documented-states", "POST /rooms/{roomId}/tickets/{ticketId}/use"),
    ForgetsNote: ("restored-is-as-before", "POST /rooms/{roomId}/restore"),
    StillExpires: ("restored-is-as-before", "POST /rooms/{roomId}/restore"),
    BooksTwice: ("one-of-two-has-it", "POST /bookings"),
    LooksMoreEachTime: ("one-of-two-has-it", "POST /bookings"),
    SellsLastSeatTwice: ("one-of-two-has-it", "POST /rooms/{roomId}/tickets"),
    SellsForNoRoom: ("nothing-below-nothing", "POST /rooms/{roomId}/tickets"),
    CancelsTwice: ("writes-at-once-are-serial", "POST /bookings/{bookingId}/cancel"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_is_found(fault: type[RoomApi], tmp_path: Path) -> None:
    check, operation = FAULTS[fault]
    results = run_on_rooms(tmp_path, fault(), tuple(one for one in CHECKS if one.name == check))
    assert [(one.check, one.operation) for one in results.findings] == [(check, operation)]


class RefusesEachSecondEnvironment(RoomApi):
    """Every other environment is asked for what is taken, by the values of the request."""

    turns = 0

    def __init__(self) -> None:
        super().__init__()
        self.holds.new_environments = self.turn  # type: ignore[method-assign]

    def turn(self) -> None:
        self.turns += 1

    def check_free(self, body: Item, id_: str) -> None:
        if self.turns and self.turns % 2 == 0:
            raise Refused(409, "taken")
        super().check_free(body, id_)


def test_values_that_are_taken_say_nothing_of_ids(tmp_path: Path) -> None:
    served = RefusesEachSecondEnvironment()
    assert run_on_rooms(tmp_path, served, _IDS).findings == []
    assert served.turns > 2


@pytest.mark.parametrize("seed", [1, 4])
def test_healthy_api_has_no_finding_and_leaves_nothing_untested(seed: int, tmp_path: Path) -> None:
    results = run_on_rooms(tmp_path, RoomApi(), CHECKS, seed=seed)
    assert results.findings == []
    assert results.crashes == []
    assert [(run.check.name, run.untested) for run in results.runs if run.untested] == []
