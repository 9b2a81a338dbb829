"""Rounds of calls: one after the other on one connection, or as many at once as there are connections."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.contenders import GET, HELLO, LIST, POST, Call
from bench.load import Load, LoadProcess
from bench.report import say

# Timed calls of a round; a page of a list takes longer, and a POST leaves an item behind. Short rounds, so that a slow
# moment of the machine, which lasts a second or more, hits all contenders of one.
ROUND = {HELLO: 25, GET: 50, POST: 10, LIST: 8}
# Calls before them that are not timed: the contender before has left the cores' caches full of its own.
_WARM = 5
HOMEPORT = "homeport"
CONNECTIONS = (1, 8, 32, 128)
EIGHT = 8


class Contender(Protocol):
    """Something that can be timed."""

    def round(self, call: Call, count: int) -> list[float]:
        """Microseconds of so many calls."""


@dataclass
class Timings:
    """Microseconds by call and contender, round by round."""

    found: dict[str, dict[str, list[Sequence[float]]]] = field(default_factory=dict)

    def add(self, call: Call, contender: str, durations: Sequence[float]) -> None:
        """Keep a round's."""
        self.found.setdefault(call.name, {}).setdefault(contender, []).append(durations)

    def as_json(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return median and 99th percentile of each, and the median of the rounds' own ratios to homeport."""
        return {
            call: {
                name: _of_contender(rounds, contenders[HOMEPORT])
                for name, rounds in sorted(contenders.items(), key=_homeport_first)
            }
            for call, contenders in self.found.items()
        }


def _homeport_first(contender: tuple[str, Any]) -> bool:
    return contender[0] != HOMEPORT


def _of_contender(rounds: Sequence[Sequence[float]], homeport: Sequence[Sequence[float]]) -> dict[str, float]:
    taken = [duration for one in rounds for duration in one]
    ratios = [statistics.median(own) / statistics.median(one) for own, one in zip(homeport, rounds, strict=True)]
    return {
        "p50_us": round(statistics.median(taken)),
        "p99_us": round(statistics.quantiles(taken, n=100)[98]),
        "ratio": round(statistics.median(ratios), 3),
    }


def latency(rounds: int, with_items: Mapping[str, Contender], without: Mapping[str, Contender]) -> Timings:
    """``without`` are timed on the call that needs no database, ``with_items`` on the others."""
    timings = Timings()
    for number in range(rounds + 1):
        for call in (HELLO, GET, POST, LIST):
            contenders = list((without if call is HELLO else with_items).items())
            # Every other round backwards: whoever comes first finds the caches full of another.
            for name, contender in contenders if number % 2 else reversed(contenders):
                contender.round(call, _WARM)
                durations = contender.round(call, ROUND[call])
                # The first round starts what has to be started.
                if number:
                    timings.add(call, name, durations)
    return timings


def throughput(seconds: float, targets: Mapping[Call, Mapping[str, str]]) -> dict[str, Any]:
    """Return the requests a second of each call and base URL, in rounds of so many seconds."""
    load = LoadProcess()
    found: dict[str, Any] = {}
    for call, contenders in targets.items():
        for connections in CONNECTIONS if call is GET else (EIGHT,):
            rounds: dict[str, list[Load]] = {name: [] for name in contenders}
            for _ in range(3):
                for name, url in contenders.items():
                    one = load.put(url, call.path, connections, seconds=seconds)
                    rounds[name].append(one)
                    for what, count in one.seen.items():
                        say(f"{call.name}, {connections}, {name}: {count} times {what}")
            found[f"{call.name}, {connections}"] = {name: _of_rounds(loads[1:]) for name, loads in rounds.items()}
    load.close()
    return found


def _of_rounds(rounds: Sequence[Load]) -> dict[str, float]:
    return {
        "per_second": round(statistics.mean(load.rate for load in rounds)),
        "p50_us": round(statistics.median(load.p50 for load in rounds)),
        "p99_us": round(statistics.median(load.p99 for load in rounds)),
        "errors": sum(load.errors for load in rounds),
    }
