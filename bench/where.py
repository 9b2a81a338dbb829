"""The CPU time of a request by process: ``python -m bench.where``, on Linux.

Under load, what each process uses of a core for one request, and how often one of its threads gives way to another; the
bare Flask app beside it. Processes are told apart by what they run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import GET, HELLO, flask_app, make_item
from bench.load import LoadProcess
from bench.memory import tree
from bench.report import PERFORMANCE, show, table
from bench.stacks import hello_stack, items_stack

KINDS = {
    "homeport.gateway.process": "gateway",
    "homeport/runtime/worker": "worker",
    "homeport/dynamodb/embedded": "DynamoDB",
    "homeport.recordings.recorder": "recorder",
    "bench.flask_app": "Flask",
}
CONNECTIONS = (1, 8)
HEADER = ("", "connections", "per s", "process", "µs of a core", "in the kernel", "changes of thread")
# Microseconds a request: what uses less did not take part.
_LEAST = 20.0


@dataclass(frozen=True, slots=True)
class Used:
    """Microseconds of a core, those in the kernel among them, and changes of thread."""

    core: float = 0.0
    kernel: float = 0.0
    changes: float = 0.0

    def __add__(self, other: Used) -> Used:
        return Used(self.core + other.core, self.kernel + other.kernel, self.changes + other.changes)

    def since(self, before: Used, requests: int) -> Used:
        """Return the increase since ``before``, for one request."""
        pairs = ((self.core, before.core), (self.kernel, before.kernel), (self.changes, before.changes))
        return Used(*((now - then) / requests for now, then in pairs))


def main() -> int:
    """Print a table; the exit status is 2 where there is no /proc to read."""
    parser = argparse.ArgumentParser(prog="python -m bench.where", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each load lasts (default: %(default)s)")
    parser.add_argument("--docs", action="store_true", help="have docs/performance.md show the table")
    options = parser.parse_args()
    seconds = options.seconds
    if sys.platform != "linux":
        print("bench.where reads /proc, which is Linux's", file=sys.stderr)
        return 2
    load = LoadProcess()
    with ExitStack() as opened:
        items = opened.enter_context(items_stack(("--no-data", "--inspected")))
        flask = opened.enter_context(flask_app(str(items.dynamodb)))
        hello = opened.enter_context(hello_stack())
        make_item(items)
        targets = (
            (f"{GET.name}, homeport", items.url + GET.path),
            (f"{GET.name}, Flask", flask.url + GET.path),
            (f"{HELLO.name}, homeport", hello.url + HELLO.path),
            (f"{HELLO.name}, Flask", flask.url + HELLO.path),
        )
        rows = [row for name, url in targets for many in CONNECTIONS for row in _rows(load, name, url, many, seconds)]
    load.close()
    text = table(HEADER, rows)
    print(text)
    if options.docs:
        show(PERFORMANCE, "where", text)
    return 0


def _rows(load: LoadProcess, name: str, url: str, connections: int, seconds: float) -> list[tuple[object, ...]]:
    load.put(url, "", connections, seconds=seconds / 3)
    before = used_by_kind(os.getpid())
    done = load.put(url, "", connections, seconds=seconds)
    # The recorder is told when nobody asks for an answer.
    time.sleep(1.5)
    used = {kind: now.since(before[kind], done.requests) for kind, now in used_by_kind(os.getpid()).items()}
    return [
        (name, connections, round(done.rate), kind, round(one.core), round(one.kernel), round(one.changes, 1))
        for kind, one in used.items()
        if one.core >= _LEAST
    ]


def used_by_kind(pid: int) -> Mapping[str, Used]:
    """Return the CPU time of a process's descendants until now, added up by kind."""
    found: defaultdict[str, Used] = defaultdict(Used)
    for each in tree(pid):
        try:
            command = Path(f"/proc/{each}/cmdline").read_text().replace("\0", " ")
            kind = next((name for part, name in KINDS.items() if part in command), None)
            if kind is not None:
                found[kind] += _read_used(Path(f"/proc/{each}"))
        except OSError:  # it has just ended
            continue
    return found


def _read_used(process: Path) -> Used:
    # proc(5): the 15th field of stat is time in the kernel, counted from after the name in parentheses.
    ticks = int((process / "stat").read_text().rpartition(")")[2].split()[12])
    used = Used(kernel=ticks * 1e6 / os.sysconf("SC_CLK_TCK"))
    for thread in (process / "task").iterdir():
        nanoseconds = int((thread / "schedstat").read_text().split()[0])
        lines = (thread / "status").read_text().splitlines()
        used += Used(core=nanoseconds / 1e3, changes=sum(int(line.split()[1]) for line in lines if "ctxt" in line))
    return used


if __name__ == "__main__":
    sys.exit(main())
