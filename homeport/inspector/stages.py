"""The time line of a request: the steps of the gateway in AWS's words, and of those, the ones that mattered. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.recordings.recording import RecordedInvocation, Recording

# Of the chart, in pixels.
WIDTH = 320.0
_THINNEST = 1.5
# A step that took less than this share of the time, and less than these milliseconds, is not listed on its own.
_LEAST_SHARE = 0.05
_LEAST_MS = 1.0

# The words of API Gateway's documentation for what each step of ``gateway/pipeline.py`` does.
_TITLES = {
    "limits": "Size of request line and headers",
    "match": "Route",
    "cors": "CORS",
    "require_route": "Route",
    "arn_limit": "Length of the method ARN",
    "authorize": "Authorizer",
    "api_key": "API key",
    "throttle": "Throttling",
    "decompress": "Decompression of the body",
    "validate": "Request validation",
    "integrate": "Integration",
}


@dataclass(frozen=True, slots=True)
class StageBar:
    """A step on the time line; ``x`` and ``width`` are of the chart's WIDTH. The ``last`` step made the response.

    ``listed`` is whether it mattered. ``part`` says that it is a part of the step before it: a function's Init phase,
    or its invocation.
    """

    title: str
    duration_ms: float
    x: float
    width: float
    last: bool = False
    listed: bool = True
    part: bool = False


def stage_bars(recording: Recording) -> tuple[StageBar, ...]:
    """Return the steps one after the other, in proportion to the time of all."""
    total = sum(stage.duration_ms for stage in recording.stages) or 1.0
    found, before = list[StageBar](), 0.0
    for number, stage in enumerate(recording.stages, 1):
        last = number == len(recording.stages)
        matters = stage.duration_ms >= max(_LEAST_MS, _LEAST_SHARE * total)
        listed = last or matters or (stage.name == "authorize" and recording.authorizer is not None)
        title = _TITLES.get(stage.name, stage.name)
        found.append(_bar(title, before, stage.duration_ms, total, last=last, listed=listed))
        invocation = {"authorize": recording.authorizer, "integrate": recording.function}.get(stage.name)
        found += _parts(invocation, before, total) if invocation is not None else []
        before += stage.duration_ms
    return tuple(found)


def _parts(invocation: RecordedInvocation, before: float, total: float) -> list[StageBar]:
    """Return the phases of an invocation. Where they lie in their step is not recorded: they begin with it."""
    init = invocation.init_ms or 0.0
    run = _bar(f"Invoke {invocation.function}", before + init, invocation.duration_ms, total, part=True)
    return [_bar(f"Init {invocation.function}", before, init, total, part=True), run] if init else [run]


def _bar(
    title: str,
    before: float,
    duration_ms: float,
    total: float,
    *,
    last: bool = False,
    listed: bool = True,
    part: bool = False,
) -> StageBar:
    x = min(before / total * WIDTH, WIDTH - _THINNEST)
    width = min(max(duration_ms / total * WIDTH, _THINNEST), WIDTH - x)
    return StageBar(title, duration_ms, round(x, 1), round(width, 1), last, listed, part)
