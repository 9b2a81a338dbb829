"""What a case of the campaign is, and how its outcome is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.ground import Ground
from tests.chaos.ledger import NO_ANSWER

FAILED = frozenset({500, 503})
"""An HTTP API's answers for a function that failed, and for one that did not end in time."""
ENDED = frozenset({NO_ANSWER})
NOTHING: frozenset[int] = frozenset()


class Unable(Exception):
    """This machine or user can't bring the fault about; the reason is printed."""


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
    """``recovered`` is seconds from the end of the harm until requests are answered again, and stay so."""

    name: str
    recovered: float = 0.0
    answers: str = ""
    note: str = ""
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def verdict(self) -> str:
        """One word."""
        return "skipped" if self.skipped else "BROKEN" if self.wrong else "ok"
