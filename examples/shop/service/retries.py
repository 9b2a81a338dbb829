"""When to try again what DynamoDB couldn't do yet."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

MOST_TURNS = 8
FIRST_PAUSE = 0.025
LONGEST_CALL = 2.5
"""Seconds: DynamoDB is given a second to accept a connection and one and a half to answer."""


def turns(
    deadline: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
) -> Iterator[int]:
    """A turn at once and others after pauses, as long as a call still fits before ``deadline`` (of the ``clock``).

    Pauses are random, up to a limit that doubles, so that those who collided don't meet again:
    https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    yield 0
    for turn in range(1, MOST_TURNS):
        pause = FIRST_PAUSE * 2 ** (turn - 1) * chance()
        if clock() + pause + LONGEST_CALL > deadline:
            return
        sleep(pause)
        yield turn
