"""The stack of the campaign, as a person starts it: its processes, and their descriptors and folders."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.memory import tree
from homeport.contract.fixtures.stack import Stack, running_stack
from tests.chaos.ledger import Ledger
from tests.support.chaos_project import chaos_project
from tests.support.waiting import eventually

# How the children of the supervisor are told apart by their command lines.
CHILDREN = {
    "gateway": "homeport.gateway.process",
    "recorder": "homeport.recordings.recorder",
    "inspector": "homeport.inspector",
    "worker parent": "worker/start.py",
    "DynamoDB": "dynamodb/embedded",
}
# What a gateway has open for each environment; some more are open for a moment.
_FILES_OF_AN_ENVIRONMENT = 4
_CONNECTIONS_OF_AN_ENVIRONMENT = 2
_SPARE_FILES = 6


class Process(NamedTuple):
    pid: int
    parent: int
    state: str
    command: str


@dataclass
class Ground:
    """A running stack. ``scratch`` is the temporary folder that its processes have, ``clock`` the file by which
    their clocks are set, ``mount`` the small file system that the project lies on, None: there is none. Harm that lasts
    does so for ``lasts`` seconds. ``files`` and ``environments`` are what it had at first.
    """

    root: Path
    scratch: Path
    clock: Path
    mount: Path | None
    chance: random.Random
    ledger: Ledger
    stack: Stack
    options: tuple[str, ...] = ()
    lasts: float = 2.0
    environments: int = 0
    files: dict[str, int] = field(default_factory=dict)

    @property
    def switch(self) -> Path:
        """The socket at which the gateway takes faults of DynamoDB."""
        return self.scratch.parent / "faults.sock"

    def child(self, name: str) -> int:
        """A child's pid, once it has one."""
        found: list[int] = []
        if name == "inspector":
            # It starts with its first connection.
            place = urlsplit(self.stack.inspector)
            socket.create_connection((str(place.hostname), int(place.port or 80))).close()

        def there() -> bool:
            mine = [each for each in processes() if each.parent == self.stack.process.pid]
            found[:] = [each.pid for each in mine if CHILDREN[name] in each.command and each.state[0] != "Z"]
            return bool(found)

        if not eventually(there):
            raise AssertionError(f"there is no {name}:\n{self.stack.read_output()[-2000:]}")
        return found[0]

    def workers(self) -> list[int]:
        """The pids of the functions' environments; they outlive a parent that was killed."""
        parent = self.child("worker parent")
        mine = [each for each in self.processes() if CHILDREN["worker parent"] in each.command]
        return [each.pid for each in mine if each.pid != parent and each.state[0] != "Z"]

    def processes(self) -> list[Process]:
        """All processes of the stack, orphans too: each has the project's folder on its command line."""
        return [each for each in processes() if str(self.root) in each.command]

    def zombies(self) -> list[str]:
        """Processes of the stack that ended and that nobody asked after."""
        mine = set(tree(self.stack.process.pid))
        return [f"{each.pid} {each.command}" for each in processes() if each.pid in mine and each.state[0] == "Z"]

    def open_files(self) -> dict[str, int]:
        """Return the number of descriptors of each long-lived process, nothing where there is no /proc."""
        pids = {"supervisor": self.stack.process.pid} | {name: self.child(name) for name in CHILDREN}
        return {name: count for name, pid in pids.items() if (count := _descriptors(pid)) is not None}

    def leaked_files(self) -> list[str]:
        """Return a line for each process that has more descriptors than at first."""
        more = max(0, len(self.workers()) - self.environments)
        room = {"gateway": _FILES_OF_AN_ENVIRONMENT * more, "DynamoDB": _CONNECTIONS_OF_AN_ENVIRONMENT * more}
        now = self.open_files()
        return [
            f"{name} has {count} files open, {self.files[name]} at first"
            for name, count in now.items()
            if name in self.files and count > self.files[name] + _SPARE_FILES + room.get(name, 0)
        ]


def processes() -> list[Process]:
    """All that run on this machine."""
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 3) for line in listed.splitlines())
    return [Process(int(row[0]), int(row[1]), row[2], row[3] if len(row) > 3 else "") for row in rows]


@contextmanager
def place(base: Path, mount: bool) -> Iterator[tuple[Path, Path | None]]:
    """A folder for the project, on a small file system of its own where this user may mount one."""
    root = base / "project"
    root.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs", str(root)]
    mounted = mount and os.getuid() == 0 and subprocess.run(options, capture_output=True, check=False).returncode == 0
    try:
        yield root, root if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(root)], check=True)


@contextmanager
def ground(seed: int, lasts: float, *, mount: bool) -> Iterator[Ground]:
    """A stack of the campaign's project, ended afterwards. TMPDIR and PYTHONPATH of this process become its own."""
    with tempfile.TemporaryDirectory(prefix="hc-", dir="/tmp") as base, place(Path(base), mount) as (root, small):
        scratch, clock = Path(base, "t"), Path(base, "clock")
        scratch.mkdir()
        clock.write_text("0")
        seam = Path(__file__).parent / "clock"
        os.environ |= {"TMPDIR": str(scratch), "PYTHONPATH": str(seam), "HOMEPORT_CHAOS_CLOCK": str(clock)}
        chaos_project(root)
        options = ("--inspected", "--control", str(Path(base, "faults.sock")))
        # Its own output stays out of what is looked at as scratch.
        tempfile.tempdir = base
        with running_stack(root, options, state=root / ".homeport") as stack:
            found = Ground(root, scratch, clock, small, random.Random(seed), Ledger(), stack, options, lasts)
            yield found


def _descriptors(pid: int) -> int | None:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return None
