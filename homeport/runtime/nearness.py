"""Who runs on the gateway's core: its own threads, and the one function that it waits for.

To wake another core takes longer than most of what a request needs there, and longer still on a virtual machine. As
long as requests come one after the other, gateway and worker take turns anyway: on one core they save two such waits of
the six that a request with a database has. A worker that has others beside it may use every core.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Protocol
from weakref import WeakSet

# So many requests, each of which had no other beside it, make those that follow likely to have none either.
_IN_TURN = 20
# With more MB a function has more than one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_ONE_CPU = 1769


class Placed(Protocol):
    """An execution environment, as far as its place is concerned."""

    @property
    def memory(self) -> int:
        """MB that it may use."""

    def keep_to(self, cores: frozenset[int]) -> None:
        """Run on these cores only."""


class Nearness:
    """``here`` are the cores of the gateway, ``everywhere`` all that there are; both empty: nobody is placed."""

    def __init__(self, here: frozenset[int] = frozenset(), everywhere: frozenset[int] = frozenset()) -> None:
        self._here, self._everywhere = here, everywhere
        # Those of functions that were edited meanwhile are gone by themselves.
        self._near: WeakSet[Placed] = WeakSet()

    def place(self, environment: Placed, in_turn: int) -> None:
        """Before it serves a request: ``in_turn`` is how many had none beside them up to this one, 0: it has."""
        if self._near and not in_turn:
            self._let_go()
        elif in_turn > _IN_TURN and self._here and environment not in self._near and environment.memory <= _ONE_CPU:
            self._near.add(environment)
            environment.keep_to(self._here)

    def _let_go(self) -> None:
        # Another thread may be at it too.
        with contextlib.suppress(KeyError):
            while True:
                self._near.pop().keep_to(self._everywhere)


def stay_on_one_core() -> Nearness:
    """Keep this process's threads, all of which are still to come, on one core, where the system lets it choose.

    Python lets one thread of a process compute at a time. Handing over to the next one on another core means to wake
    that core and to fill its caches: under load that took a fourth of what the gateway could do.
    """
    if sys.platform != "linux":
        return Nearness()
    everywhere = frozenset(os.sched_getaffinity(0))
    here = frozenset({sorted(everywhere)[os.getpid() % len(everywhere)]})
    try:
        os.sched_setaffinity(0, here)
    except OSError:  # a sandbox may forbid it
        return Nearness()
    return Nearness(here, everywhere)
