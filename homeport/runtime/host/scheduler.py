"""The cores of this machine: how many there are, and whether one is to spare.

Which execution environment serves a request: an idle one, a new one, or the next to come free.

Lambda has a new one for each request that finds none idle, and so has this. But a start is work for a core, and here
the cores are few: so many environments start at once as there are cores, and where no core is to spare, a request of a
function that needs one waits a moment for an environment to come free, first come, first served.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.runtime.api import Throttled, Unavailable
from homeport.runtime.config import FunctionConfig
from homeport.runtime.host.environment import Environment

_STAT = Path("/proc/stat")
# Seconds: what is known is that old at most, and covers that much at least.
_FRESH = 0.05
# The share of all cores' time below which there is no core to spare.
_SPARE = 0.1


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class CpuLoad:
    """Looks at the last moments' idle time; where the system doesn't tell it, there always is a core to spare.

    ``read`` gives the time that all cores spent, and that part of it in which they were idle, in any unit.
    """

    def __init__(self, read: Callable[[], tuple[float, float] | None] | None = None) -> None:
        self._read = read or read_times
        self._at = 0.0
        self._times = self._read()
        self._spare = True

    def __call__(self) -> bool:
        """Whether a process more would find a core."""
        now = time.monotonic()
        if self._times is not None and now - self._at >= _FRESH:
            self._look(now)
        return self._spare

    def _look(self, now: float) -> None:
        times = self._read()
        if times is None or self._times is None:
            return
        passed, idle = times[0] - self._times[0], times[1] - self._times[1]
        if passed > 0:
            self._spare = idle / passed >= _SPARE
            self._at, self._times = now, times


def read_times() -> tuple[float, float] | None:
    """All cores' time and idle time so far, in ticks; None where there is no /proc/stat."""
    try:
        with _STAT.open() as file:
            spent = [int(ticks) for ticks in file.readline().split()[1:9]]
    except FileNotFoundError:
        return None
    # user, nice, system, idle, iowait, …: https://docs.kernel.org/filesystems/proc.html
    return sum(spent), spent[3] + spent[4]


# Seconds that a start counts as work for a core: one that takes longer waits for something.
_BUSY_START = 0.15
# Seconds that a request waits where no core is to spare.
_PATIENCE = 2.0
# A function that needs a core for less of its time than this mostly waits, and one more of it is no load.
_IDLING = 0.05
# Seconds between two looks at the requests that wait.
_TICK = 0.02
_CLOSED = "the local Lambda is being closed"


@dataclass(eq=False)
class _Pool:
    """A function's environments. ``idle`` is a stack: the warmest serves next. ``requests`` is how many are served.

    ``share`` is the part of its time in which the function needs a core, as it was lately.
    """

    config: FunctionConfig
    idle: list[Environment] = field(default_factory=list)
    busy: set[Environment] = field(default_factory=set)
    requests: int = 0
    share: float = 0.0


@dataclass(eq=False, slots=True)
class Lease:
    """An environment that serves one request. ``starts`` is whether it has to be initialised."""

    pool: _Pool
    environment: Environment
    starts: bool


@dataclass(eq=False, slots=True)
class _Waiting:
    pool: _Pool
    since: float
    served: threading.Event = field(default_factory=threading.Event)
    lease: Lease | None = None


class EnvironmentScheduler:
    """All functions' environments, within the account's concurrency.

    ``make`` makes an environment of a function. ``cores`` is how many may start at once, ``spare`` tells whether a core
    has nothing to do.
    """

    def __init__(
        self,
        configs: Mapping[str, FunctionConfig],
        account: int,
        make: Callable[[FunctionConfig], Environment],
        cores: int,
        spare: Callable[[], bool],
    ) -> None:
        self._account = account
        self._make = make
        self._cores = cores
        self._spare = spare
        self._pools = {name: _Pool(config) for name, config in configs.items()}
        self._unreserved = 0
        self._starts: dict[Lease, float] = {}
        self._waiting: deque[_Waiting] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._somebody_waits = threading.Condition(self._lock)
        threading.Thread(target=self._look_after, name="waiting-requests", daemon=True).start()

    def acquire(self, function: str, *, fresh: bool = False) -> Lease:
        """An environment for a request, no idle one if it has to be ``fresh``.

        Raises Throttled, Unavailable, and KeyError for a function that there is not.
        """
        with self._lock:
            if self._closed:
                raise Unavailable(_CLOSED)
            pool = self._pools[function]
            self._admit(pool)
            if pool.idle and not fresh:
                return self._lease(pool, pool.idle.pop(), starts=False)
            if self._may_start(pool, 0.0):
                return self._start(pool)
            waiting = _Waiting(pool, time.monotonic())
            self._waiting.append(waiting)
            self._somebody_waits.notify()
        waiting.served.wait()
        if waiting.lease is None:
            raise Unavailable(_CLOSED)
        return waiting.lease

    def started(self, lease: Lease) -> None:
        """The lease's environment has been initialised, or failed to be."""
        with self._lock:
            self._starts.pop(lease, None)
            self._serve_waiting()

    def release(self, lease: Lease, *, usable: bool) -> None:
        """The request is over; whether the environment can serve another one."""
        pool, environment = lease.pool, lease.environment
        with self._lock:
            self._starts.pop(lease, None)
            self._dismiss(pool)
            pool.busy.discard(environment)
            pool.share += (environment.share - pool.share) / 4
            keep = usable and self._pools.get(pool.config.name) is pool
            if keep:
                self._pass_on(pool, environment)
            elif self._waiting:
                self._serve_waiting()
        if not keep:
            environment.close()

    def count(self, function: str) -> tuple[int, int]:
        """How many of a function's environments are idle, and how many busy."""
        with self._lock:
            pool = self._pools[function]
            return len(pool.idle), len(pool.busy)

    def replace(self, configs: Mapping[str, FunctionConfig]) -> list[Environment]:
        """Serve the next requests with other functions; the environments that are to be closed."""
        with self._lock:
            old = list(self._pools.values())
            self._pools = {name: _Pool(config) for name, config in configs.items()}
            return [environment for pool in old for environment in _take_all(pool)]

    def retire(self, before: float) -> list[Environment]:
        """The environments that have been idle since ``before``, a monotonic time; they are to be closed."""
        with self._lock:
            # The bottom of the stack has been idle the longest.
            old = [e for pool in self._pools.values() for e in pool.idle if e.idle_since < before]
            for pool in self._pools.values():
                pool.idle = [environment for environment in pool.idle if environment.idle_since >= before]
            return old

    def close(self) -> tuple[list[Environment], list[Environment]]:
        """Lend no more; the idle environments, and the busy ones."""
        with self._lock:
            pools, self._pools, self._closed = list(self._pools.values()), {}, True
            while self._waiting:
                self._waiting.popleft().served.set()
            self._somebody_waits.notify()
            idle = [environment for pool in pools for environment in _take_all(pool)]
            return idle, [environment for pool in pools for environment in pool.busy]

    def _admit(self, pool: _Pool) -> None:
        reserved = pool.config.reserved_concurrency
        if reserved is None:
            shared = self._account - sum(p.config.reserved_concurrency or 0 for p in self._pools.values())
            if self._unreserved >= shared:
                raise Throttled("Rate Exceeded.")
            self._unreserved += 1
        elif pool.requests >= reserved:
            raise Throttled("Rate Exceeded.")
        pool.requests += 1

    def _dismiss(self, pool: _Pool) -> None:
        pool.requests -= 1
        if pool.config.reserved_concurrency is None:
            self._unreserved -= 1

    def _lease(self, pool: _Pool, environment: Environment, *, starts: bool) -> Lease:
        pool.busy.add(environment)
        return Lease(pool, environment, starts)

    def _may_start(self, pool: _Pool, waited: float) -> bool:
        now = time.monotonic()
        if sum(now - since < _BUSY_START for since in self._starts.values()) >= self._cores:
            return False
        few = len(pool.busy) < 2 * self._cores
        return few or pool.share < _IDLING or waited >= _PATIENCE or self._spare()

    def _start(self, pool: _Pool) -> Lease:
        lease = self._lease(pool, self._make(pool.config), starts=True)
        self._starts[lease] = time.monotonic()
        return lease

    def _pass_on(self, pool: _Pool, environment: Environment) -> None:
        first = next((waiting for waiting in self._waiting if waiting.pool is pool), None)
        if first is None:
            environment.idle_since = time.monotonic()
            pool.idle.append(environment)
        else:
            self._waiting.remove(first)
            self._serve(first, self._lease(pool, environment, starts=False))

    def _serve_waiting(self) -> None:
        """Start environments for those who waited longest, as far as they may be started."""
        now = time.monotonic()
        for waiting in tuple(self._waiting):
            if self._may_start(waiting.pool, now - waiting.since):
                self._waiting.remove(waiting)
                self._serve(waiting, self._start(waiting.pool))

    def _serve(self, waiting: _Waiting, lease: Lease) -> None:
        waiting.lease = lease
        waiting.served.set()

    def _look_after(self) -> None:
        """Serve those for whom nothing comes free: all environments are busy, and not with work for a core."""
        with self._lock:
            while not self._closed:
                self._somebody_waits.wait(_TICK if self._waiting else None)
                self._serve_waiting()


def _take_all(pool: _Pool) -> list[Environment]:
    environments, pool.idle = pool.idle, []
    return environments
