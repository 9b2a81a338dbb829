"""Runs as frozen values: invocations of functions that no request of the API waited for.

A queue, a stream, a schedule, another service or a function caused them, or a person with ``homeport invoke``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

from homeport.recordings.recording import RecordedInvocation, encode, invocation_from_json


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The columns of a run in a list.

    ``number`` counts runs up, 0: it is not stored yet. ``id`` is Lambda's request id. ``started`` is seconds since the
    epoch. ``origin`` says where the event comes from (``sqs jobs``). ``error`` is set where the function failed.
    ``records`` is how many records the event has, 0: it is no batch; for ``failed`` of them the function failed.
    """

    number: int
    id: str
    started: float
    origin: str
    function: str
    error: str | None
    duration_ms: float
    cold: bool
    records: int
    failed: int = 0

    @property
    def result(self) -> str:
        """``done``, ``failed``, or how many records of the batch failed."""
        if self.error is not None:
            return "failed"
        return f"{self.failed} of {self.records} failed" if self.failed else "done"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run with its event, result, log and calls."""

    summary: RunSummary
    invocation: RecordedInvocation


RUN_SUMMARY = tuple(field.name for field in fields(RunSummary))


def run_to_json(run: RecordedRun) -> str:
    """Return the run without its summary, as it is stored."""
    return encode(run.invocation)


def run_from_json(summary: RunSummary, text: str) -> RecordedRun:
    """Return the run that ``run_to_json`` wrote."""
    return RecordedRun(summary, invocation_from_json(json.loads(text)))
