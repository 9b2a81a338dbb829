"""Waits for events, and the measure of how busy the machine is."""

from __future__ import annotations

import threading

from tests.support.waiting import SlownessMeter, eventually


def test_a_busy_machine_has_more_time_and_the_end_of_its_load_ends_that() -> None:
    loads, seen = iter((1e9, 1e9, 0.0)), 0

    def fails() -> bool:
        nonlocal seen
        seen += 1
        return False

    assert not eventually(fails, limit=1e-9, slowed=lambda: 1e9 * next(loads))
    assert seen == 3


def test_a_meter_keeps_the_worst_that_it_measured_while_its_block_ran() -> None:
    measured = iter((1.2, 4.0, 1.1))
    all_measured = threading.Event()

    def measure() -> float:
        found = next(measured, None)
        if found is None:
            all_measured.set()
        return found or 1.0

    with SlownessMeter(measure, rest=0) as meter:
        assert all_measured.wait(60)
    assert meter.worst == 4.0


def test_a_meter_measures_once_beside_the_shortest_block() -> None:
    with SlownessMeter(lambda: 3.0) as meter:
        pass
    assert meter.worst == 3.0
