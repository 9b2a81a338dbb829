"""``RunProgress``: a line on the terminal that says what a run is doing; a line for each part elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from homeport.contract.checks.runner import CheckRun
from homeport.terminal import show

_INTERVAL = 0.5


class RunStopped(Exception):
    """The run was interrupted while its checks ran."""


class RunProgress:
    """The parts that run at the moment, shown on a terminal's last line until the run is over."""

    def __init__(self) -> None:
        self._running: dict[str, float] = {}
        self._checks = 0
        self._over = threading.Event()
        self.stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, name: str) -> None:
        """Note that a part has begun."""
        self._running[name] = time.monotonic()

    def end(self, name: str) -> None:
        """Note that a part is over, and print how long it took where there is no terminal."""
        since = self._running.pop(name, time.monotonic())
        if self._thread is None:
            show(sys.stdout, f"{name}: {time.monotonic() - since:.0f} s\n")

    def on_run(self, run: CheckRun) -> None:
        """Note that a check has run. Raises RunStopped once the run is over."""
        self._checks += 1
        if self.stopped.is_set():
            raise RunStopped

    def stop(self) -> None:
        """Have the checks end after the one that runs."""
        self.stopped.set()

    def __enter__(self) -> Self:
        """Begin to show the line."""
        if sys.stdout.isatty():
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
            show(sys.stdout, "\r\x1b[K")

    def _show(self) -> None:
        while not self._over.wait(_INTERVAL):
            now = time.monotonic()
            parts = [f"{name}: {now - since:.0f} s" for name, since in tuple(self._running.items())]
            checks = f"; {self._checks} checks done" if self._checks else ""
            show(sys.stdout, f"\r\x1b[K{', '.join(parts) or 'starting'}{checks}")
