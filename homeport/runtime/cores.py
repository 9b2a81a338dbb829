"""The cores of this machine: how many there are, and whether one is to spare."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

_STAT = Path("/proc/stat")
# Seconds: what is known is that old at most, and covers that much at least.
_FRESH = 0.05
# The share of all cores' time below which there is no core to spare.
_SPARE = 0.1


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SpareCores:
    """Looks at the last moments' idle time; where the system doesn't tell it, there always is a core to spare.

    ``read`` gives the time that all cores spent, and that part of it in which they were idle, in any unit.
    """

    def __init__(self, read: Callable[[], tuple[float, float] | None] | None = None) -> None:
        self._read = read or read_times
        self._at = 0.0
        self._times = self._read()
        self._spare = True

    def __call__(self) -> bool:
        """Whether a process more would find a core."""
        now = time.monotonic()
        if self._times is not None and now - self._at >= _FRESH:
            self._look(now)
        return self._spare

    def _look(self, now: float) -> None:
        times = self._read()
        if times is None or self._times is None:
            return
        passed, idle = times[0] - self._times[0], times[1] - self._times[1]
        if passed > 0:
            self._spare = idle / passed >= _SPARE
            self._at, self._times = now, times


def read_times() -> tuple[float, float] | None:
    """All cores' time and idle time so far, in ticks; None where there is no /proc/stat."""
    try:
        with _STAT.open() as file:
            spent = [int(ticks) for ticks in file.readline().split()[1:9]]
    except FileNotFoundError:
        return None
    # user, nice, system, idle, iowait, …: https://docs.kernel.org/filesystems/proc.html
    return sum(spent), spent[3] + spent[4]
