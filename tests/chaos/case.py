"""A case of the campaign, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.ground import Ground
from tests.chaos.ledger import NO_ANSWER

FAILED = frozenset({500, 503})
"""An HTTP API's answers for a function that failed, and for one that did not end in time."""
TIMED_OUT = frozenset({NO_ANSWER, 503})
"""What a client gets where nothing came in time: of the gateway for a function, or by its own limit."""
ENDED = frozenset({NO_ANSWER})
NOTHING: frozenset[int] = frozenset()


class Unable(Exception):
    """The reason why this machine or user can't bring the fault about; it is printed."""


@dataclass(frozen=True)
class Case:
    """``inflict`` does harm, returns when it is over, and gives what is worth telling.

    It raises AssertionError where the answer to the harm itself is not the documented one. ``answers`` is what clients
    beside it may get meanwhile, other than success.
    """

    name: str
    inflict: Callable[[Ground], str]
    answers: frozenset[int] = NOTHING
    repeats: int = 1


@dataclass
class Outcome:
    """``recovered`` is seconds from the end of the harm until requests are answered again, and stay so.

    ``slowness`` is the factor by which the machine was slower than a quiet one meanwhile. ``slow`` has those of the
    faults in ``wrong`` that are about time.
    """

    name: str
    recovered: float = 0.0
    slowness: float = 1.0
    answers: str = ""
    note: str = ""
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""
    slow: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        """The outcome in one word."""
        return "skipped" if self.skipped else "BROKEN" if self.wrong else "ok"

    @property
    def is_merely_slow(self) -> bool:
        """True if something is wrong, and all of it is about time."""
        return bool(self.wrong) and self.wrong == self.slow

    def judge_recovery(self, limit: float, slowness: float, what: str = "recovered") -> None:
        """Compare the recovery with ``limit`` seconds of a quiet machine, by the slowness measured beside it."""
        self.slowness = slowness
        if self.recovered > limit * slowness:
            self.add_slow(f"{what} after {self.recovered:.2f} s, more than {limit:.1f} s times {slowness:.1f}")

    def add_slow(self, *faults: str) -> None:
        """Add faults that are about time."""
        self.slow += faults
        self.wrong += faults
