"""The limits that the figures have to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limit:
    """``at_least`` says that more is better; otherwise less is."""

    name: str
    figure: Callable[[Figures], float]
    wanted: float
    at_least: bool = False

    def line(self, figures: Figures) -> str:
        """The figure beside what is wanted."""
        found = self.figure(figures)
        reached = found >= self.wanted if self.at_least else found <= self.wanted
        wanted = f"{'at least' if self.at_least else 'at most'} {self.wanted:g}"
        return f"{self.name:<46}{found:>8.2f}   {wanted:<14}{'reached' if reached else 'missed'}"


def lines(figures: Figures) -> Iterator[str]:
    """All of them, for the embedded engine."""
    yield f"{'what is wanted':<46}{'here':>8}"
    yield from (limit.line(figures) for limit in LIMITS)


def _p50(call: str, other: str) -> Callable[[Figures], float]:
    def ratio(figures: Figures) -> float:
        return float(figures["embedded"]["latency"][call][other]["ratio"])

    return ratio


def _rate(load: str) -> Callable[[Figures], float]:
    def ratio(figures: Figures) -> float:
        found = figures["embedded"]["throughput"][load]
        return float(found["homeport"]["per_second"] / found["Flask"]["per_second"])

    return ratio


def _spread(load: str) -> Callable[[Figures], float]:
    def ratio(figures: Figures) -> float:
        found = figures["embedded"]["throughput"][load]["homeport"]
        return float(found["p99_us"] / found["p50_us"])

    return ratio


def _errors(figures: Figures) -> float:
    loads = figures["embedded"]["throughput"].values()
    return float(sum(load["homeport"]["errors"] for load in loads) + figures["memory"]["errors"])


def _growth(figures: Figures) -> float:
    memory = figures["memory"]
    return abs(float(memory["after_mb"] / memory["warm_mb"] - 1)) * 100


def _ready(figures: Figures) -> float:
    return float(figures["ready_s"] / figures["flask_ready_s"])


LIMITS = (
    Limit("GET item, p50 to bare boto3's", _p50("GET item", "bare boto3"), 1.5),
    Limit("GET item, p50 with recording to without", _p50("GET item", "homeport, not recording"), 1.05),
    Limit("GET item, 8 connections, rate to Flask's", _rate("GET item, 8"), 1.5, at_least=True),
    Limit("without a database, p50 to Flask's", _p50("a route without a database", "Flask"), 1.25),
    Limit("without a database, 8 connections, to Flask's", _rate("a route without a database, 8"), 0.9, at_least=True),
    Limit("8 connections, p99 to p50", _spread("GET item, 8"), 5),
    Limit("32 connections, p99 to p50", _spread("GET item, 32"), 8),
    Limit("errors under load", _errors, 0),
    Limit("ready, to a bare Flask app's start", _ready, 1.5),
    Limit("a saved handler answers, ms", lambda figures: float(figures["lambda"]["edit_to_live_p50_ms"]), 100),
    Limit("memory, idle, MB", lambda figures: float(figures["idle_mb"]), 110),
    Limit("memory, change over the requests, %", _growth, 5),
)
