"""``RunPlan``: the parts of a run, and the time and work that each of them gets."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import Literal

Part = Literal["fuzz", "rest", "document", "cases"]
PARTS: tuple[Part, ...] = ("fuzz", "rest", "document", "cases")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)")
_UNITS = {"s": 1, "m": 60, "h": 3600}
# Seconds of a budget that the stacks, the project's own cases and the reports take.
_OVERHEAD = 8.0
# Test cases of schemathesis per operation, phase and minute of a budget.
_EXAMPLES_PER_MINUTE = 40
_MOST_EXAMPLES = 2000
_MOST_ROUNDS = 10_000


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The work of a run.

    Without a budget it is the same on every machine: ``rounds`` of the checks, and as many cases of schemathesis as
    the configuration says. ``fuzz_seconds`` and ``check_seconds`` end the two earlier, None: no limit. ``examples`` is
    per operation and phase, None: the configuration's number. ``shard`` is the number of this part of a run, counted
    from 1, and the number of parts.
    """

    parts: frozenset[Part] = frozenset(PARTS)
    rounds: int = 1
    examples: int | None = None
    fuzz_seconds: int | None = None
    check_seconds: float | None = None
    shard: tuple[int, int] = (1, 1)

    def has(self, part: Part) -> bool:
        """Return whether the run has a part."""
        return part in self.parts


def make_plan(options: argparse.Namespace, *, in_turn: bool) -> RunPlan:
    """Return the plan of a command line. ``in_turn`` says that schemathesis and the checks can't run side by side."""
    parts = frozenset(options.phases or PARTS) - ({"cases"} if options.without_cases else set())
    if options.budget is None:
        return RunPlan(parts, 1, options.max_examples, options.max_time, None, options.shard)
    left = max(options.budget - _OVERHEAD, 5.0)
    share = left / 2 if in_turn and {"fuzz", "rest"} <= parts else left
    examples = min(max(int(_EXAMPLES_PER_MINUTE * options.budget / 60), 5), _MOST_EXAMPLES)
    return RunPlan(parts, _MOST_ROUNDS, examples, int(share), share, options.shard)


def duration(text: str) -> float:
    """Return the seconds of a duration, ``30s``, ``5m`` or ``1h``; a type of argparse. Raises ArgumentTypeError."""
    found = _DURATION.fullmatch(text)
    if found is None or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 30s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2]]


def shard(text: str) -> tuple[int, int]:
    """Return the parts of ``2/4``; a type of argparse. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a run: write 1/4 for the first of four")
    return int(found[1]), int(found[2])


def phases(text: str) -> list[Part]:
    """Return the parts of ``rest,document``; a type of argparse. Raises ArgumentTypeError."""
    chosen = [part for part in PARTS if part in text.split(",")]
    if unknown := [name for name in text.split(",") if name not in PARTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no part of a run: write some of {', '.join(PARTS)}")
    return chosen
