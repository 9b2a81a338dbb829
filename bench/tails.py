"""What the slowest requests wait for: ``python -m bench.tails``.

The items API under load while environments start, in the moments that make a tail: the first second after idle, a
function that is called for the first time, a handler that is saved, other programs that use every core. The bare Flask
app beside it where it has such a moment.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bench.client import RawClient
from bench.contenders import GET, ITEM, flask_app, make_item
from bench.load import Load, LoadProcess
from bench.memory import megabytes, tree
from bench.report import PERFORMANCE, REPORTS, say, show, table, write_report
from bench.stacks import items_stack
from homeport.contract.fixtures.stack import Stack

HEADER = ("32 or 8 connections, GET item", "per s", "p50, ms", "p99, ms", "p99/p50", "failed", "environments", "MB")
# A marker in the handler's answer, by which a saved file is known to be live.
_MARK = '{{"etag": etag(item), "x-saved": "{text}"}}'
_PLAIN = '{"etag": etag(item)}'
_WORKER = "runtime/worker/start.py"


@dataclass(frozen=True, slots=True)
class Row:
    """A case: its load, and the environments and MB of the stack right after it (0: not the kit's)."""

    name: str
    load: Load
    environments: int = 0
    mb: float = 0.0
    live_ms: float = 0.0
    """Milliseconds until a saved handler answered, or a new function, in the cases that have it."""

    def cells(self) -> tuple[object, ...]:
        """The row of the table."""
        load = self.load
        name = f"{self.name} ({self.live_ms:.0f} ms)" if self.live_ms else self.name
        spread = f"{load.p99 / load.p50:.1f}" if load.p50 else ""
        times = (f"{load.p50 / 1000:.1f}", f"{load.p99 / 1000:.1f}", spread)
        return (name, round(load.rate), *times, load.errors, self.environments or "", round(self.mb) or "")


def main() -> None:
    """Measure, print a table, keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.tails", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="how long a load lasts (default: %(default)s)")
    parser.add_argument(
        "--loops", type=int, default=2 * (os.cpu_count() or 1), help="busy loops (default: %(default)s)"
    )
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=URL", help="another API with GET item")
    parser.add_argument("--docs", action="store_true", help="have docs/performance.md show the table")
    parser.add_argument("--report", type=Path, default=REPORTS / "bench-tails.json", help="where the figures go")
    options = parser.parse_args()
    peers = {name: url for name, _, url in (text.partition("=") for text in options.peer)}
    rows = list(_measure(options.seconds, options.loops, peers))
    text = table(HEADER, [row.cells() for row in rows])
    print(text)
    write_report(options.report, {row.name: asdict(row) for row in rows})
    if options.docs:
        show(PERFORMANCE, "tails", text)


def _measure(seconds: float, loops: int, peers: dict[str, str]) -> Iterator[Row]:
    load = LoadProcess()
    with items_stack(("--no-data", "--inspected", "--reload")) as stack, flask_app(str(stack.dynamodb)) as flask:
        say("the first second after idle")
        # The item is made by another function: GET item has no environment yet.
        make_item(stack)
        yield _row(stack, "first second, 32, from idle", partial(load.put, stack.url, GET.path, 32, seconds=1))
        for connections in (8, 32):
            yield _row(
                stack, f"warm, {connections}", partial(load.put, stack.url, GET.path, connections, seconds=seconds)
            )
            for name, url in {"Flask": flask.url, **peers}.items():
                yield Row(f"warm, {connections}, {name}", load.put(url, GET.path, connections, seconds=seconds))
        say("a new function, and a saved handler, under load")
        yield _beside(stack, load, "a new function under 8", seconds, lambda: _first_answer(stack))
        yield _beside(stack, load, "a saved handler under 8", seconds, lambda: _saved(stack))
        # The handler is as it was before, which takes an environment of its own.
        load.put(stack.url, GET.path, 8, seconds=seconds / 2)
        say(f"beside {loops} busy loops")
        with _busy_loops(loops):
            for connections in (8, 32, 128):
                put = partial(load.put, stack.url, GET.path, connections, seconds=seconds)
                yield _row(stack, f"beside busy loops, {connections}", put)
                for name, url in {"Flask": flask.url, **peers}.items():
                    found = load.put(url, GET.path, connections, seconds=seconds)
                    yield Row(f"beside busy loops, {connections}, {name}", found)
    load.close()


def _row(stack: Stack, name: str, put: Callable[[], Load]) -> Row:
    found = put()
    return Row(name, found, _environments(stack), megabytes(stack.process.pid))


def _beside(stack: Stack, load: LoadProcess, name: str, seconds: float, act: Callable[[], float]) -> Row:
    """Have something done in the middle of a load of eight connections."""
    took: list[float] = []

    def later() -> None:
        time.sleep(seconds / 2)
        took.append(act())

    thread = threading.Thread(target=later)
    thread.start()
    found = load.put(stack.url, GET.path, 8, seconds=seconds)
    thread.join()
    return Row(name, found, _environments(stack), megabytes(stack.process.pid), took[0])


def _first_answer(stack: Stack) -> float:
    """Return the milliseconds of the first call of a function."""
    client = RawClient(stack.url)
    taken = client.time_request("GET", "/items") / 1000
    client.close()
    return taken


def _saved(stack: Stack) -> float:
    """Return the milliseconds from the moment that the handler is saved until it answers."""
    handler = _project_of(stack) / "service" / "handlers" / "get_item.py"
    client = RawClient(stack.url)
    text = handler.read_text()
    start = time.perf_counter()
    handler.write_text(text.replace(_PLAIN, _MARK.format(text="yes")))
    while b"x-saved: yes" not in client.head_of("GET", f"/items/{ITEM['itemId']}").lower():
        time.sleep(0.002)
    taken = (time.perf_counter() - start) * 1000
    client.close()
    handler.write_text(text)
    return taken


def _project_of(stack: Stack) -> Path:
    arguments = Path(f"/proc/{stack.process.pid}/cmdline").read_text().split("\0")
    return Path(arguments[arguments.index("--project") + 1])


def _environments(stack: Stack) -> int:
    """Return the number of environments: the worker parent's children."""
    found = 0
    for each in tree(stack.process.pid):
        with contextlib.suppress(OSError):
            found += _WORKER in Path(f"/proc/{each}/cmdline").read_text()
    return found - 1


@contextlib.contextmanager
def _busy_loops(count: int) -> Iterator[None]:
    # In a session of their own, as other programs are: Linux shares the cores among sessions first.
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    main()
