"""Memory of a process and all that it started."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = defaultdict(list)
    for line in listed.splitlines():
        child, parent = map(int, line.split())
        children[parent].append(child)
    found, open_ = [], [pid]
    while open_:
        found.append(open_.pop())
        open_ += children[found[-1]]
    return found


def megabytes(pid: int) -> float:
    """Return the MB of a process and its descendants: proportional set size on Linux, resident size elsewhere."""
    return sum(_kilobytes(each) for each in tree(pid)) / 1024


def _kilobytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if rollup.exists():
        lines = rollup.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return int(shown or 0)
