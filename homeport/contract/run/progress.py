"""``RunProgress``: a line on the terminal that says what a run is doing; elsewhere a line every few seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from homeport.contract.checks.runner import CheckRun
from homeport.terminal import show

# Seconds between two looks, on a terminal and elsewhere.
_INTERVAL, _LOG_INTERVAL = 0.5, 5.0


class RunProgress:
    """The parts that run at the moment, shown until the run is over; ``interval`` is seconds, None for the usual.

    A terminal has them on its last line. Any other output has a line for what is done, and one every few seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, interval: float | None = None) -> None:
        self._clock, self._interval = clock, interval
        self._running: dict[str, float] = {}
        self._checks = 0
        self._over = threading.Event()
        self.stopped = threading.Event()
        self._out: TextIO = sys.stdout
        self._thread: threading.Thread | None = None

    def begin(self, name: str) -> None:
        """Note that a part has begun."""
        self._running[name] = self._clock()

    def end(self, name: str) -> None:
        """Note that a part is over, and print how long it took where there is no terminal."""
        since = self._running.pop(name, self._clock())
        if not self._out.isatty():
            show(self._out, f"{name}: {self._clock() - since:.0f} s\n")

    def on_run(self, run: CheckRun) -> None:
        """Note that a check has run."""
        self._checks += 1

    def stop(self) -> None:
        """Have the parts end early: schemathesis at once, the checks after the one that runs."""
        self.stopped.set()

    def __enter__(self) -> Self:
        """Begin to show what runs."""
        self._out = sys.stdout
        self._thread = threading.Thread(target=self._show, name="contract-progress", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._out.isatty():
            show(self._out, "\r\x1b[K")

    def _show(self) -> None:
        is_terminal = self._out.isatty()
        interval = self._interval or (_INTERVAL if is_terminal else _LOG_INTERVAL)
        while not self._over.wait(interval):
            show(self._out, f"\r\x1b[K{self._state()}" if is_terminal else f"{self._state()}\n")

    def _state(self) -> str:
        now = self._clock()
        parts = [f"{name}: {now - since:.0f} s" for name, since in tuple(self._running.items())]
        checks = f"; {self._checks} checks done" if self._checks else ""
        return f"{', '.join(parts) or 'starting'}{checks}"
