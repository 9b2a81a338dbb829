"""Whether a core is to spare, from what the system says of its time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from homeport.runtime.host.scheduler import CpuLoad, count_cores, read_times


def told(*times: tuple[float, float] | None) -> Callable[[], tuple[float, float] | None]:
    left = list(times)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(("idle", "spare"), [(0, False), (5, False), (20, True), (100, True)])
def test_a_core_is_to_spare_where_enough_of_the_time_was_idle(idle: float, spare: bool) -> None:
    assert CpuLoad(told((1000, 500), (1100, 500 + idle)))() is spare


def test_without_a_tick_between_two_looks_the_last_answer_stands() -> None:
    cores = CpuLoad(told((0, 0), (100, 0), (100, 0)))
    assert [cores(), cores()] == [False, False]


def test_where_the_system_says_nothing_there_always_is_one() -> None:
    assert CpuLoad(told(None))() is True


def test_there_is_a_core_at_least() -> None:
    assert count_cores() >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/stat")
def test_the_system_tells_a_time_that_goes_on() -> None:
    before = read_times()
    threading.Event().wait(0.05)
    after = read_times()
    assert before is not None
    assert after is not None
    assert after[0] > before[0] >= before[1] > 0
