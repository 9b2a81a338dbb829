"""The states of the processes of ``homeport dev``: the supervisor writes them into a file, the inspector shows them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

State = Literal["waiting", "starting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process of the stack.

    ``waiting`` is the state of one that starts when it is asked for the first time. ``done`` and ``failed`` are states
    of a process that does its work once; ``stopped`` is that of one which died again and again, and is not started any
    more. ``pid`` is None where no process runs. ``restarts`` counts its deaths,
    ``last_exit`` has the last one in words (``signal SIGKILL``), ``""``: it never died. ``url`` is where it serves,
    ``""``: nowhere. ``since`` is when it came into its state, in seconds since the epoch.
    """

    name: str
    state: State
    pid: int | None = None
    restarts: int = 0
    last_exit: str = ""
    url: str = ""
    since: float = 0.0


class ProcessStateFile:
    """A file with the states, written again whenever one of them changes. ``now`` gives seconds since the epoch."""

    def __init__(self, file: Path, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self._now = now
        self._written: tuple[ProcessState, ...] = ()

    def write(self, states: Sequence[ProcessState]) -> None:
        """Write the states, whose ``since`` is filled in here, if one differs from what the file has."""
        before = {each.name: each for each in self._written}
        found = tuple(self._stamp(each, before.get(each.name)) for each in states)
        if found != self._written:
            self._written = found
            draft = self._file.with_suffix(".draft")
            # The stack continues where a disk is full.
            with suppress(OSError):
                draft.write_text(json.dumps([asdict(each) for each in found]))
                # Whoever reads meanwhile finds the old states, whole.
                draft.replace(self._file)

    def _stamp(self, state: ProcessState, before: ProcessState | None) -> ProcessState:
        if before is not None and replace(state, since=before.since) == before:
            return before
        return replace(state, since=self._now())


def read_process_states(file: Path) -> tuple[ProcessState, ...]:
    """Return the states that a file has, none where there is no file yet."""
    with suppress(OSError, ValueError):
        return tuple(ProcessState(**each) for each in json.loads(file.read_bytes()))
    return ()
