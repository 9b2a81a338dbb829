"""Bounds of what one template may do, and the meter that counts it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from homeport.vtl.errors import LimitExceeded

_CHARACTERS_PER_STEP = 32
# A longer whole number is printed digit by digit, in quadratic time.
_LONGEST_INTEGER = 8192


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """Bounds of one rendering.

    ``steps`` bounds nodes, list elements and, at 32 to a step, characters that are made. ``characters`` bounds the text
    and each string. ``loop_rounds`` is where a ``#foreach`` ends, as Velocity's ``directive.foreach.maxloops`` has it;
    API Gateway's quota is 1,000. ``depth`` bounds blocks within blocks. ``pattern_seconds`` is the time that all
    regular expressions take together.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    """

    steps: int = 1_000_000
    characters: int = 10 * 2**20
    loop_rounds: int = 1000
    depth: int = 100
    pattern_seconds: float = 1.0


DEFAULT_LIMITS = RenderLimits()


class Meter:
    """Counts what one rendering does, and ends it at a limit."""

    __slots__ = ("depth", "limits", "pattern_seconds", "steps")

    def __init__(self, limits: RenderLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.steps = limits.steps
        self.depth = 0
        self.pattern_seconds = limits.pattern_seconds

    def charge(self, steps: int = 1) -> None:
        """Count steps. Raises LimitExceeded."""
        self.steps -= steps
        if self.steps < 0:
            raise LimitExceeded(f"the template takes more than {self.limits.steps:,} steps")

    def charge_text(self, length: int) -> None:
        """Count a string of this length that is about to be made. Raises LimitExceeded."""
        if length > self.limits.characters:
            raise LimitExceeded(f"a text has more than {self.limits.characters:,} characters")
        self.charge(1 + length // _CHARACTERS_PER_STEP)

    def check_integer(self, number: int) -> int:
        """Return the number. Raises LimitExceeded for one of thousands of digits."""
        if number.bit_length() > _LONGEST_INTEGER:
            raise LimitExceeded("a whole number has thousands of digits")
        return number

    def enter(self) -> None:
        """Go into a block. Raises LimitExceeded where blocks are nested too deeply."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise LimitExceeded(f"blocks are nested more than {self.limits.depth} deep")

    def leave(self) -> None:
        """Leave a block."""
        self.depth -= 1

    @contextmanager
    def time_pattern(self) -> Iterator[float]:
        """Give the seconds that are left for regular expressions, and count those that the body takes.

        Raises LimitExceeded for the body's TimeoutError, and where nothing is left.
        """
        began = time.monotonic()
        try:
            if self.pattern_seconds <= 0:
                raise TimeoutError
            yield self.pattern_seconds
        except TimeoutError:
            seconds = self.limits.pattern_seconds
            raise LimitExceeded(f"regular expressions take more than {seconds:g} s") from None
        finally:
            self.pattern_seconds -= time.monotonic() - began
