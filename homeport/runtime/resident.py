"""The memory that a process holds, as the system tells it."""

from __future__ import annotations

import resource
import subprocess
import sys


def resident_memory(pid: int) -> int:
    """The memory that a process holds now, in bytes; 0 once it is gone."""
    return _from_proc(pid) if sys.platform == "linux" else resident_memory_by_ps(pid)


def _from_proc(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except (FileNotFoundError, ProcessLookupError):
        return 0


def resident_memory_by_ps(pid: int) -> int:
    """The same where there is no /proc."""
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout.strip() or 0) * 1024
