"""The environment scheduler: which execution environment serves a request.

That is an idle one, a new one, or the next one to come free. Lambda starts a new environment for each request that
finds none idle, and so does this. But a start is work for a CPU core, and a developer's machine has few: at most as
many environments start at once as there are cores, and while no core is spare, a request of a function that needs the
CPU waits for an environment to come free, in the order of arrival.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from homeport.runtime.api import Throttled, Unavailable
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.execution_environment import Environment

# The seconds for which a start counts as work for a core: after that it waits for something else.
BUSY_START = 0.15
# The seconds after which a request gets an environment started though no core is spare.
LONGEST_WAIT = 2.0
# A function that uses the CPU for less of its time than this adds no load worth waiting for.
_LITTLE_CPU = 0.05
# Seconds between two looks at the requests that wait.
_TICK = 0.02
_CLOSED = "the local Lambda is being closed"


@dataclass(eq=False)
class _FunctionPool:
    """The environments of one function.

    ``idle`` is a stack: the one that was used last serves next. ``requests`` counts those that are served or wait.
    ``cpu_share`` is the part of their time in which recent invocations used the CPU.
    """

    config: FunctionConfig
    idle: list[Environment] = field(default_factory=list)
    busy: set[Environment] = field(default_factory=set)
    requests: int = 0
    cpu_share: float = 0.0


@dataclass(eq=False, slots=True)
class Lease:
    """An environment that serves one request. ``starts`` is whether it has to be initialised first."""

    pool: _FunctionPool
    environment: Environment
    starts: bool


@dataclass(eq=False, slots=True)
class LeaseRequest:
    """A request for an environment. ``lease`` is None while it waits, and for ever if the scheduler was closed."""

    pool: _FunctionPool
    since: float
    lease: Lease | None = None
    served: threading.Event | None = None

    def wait(self) -> Lease:
        """Return the lease once there is one. Raises Unavailable."""
        if self.served is not None:
            self.served.wait()
        if self.lease is None:
            raise Unavailable(_CLOSED)
        return self.lease

    def finish(self, lease: Lease | None) -> None:
        """End the wait."""
        self.lease = lease
        if self.served is not None:
            self.served.set()


class EnvironmentScheduler:
    """The environments of all functions, within the account's concurrency. Safe for any number of threads.

    ``make`` makes an environment of a function. ``cores`` is how many may start at once, ``has_spare_core`` tells
    whether a core is idle. ``clock`` gives monotonic seconds. A thread has to run ``keep_serving``.
    """

    def __init__(
        self,
        configs: Mapping[str, FunctionConfig],
        account_concurrency: int,
        make: Callable[[FunctionConfig], Environment],
        *,
        cores: int,
        has_spare_core: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account_concurrency = account_concurrency
        self._make = make
        self._cores = cores
        self._has_spare_core = has_spare_core
        self._clock = clock
        self._pools = {name: _FunctionPool(config) for name, config in configs.items()}
        self._unreserved = 0
        self._starts: dict[Lease, float] = {}
        self._waiting: deque[LeaseRequest] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def acquire(self, function: str, *, fresh: bool = False) -> Lease:
        """Return an environment for a request, not an idle one if it has to be ``fresh``. It may have to wait.

        Raises Throttled, Unavailable, and KeyError for an unknown function.
        """
        return self.request(function, fresh=fresh).wait()

    def request(self, function: str, *, fresh: bool = False) -> LeaseRequest:
        """Ask for an environment without waiting. Raises as ``acquire`` does."""
        with self._lock:
            if self._closed:
                raise Unavailable(_CLOSED)
            pool = self._pools[function]
            self._admit(pool)
            request = LeaseRequest(pool, self._clock())
            if pool.idle and not fresh:
                request.lease = self._lease(pool, pool.idle.pop(), starts=False)
            elif self._may_start(pool, 0.0):
                request.lease = self._start(pool)
            else:
                request.served = threading.Event()
                self._waiting.append(request)
                self._changed.notify()
            return request

    def mark_started(self, lease: Lease) -> None:
        """Note that the lease's environment has been initialised, or could not be."""
        with self._lock:
            self._starts.pop(lease, None)
            self._serve_waiting()

    def release(self, lease: Lease, *, usable: bool) -> None:
        """End a lease; ``usable`` is whether the environment can serve another request."""
        pool, environment = lease.pool, lease.environment
        with self._lock:
            self._starts.pop(lease, None)
            pool.requests -= 1
            if pool.config.reserved_concurrency is None:
                self._unreserved -= 1
            pool.busy.discard(environment)
            pool.cpu_share += (environment.cpu_share - pool.cpu_share) / 4
            keep = usable and self._pools.get(pool.config.name) is pool
            if keep:
                self._pass_on(pool, environment)
            elif self._waiting:
                self._serve_waiting()
        if not keep:
            environment.close()

    def count(self, function: str) -> tuple[int, int]:
        """Return how many of a function's environments are idle, and how many are busy."""
        with self._lock:
            pool = self._pools[function]
            return len(pool.idle), len(pool.busy)

    def replace(self, configs: Mapping[str, FunctionConfig]) -> list[Environment]:
        """Serve the next requests with other functions. Return the idle environments, which have to be closed."""
        with self._lock:
            old = list(self._pools.values())
            self._pools = {name: _FunctionPool(config) for name, config in configs.items()}
            return [environment for pool in old for environment in _take_idle(pool)]

    def retire(self, idle_for: float) -> list[Environment]:
        """Return the environments that have been idle for so many seconds, which have to be closed."""
        before = self._clock() - idle_for
        with self._lock:
            retired = [e for pool in self._pools.values() for e in pool.idle if e.idle_since < before]
            for pool in self._pools.values():
                pool.idle = [environment for environment in pool.idle if environment.idle_since >= before]
            return retired

    def close(self) -> tuple[list[Environment], list[Environment]]:
        """Serve no more requests. Return the idle environments, and the busy ones."""
        with self._lock:
            pools, self._pools, self._closed = list(self._pools.values()), {}, True
            while self._waiting:
                self._waiting.popleft().finish(None)
            self._changed.notify()
            idle = [environment for pool in pools for environment in _take_idle(pool)]
            return idle, [environment for pool in pools for environment in pool.busy]

    def serve_waiting(self) -> None:
        """Start environments for the requests that have waited longest, as far as that is allowed now."""
        with self._lock:
            self._serve_waiting()

    def keep_serving(self) -> None:
        """Call ``serve_waiting`` from time to time while requests wait, until the scheduler is closed.

        All environments may be busy without using the CPU, and then none of them comes free.
        """
        with self._lock:
            while not self._closed:
                self._changed.wait(_TICK if self._waiting else None)
                self._serve_waiting()

    def _admit(self, pool: _FunctionPool) -> None:
        reserved = pool.config.reserved_concurrency
        if reserved is None:
            shared = self._account_concurrency - sum(
                other.config.reserved_concurrency or 0 for other in self._pools.values()
            )
            if self._unreserved >= shared:
                raise Throttled("Rate Exceeded.")
            self._unreserved += 1
        elif pool.requests >= reserved:
            raise Throttled("Rate Exceeded.")
        pool.requests += 1

    def _lease(self, pool: _FunctionPool, environment: Environment, *, starts: bool) -> Lease:
        pool.busy.add(environment)
        return Lease(pool, environment, starts)

    def _may_start(self, pool: _FunctionPool, waited: float) -> bool:
        now = self._clock()
        if sum(now - since < BUSY_START for since in self._starts.values()) >= self._cores:
            return False
        few = len(pool.busy) < 2 * self._cores
        return few or pool.cpu_share < _LITTLE_CPU or waited >= LONGEST_WAIT or self._has_spare_core()

    def _start(self, pool: _FunctionPool) -> Lease:
        lease = self._lease(pool, self._make(pool.config), starts=True)
        self._starts[lease] = self._clock()
        return lease

    def _pass_on(self, pool: _FunctionPool, environment: Environment) -> None:
        first = next((request for request in self._waiting if request.pool is pool), None)
        if first is None:
            environment.idle_since = self._clock()
            pool.idle.append(environment)
        else:
            self._serve(first, self._lease(pool, environment, starts=False))

    def _serve_waiting(self) -> None:
        now = self._clock()
        for request in tuple(self._waiting):
            if self._may_start(request.pool, now - request.since):
                self._serve(request, self._start(request.pool))

    def _serve(self, request: LeaseRequest, lease: Lease) -> None:
        self._waiting.remove(request)
        request.finish(lease)


def _take_idle(pool: _FunctionPool) -> list[Environment]:
    environments, pool.idle = pool.idle, []
    return environments
