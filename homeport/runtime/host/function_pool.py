"""``FunctionPool``: the environments of one function, the leases of those that are used, and the requests that wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.runtime.api import InvokeError, Unavailable
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.execution_environment import Environment

CLOSED = "the local Lambda is being closed"
# A process that used a core for less of the time since the last look was waiting for something else.
AT_WORK_FROM = 0.2
# The weight of a look, for each environment that is looked at, in a function's share of work.
_WEIGHT = 0.05


@dataclass(slots=True)
class BusyEnvironment:
    """The state of an environment that starts or serves, with its process's CPU time at the last look.

    ``spare`` says that it starts for the request that waits longest when it is there. ``works`` is whether it was at
    work at the last look.
    """

    starts: bool
    spare: bool
    works: bool = True
    looked: float = 0.0
    cpu_time: float = -1.0

    def note_cpu_time(self, cpu_time: float | None, now: float) -> bool:
        """Take the process's CPU time. Return whether the last look is long enough ago to say if it was at work.

        None stands for a process that could continue now.
        """
        before, since = self.cpu_time, self.looked
        self.cpu_time, self.looked = -1.0 if cpu_time is None else cpu_time, now
        if cpu_time is None:
            self.works = True
            return True
        if before < 0 or now <= since:
            return False
        self.works = cpu_time - before >= AT_WORK_FROM * (now - since)
        return True


@dataclass(frozen=True, slots=True)
class CpuLook:
    """The CPU time of a busy environment's process at a moment."""

    environment: Environment
    busy: BusyEnvironment
    cpu_time: float | None
    time: float


@dataclass(eq=False)
class FunctionPool:
    """The environments of one function.

    ``idle`` is a stack: the one that was used last serves next. ``busy`` has those that start or serve. ``requests`` is
    the number of requests that are served or wait, and ``waiting`` has the latter. ``progressed`` is when an invocation
    ended last. ``work_share`` is the part of the looks that found a busy environment at work, recent looks above all.
    """

    config: FunctionConfig
    progressed: float
    idle: list[Environment] = field(default_factory=list)
    busy: dict[Environment, BusyEnvironment] = field(default_factory=dict)
    requests: int = 0
    work_share: float = 1.0
    waiting: deque[LeaseRequest] = field(default_factory=deque)

    def note_cpu_time(self, look: CpuLook) -> None:
        """Take what a look has found, unless the environment has come free since."""
        busy = self.busy.get(look.environment)
        if busy is look.busy and busy.note_cpu_time(look.cpu_time, look.time) and not busy.starts:
            self.work_share += (busy.works - self.work_share) * _WEIGHT

    @property
    def at_work(self) -> float:
        """The number of environments that are at work, as far as looks tell."""
        starting = sum(each.works for each in self.busy.values() if each.starts)
        return starting + self.work_share * sum(not each.starts for each in self.busy.values())

    @property
    def starting(self) -> int:
        """The number of environments that start for requests that wait."""
        return sum(each.spare for each in self.busy.values())

    @property
    def is_cold(self) -> bool:
        """Return whether no environment has been initialised."""
        return not self.idle and all(each.starts for each in self.busy.values())


@dataclass(eq=False, slots=True)
class Lease:
    """An environment that serves one request, or is started. ``starts`` is whether it has to be initialised first."""

    pool: FunctionPool
    environment: Environment
    starts: bool


@dataclass(eq=False, slots=True)
class LeaseRequest:
    """A request for an environment. ``faults`` are for the initialisation of one that is started for it.

    ``begin`` is called with an environment that another request has released, in the thread that releases it. While
    the request waits, ``lease`` is None and ``served`` is a lock that is held. ``failure`` is why it gets none.
    """

    pool: FunctionPool
    since: float
    faults: Mapping[str, Any] | None = None
    begin: Callable[[Environment], None] | None = None
    lease: Lease | None = None
    served: threading.Lock | None = None
    failure: InvokeError | None = None

    def wait(self) -> Lease:
        """Return the lease once there is one. Raises Unavailable."""
        if self.served is not None:
            with self.served:
                pass
        if self.lease is None:
            raise self.failure or Unavailable(CLOSED)
        return self.lease

    def serve(self) -> None:
        """End the wait, with ``lease`` set. Called without the scheduler's lock."""
        try:
            if self.begin is not None and self.lease is not None:
                self.begin(self.lease.environment)
        finally:
            self.finish()

    def finish(self, failure: InvokeError | None = None) -> None:
        """End the wait."""
        self.failure = failure
        if self.served is not None:
            self.served.release()
