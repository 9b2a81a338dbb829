"""Work in the background that keeps no request waiting.

While one of Python's threads computes, the others wait: the log lines of a hundred requests, made in one go, are a
pause of some milliseconds for the request that comes meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

# Pieces of a batch at most, and what is never cut further.
_MOST, _FEW = 20, 5
# Seconds.
_REST = 0.001


def pieces(waiting: int) -> Iterator[int]:
    """How many to take at a time of so many that wait, with a rest after each piece.

    What comes meanwhile is the next batch's: under load there would be no end otherwise.
    """
    size = max(_FEW, -(-waiting // _MOST))
    while waiting > 0:
        yield min(waiting, size)
        waiting -= size
        time.sleep(_REST)
