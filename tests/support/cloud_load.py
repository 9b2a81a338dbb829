"""Requests that go on while something else happens."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import requests

CLIENTS = 3
_PATIENCE = 30.0


@dataclass(frozen=True)
class Load:
    """What became of the requests: how many of each status, 0 for no answer at all."""

    statuses: Counter[int]

    @property
    def failed(self) -> int:
        """Those that a client would call failed."""
        return sum(count for status, count in self.statuses.items() if status != 200)

    @property
    def broken_off(self) -> int:
        """Those that the emulator ended when it put other code in the place of a function's: AWS lets them end."""
        return self.statuses[502]

    @property
    def summary(self) -> str:
        """For people."""
        told = ", ".join(
            f"{count} of status {status}" for status, count in sorted(self.statuses.items()) if status != 200
        )
        return f"{sum(self.statuses.values())} requests, {self.failed} failed" + (f" ({told})" if told else "")


def under_load(url: str, act: Callable[[], object]) -> Load:
    """Ask for ``url`` without pause while ``act`` runs, and a second longer."""
    over = threading.Event()
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def ask() -> None:
        with requests.Session() as session:
            while not over.is_set():
                try:
                    status = session.get(url, timeout=_PATIENCE).status_code
                except requests.RequestException:
                    status = 0
                with lock:
                    statuses[status] += 1

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        act()
        time.sleep(1)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return Load(statuses)
