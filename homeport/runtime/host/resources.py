"""CPU load and memory, as the operating system reports them."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_STAT = Path("/proc/stat")
_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
# A measurement is at most this old, and covers this time at least, in seconds.
_FRESH = 0.05
# The share of all cores' time that has to be idle for a process more.
_SPARE = 0.1

# The time of all cores, and the part of it in which they were idle, in any unit; None: the system does not report it.
CpuTimes = tuple[float, float]
ReadCpuTimes = Callable[[], CpuTimes | None]


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_cpu_times() -> CpuTimes | None:
    """Return the CPU times since the start of the machine, in ticks; None where there is no /proc/stat."""
    try:
        with _STAT.open() as file:
            spent = [int(ticks) for ticks in file.readline().split()[1:9]]
    except FileNotFoundError:
        return None
    # user, nice, system, idle, iowait, …: https://docs.kernel.org/filesystems/proc.html
    return sum(spent), spent[3] + spent[4]


class CpuLoad:
    """The CPU load of the last moments. ``clock`` gives monotonic seconds."""

    def __init__(self, read: ReadCpuTimes = read_cpu_times, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._measured_at = 0.0
        self._times = read()
        self._has_spare = True

    def has_spare_core(self) -> bool:
        """Return whether one more process would find an idle core; True where the system does not report it."""
        now = self._clock()
        if self._times is not None and now - self._measured_at >= _FRESH:
            self._measure(now)
        return self._has_spare

    def _measure(self, now: float) -> None:
        times = self._read()
        if times is None or self._times is None:
            return
        passed, idle = times[0] - self._times[0], times[1] - self._times[1]
        if passed > 0:
            self._has_spare = idle / passed >= _SPARE
            self._measured_at, self._times = now, times


def resident_memory(pid: int) -> int:
    """Return the memory that a process holds now, in bytes; 0 once it is gone."""
    if sys.platform != "linux":
        return resident_memory_by_ps(pid)
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except (FileNotFoundError, ProcessLookupError):
        return 0


def resident_memory_by_ps(pid: int) -> int:
    """Return the same from ``ps``, where there is no /proc."""
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout.strip() or 0) * 1024


def group_memory(leader: int) -> int:
    """Return the memory that a process and those that it started hold now, in bytes; pages that they share count once.

    Where there is no /proc, those that it started are left out.
    """
    if sys.platform != "linux":
        return resident_memory_by_ps(leader)
    return resident_memory(leader) + sum(_own_memory(pid) for pid in _descendants(leader))


def _descendants(pid: int) -> Iterator[int]:
    try:
        # A thread has its own children.
        files = [Path(f"/proc/{pid}/task/{thread}/children") for thread in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208
        found = [int(each) for file in files for each in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        # It or one of its threads has ended, or the kernel was built without this file.
        return
    for child in found:
        yield child
        yield from _descendants(child)


def _own_memory(pid: int) -> int:
    """Return the memory of a process without the files that it has mapped, in bytes."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_bytes().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


def peak_resident(pid: int) -> int:
    """Return the most memory that a process ever held, in bytes; 0 where it is gone, or there is no /proc."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123
            found = _PEAK.search(file.read())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) * 1024 if found else 0


def cpu_seconds(pid: int) -> float:
    """Return the seconds of CPU that a process has used; 0 where it is gone, or the system does not say."""
    if sys.platform != "linux":
        return 0.0
    try:
        # The number of a process's CPU clock: https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def is_runnable(pid: int) -> bool:
    """Return whether the main thread of a process runs, waits for a core or for a disk; False where nothing says."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            # After the name in parentheses: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
            return file.read().rpartition(b") ")[2][:1] in (b"R", b"D")
    except (FileNotFoundError, ProcessLookupError):
        return False
