"""Waits for events, with a limit that a busy machine does not reach, and a measure of how busy it is."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

LAST_RESORT = 60.0
"""Seconds after which a test gives up: far more than anything takes."""
_PAUSE = 0.02
# A start of Python, as the processes of a stack make it: about a tenth of a second of work.
_REFERENCE = (sys.executable, "-I", "-c", "import asyncio, email.message, http.server, unittest.mock")


def queue_length() -> float:
    """Return how many processes there were for each processor in the last minute, at least 1.0."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def eventually(
    check: Callable[[], bool], limit: float = LAST_RESORT, slowed: Callable[[], float] = queue_length
) -> bool:
    """Return True as soon as ``check`` does, False after ``limit`` seconds, multiplied by how much all is slowed.

    A process that shares its processor with ten others has a tenth of the seconds.
    """
    begun = time.monotonic()
    while not check():
        if time.monotonic() - begun > limit * slowed():
            return False
        time.sleep(_PAUSE)
    return True


def wait_until(check: Callable[[], bool], explain: Callable[[], object] = lambda: "") -> float:
    """Wait until ``check`` returns True, and return the seconds it took. ``explain`` gives the message of a failure."""
    begun = time.monotonic()
    assert eventually(check), explain()
    return time.monotonic() - begun


def slowness() -> float:
    """Return how many times longer than its own computing time a start of Python takes now, at least 1.0.

    A promise in seconds holds for a quiet machine: a test multiplies it by the slowness that it measures beside it.
    """
    begun = time.monotonic()
    process = os.posix_spawn(sys.executable, _REFERENCE, os.environ)
    _, status, usage = os.wait4(process, 0)
    assert status == 0
    return max(1.0, (time.monotonic() - begun) / (usage.ru_utime + usage.ru_stime))


class SlownessMeter:
    """Measure the slowness of the machine again and again beside the block that it is the context of.

    ``worst`` is the largest one. A promise about what went on in the block is judged by it: one measured before or
    after would be that of another moment.
    """

    # ``rest`` is the seconds between two measurements, so that they leave the machine to what is measured.
    def __init__(self, measure: Callable[[], float] = slowness, rest: float = 0.2) -> None:
        self.worst = 1.0
        self._measure, self._rest = measure, rest
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> SlownessMeter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the measurement that is under way: there is always one."""
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            self.worst = max(self.worst, self._measure())
            if self._over.wait(self._rest):
                return
