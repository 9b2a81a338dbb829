"""Asynchronous invocations: when Lambda tries an event again, and when it gives it up.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from homeport.project.triggers.trigger import AsyncSettings


@dataclass(frozen=True, slots=True)
class RetryDelays:
    """The seconds before each retry after an error, and for events that no environment was free for.

    On AWS, Lambda waits a minute before the first retry and two before the second; an event that was throttled is tried
    again after a second, then after twice as long each time, up to five minutes.
    """

    errors: tuple[float, ...] = (60.0, 120.0)
    throttled: float = 1.0
    throttled_longest: float = 300.0


@dataclass(frozen=True, slots=True)
class EventState:
    """The course of an event so far: ``sent`` is seconds since the epoch, ``failures`` and ``throttles`` are counts."""

    sent: float
    failures: int = 0
    throttles: int = 0


@dataclass(frozen=True, slots=True)
class RetryLater:
    """The event is tried again after ``delay`` seconds."""

    state: EventState
    delay: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The event is discarded."""

    condition: Literal["RetriesExhausted", "EventAgeExceeded"]


def is_too_old(state: EventState, settings: AsyncSettings, now: float) -> bool:
    """Return whether an event is discarded before it is tried."""
    return now - state.sent > settings.max_age


def after_attempt(
    state: EventState, result: Literal["failed", "throttled"], settings: AsyncSettings, delays: RetryDelays, now: float
) -> RetryLater | GiveUp:
    """Return what follows an attempt that failed. Throttled events count by their age alone."""
    if result == "throttled":
        following = replace(state, throttles=state.throttles + 1)
        delay = min(delays.throttled_longest, delays.throttled * 2.0 ** min(state.throttles, 30))
    else:
        following = replace(state, failures=state.failures + 1)
        if following.failures > settings.max_retries:
            return GiveUp("RetriesExhausted")
        delay = delays.errors[min(state.failures, len(delays.errors) - 1)]
    if is_too_old(state, settings, now + delay):
        return GiveUp("EventAgeExceeded")
    return RetryLater(following, delay)
