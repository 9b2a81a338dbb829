"""Work in the background that keeps no request waiting.

While one of Python's threads computes, the others wait: the log lines of a hundred requests, made in one go, are a
pause of some milliseconds for the request that comes meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sized

_FEW = 5
# Seconds.
_REST = 0.001


def pieces(waiting: Sized) -> Iterator[int]:
    """How many to take next of what waits, until nothing does, with a rest after each piece. More if more waits."""
    while count := len(waiting):
        yield min(count, max(_FEW, count // 20))
        time.sleep(_REST)
