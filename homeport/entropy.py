"""Random bytes for ids, drawn from the system many at a time: a system call lets another thread have the interpreter,
which a busy gateway pays for with two switches between threads.
"""

from __future__ import annotations

import os
from collections import deque

LARGEST = 64
_DRAWN = 64


class Entropy:
    """Gives bytes that nobody can foresee, and never the same ones twice. For any thread, not across a fork."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()

    def __call__(self, size: int) -> bytes:
        """So many bytes, ``LARGEST`` at most."""
        while True:
            try:
                return self._pieces.popleft()[:size]
            except IndexError:
                drawn = os.urandom(LARGEST * _DRAWN)
                self._pieces.extend(drawn[start : start + LARGEST] for start in range(0, len(drawn), LARGEST))
