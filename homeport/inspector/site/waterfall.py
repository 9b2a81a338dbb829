"""Where a request's time went, as bars of a chart. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.inspector.recording import Recording

WIDTH = 320.0
_THINNEST = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage; ``x`` and ``width`` are of the chart's WIDTH. ``last`` is the stage that answered or refused."""

    name: str
    duration_ms: float
    x: float
    width: float
    last: bool


def bars(recording: Recording) -> tuple[Bar, ...]:
    """The stages one after the other, in proportion to the time of all."""
    total = sum(stage.duration_ms for stage in recording.stages) or 1.0
    found, before = [], 0.0
    for number, stage in enumerate(recording.stages, 1):
        x = min(before / total * WIDTH, WIDTH - _THINNEST)
        width = max(stage.duration_ms / total * WIDTH, _THINNEST)
        found.append(Bar(stage.name, stage.duration_ms, round(x, 1), round(width, 1), number == len(recording.stages)))
        before += stage.duration_ms
    return tuple(found)
