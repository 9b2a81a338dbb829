"""CPU load and memory, from the figures of the system."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from homeport.runtime.host.resources import (
    CpuLoad,
    CpuTimes,
    ReadCpuTimes,
    count_cores,
    cpu_seconds,
    group_memory,
    peak_resident,
    read_cpu_times,
    resident_memory,
    resident_memory_by_ps,
)
from tests.support.waiting import eventually

NO_PROCESS = 2**22 + 1


def readings(*times: CpuTimes | None) -> ReadCpuTimes:
    """Readings of the CPU times; the last one stays."""
    left = list(times)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(("idle", "spare"), [(0, False), (5, False), (20, True), (100, True)])
def test_a_core_is_spare_where_enough_of_the_time_was_idle(idle: float, spare: bool) -> None:
    load = CpuLoad(readings((1000, 500), (1100, 500 + idle)), lambda: 10.0)
    assert load.has_spare_core() is spare


def test_a_measurement_without_a_tick_changes_nothing() -> None:
    load = CpuLoad(readings((0, 0), (100, 0), (100, 0)), lambda: 10.0)
    assert [load.has_spare_core(), load.has_spare_core()] == [False, False]


def test_a_measurement_stands_for_a_moment() -> None:
    times = iter([10.0, 10.01, 10.1])
    load = CpuLoad(readings((0, 0), (100, 0), (200, 100)), lambda: next(times))
    assert [load.has_spare_core() for _ in range(3)] == [False, False, True]


def test_a_core_is_always_spare_where_the_system_reports_no_times() -> None:
    assert CpuLoad(readings(None), lambda: 10.0).has_spare_core() is True


def test_this_process_may_use_a_core() -> None:
    assert count_cores() >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/stat")
def test_the_systems_times_go_on_and_the_idle_time_is_a_part_of_them() -> None:
    before = read_cpu_times()
    assert before is not None
    assert before[0] >= before[1] > 0
    assert eventually(lambda: (read_cpu_times() or before)[0] > before[0])


@pytest.mark.stack
def test_memory_by_proc_and_by_ps_agree() -> None:
    assert resident_memory(os.getpid()) > 0
    assert abs(resident_memory(os.getpid()) - resident_memory_by_ps(os.getpid())) < 20 << 20


@pytest.mark.stack
def test_a_process_that_has_ended_holds_no_memory() -> None:
    assert (resident_memory(NO_PROCESS), resident_memory_by_ps(NO_PROCESS)) == (0, 0)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'b = bytearray(80 << 20); input()'])"


@linux_only
@pytest.mark.stack
def test_the_memory_of_a_group_is_that_of_its_children_too() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as process:
        assert eventually(lambda: group_memory(process.pid) - resident_memory(process.pid) > 80 << 20)
        assert process.stdin is not None
        process.stdin.close()


@linux_only
def test_the_peak_is_at_least_what_is_held_now() -> None:
    assert peak_resident(os.getpid()) >= resident_memory(os.getpid()) > 0


@linux_only
def test_the_cpu_time_of_a_process_is_its_own() -> None:
    before = time.process_time()
    assert before <= cpu_seconds(os.getpid()) <= time.process_time()


@linux_only
def test_a_process_that_is_gone_uses_nothing() -> None:
    assert (group_memory(NO_PROCESS), peak_resident(NO_PROCESS), cpu_seconds(NO_PROCESS)) == (0, 0, 0.0)
