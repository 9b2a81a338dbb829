"""The environment scheduler: which execution environment serves a request.

That is an idle one, a new one, or the next one to come free. Lambda starts a new environment for each request that
finds none idle. Here a start is work for one of few cores, and takes longer than most requests do. So a request waits
for whichever is there first, an environment that comes free or one that was started for the requests that wait:

- A function without an environment gets one at once, and so does a request while fewer environments than cores are at
  work; further ones, up to two for each core, once a request has waited a moment.
- What is at work is sampled while requests wait: an environment whose process neither runs nor could run (it waits for
  a database, a timer, a lock) is not. Requests of a function that mostly waits get environments as they do on AWS,
  however many.
- How busy the machine is does not count. Beside other programs' work an environment takes longer, and more of them
  would take longer still.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from homeport.runtime.api import InvokeError, Throttled, Unavailable
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.execution_environment import Environment
from homeport.runtime.host.function_pool import (
    CLOSED,
    BusyEnvironment,
    CpuLook,
    FunctionPool,
    Lease,
    LeaseRequest,
)

# The seconds after which a request of a function none of whose invocations ends gets an environment in any case.
LONGEST_WAIT = 2.0
# The environments at work, for each core: with one beside the one that runs, no core waits for the gateway.
AT_WORK = 2
# The seconds that a request waits before more environments than cores are at work for it.
SHORT_WAIT = 0.02
# Seconds between two looks at the requests that wait.
_TICK = 0.01
# Such looks without a request that waits, after which nobody looks until there is one.
_LOOKS_FOR_NOTHING = 50


class EnvironmentScheduler:
    """The environments of all functions, within the account's concurrency. Safe for any number of threads.

    ``make`` makes an environment of a function. ``start`` has an environment initialised in another thread, which then
    calls ``add_started``; it gets the request that waits longest. ``cores`` is how many may start at once,
    ``has_spare_core`` tells whether a core is idle. ``clock`` gives monotonic seconds. A thread has to run
    ``keep_serving``.
    """

    def __init__(
        self,
        configs: Mapping[str, FunctionConfig],
        account_concurrency: int,
        make: Callable[[FunctionConfig], Environment],
        *,
        start: Callable[[Lease, LeaseRequest], None],
        cores: int,
        has_spare_core: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account_concurrency = account_concurrency
        self._make = make
        self._start_elsewhere = start
        self._cores = cores
        self._has_spare_core = has_spare_core
        self._clock = clock
        self._shared_concurrency = account_concurrency
        self._pools = self._new_pools(configs)
        self._unreserved = 0
        self._waiting = 0
        self._looked = 0.0
        self._closed = False
        # Whether the thread in ``keep_serving`` waits for a request that waits.
        self._parked = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def acquire(
        self,
        function: str,
        *,
        fresh: bool = False,
        faults: Mapping[str, Any] | None = None,
        begin: Callable[[Environment], None] | None = None,
    ) -> Lease:
        """Return an environment for a request, not an idle one if it has to be ``fresh``. It may have to wait.

        ``faults`` and ``begin`` are those of a ``LeaseRequest``. Raises Throttled, Unavailable, and KeyError for an
        unknown function.
        """
        return self.request(function, fresh=fresh, faults=faults, begin=begin).wait()

    def request(
        self,
        function: str,
        *,
        fresh: bool = False,
        faults: Mapping[str, Any] | None = None,
        begin: Callable[[Environment], None] | None = None,
    ) -> LeaseRequest:
        """Ask for an environment without waiting. Raises as ``acquire`` does."""
        with self._lock:
            if self._closed:
                raise Unavailable(CLOSED)
            pool = self._pools[function]
            request = LeaseRequest(pool, self._clock(), faults, begin)
            self._admit(pool)
            try:
                self._place(request, fresh=fresh)
            except BaseException:
                self._withdraw(request)
                raise
            return request

    def mark_started(self, lease: Lease) -> None:
        """Note that the lease's environment has been initialised, or could not be."""
        with self._lock:
            self._end_start(lease)
            self._serve_waiting()

    def add_started(self, lease: Lease, failure: InvokeError | None = None) -> None:
        """Take an environment that ``start`` was called with: it has been initialised, or could not be started."""
        pool, environment = lease.pool, lease.environment
        next_one = None
        with self._lock:
            self._end_start(lease)
            pool.busy.pop(environment, None)
            keep = failure is None and self._pools.get(pool.config.name) is pool
            if keep:
                next_one = self._pass_on(pool, environment)
            elif failure is not None and not pool.busy:
                self._refuse_waiting(pool, failure)
            self._serve_waiting()
        if next_one is not None:
            next_one.serve()
        if not keep:
            environment.close()

    def release(self, lease: Lease, *, usable: bool) -> None:
        """End a lease; ``usable`` is whether the environment can serve another request."""
        pool, environment = lease.pool, lease.environment
        next_one = None
        with self._lock:
            self._end_start(lease)
            self._end_request(pool)
            pool.busy.pop(environment, None)
            pool.progressed = self._clock()
            keep = usable and self._pools.get(pool.config.name) is pool
            if keep:
                next_one = self._pass_on(pool, environment)
            elif self._waiting:
                self._serve_waiting()
        if next_one is not None:
            next_one.serve()
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
            self._pools = self._new_pools(configs)
            for pool in old:
                self._move_waiting(pool)
            return [environment for pool in old for environment in _take_idle(pool)]

    def retire(self, idle_for: float, extra_idle_for: float | None = None) -> list[Environment]:
        """Return the environments that have been idle for ``idle_for`` seconds, which have to be closed.

        Those beside a function's last one are retired after ``extra_idle_for``.
        """
        now = self._clock()
        extra = idle_for if extra_idle_for is None else extra_idle_for
        retired: list[Environment] = []
        with self._lock:
            for pool in self._pools.values():
                kept: list[Environment] = []
                for place, environment in enumerate(pool.idle):
                    is_last = place == len(pool.idle) - 1 and not pool.busy
                    old = environment.idle_since < now - (idle_for if is_last else extra)
                    (retired if old else kept).append(environment)
                pool.idle = kept
        return retired

    def close(self) -> tuple[list[Environment], list[Environment]]:
        """Serve no more requests. Return the idle environments, and the busy ones."""
        with self._lock:
            pools, self._pools, self._closed = list(self._pools.values()), {}, True
            for pool in pools:
                self._refuse_waiting(pool, Unavailable(CLOSED))
            self._changed.notify()
            idle = [environment for pool in pools for environment in _take_idle(pool)]
            return idle, [environment for pool in pools for environment in pool.busy]

    def serve_waiting(self) -> None:
        """Start environments for the requests that have waited longest, as far as that is allowed now."""
        self._look()
        with self._lock:
            self._serve_waiting()

    def keep_serving(self) -> None:
        """Call ``serve_waiting`` from time to time while requests wait, until the scheduler is closed.

        All environments may be waiting for something else, and then none of them comes free.
        """
        looks_for_nothing = 0
        while True:
            with self._lock:
                if self._closed:
                    return
                looks_for_nothing = 0 if self._waiting else looks_for_nothing + 1
                self._parked = looks_for_nothing > _LOOKS_FOR_NOTHING
                self._changed.wait(None if self._parked else _TICK)
            self.serve_waiting()

    def _new_pools(self, configs: Mapping[str, FunctionConfig]) -> dict[str, FunctionPool]:
        now = self._clock()
        reserved = sum(config.reserved_concurrency or 0 for config in configs.values())
        self._shared_concurrency = self._account_concurrency - reserved
        return {name: FunctionPool(config, now) for name, config in configs.items()}

    def _move_waiting(self, old: FunctionPool) -> None:
        """Have the requests that wait for a replaced function wait for the one in its place."""
        pool = self._pools.get(old.config.name)
        if pool is None:
            self._refuse_waiting(old, Unavailable("the function is no longer there"))
            return
        for request in old.waiting:
            self._end_request(old)
            self._begin_request(pool)
            request.pool = pool
        pool.waiting, old.waiting = old.waiting, deque()

    def _admit(self, pool: FunctionPool) -> None:
        reserved = pool.config.reserved_concurrency
        if reserved is None:
            if self._unreserved >= self._shared_concurrency:
                raise Throttled("Rate Exceeded.")
        elif pool.requests >= reserved:
            raise Throttled("Rate Exceeded.")
        self._begin_request(pool)

    def _place(self, request: LeaseRequest, *, fresh: bool) -> None:
        """Lease an environment to a request that was admitted, or let it wait."""
        pool = request.pool
        if pool.idle and not fresh:
            request.lease = self._lease(pool, pool.idle.pop())
        elif (fresh or pool.is_cold) and self._has_room_to_start(pool):
            # Nothing comes free before a start would be over: the request's own thread does it.
            request.lease = self._start(pool)
        else:
            request.served = threading.Lock()
            request.served.acquire()
            pool.waiting.append(request)
            self._waiting += 1
            self._start_for_waiting(pool)
            if self._parked:
                # A thread that is woken takes the GIL from those with requests.
                self._parked = False
                self._changed.notify()

    def _withdraw(self, request: LeaseRequest) -> None:
        """Forget a request that could not be placed."""
        self._end_request(request.pool)
        with suppress(ValueError):
            request.pool.waiting.remove(request)
            self._waiting -= 1

    def _begin_request(self, pool: FunctionPool) -> None:
        pool.requests += 1
        if pool.config.reserved_concurrency is None:
            self._unreserved += 1

    def _end_request(self, pool: FunctionPool) -> None:
        pool.requests -= 1
        if pool.config.reserved_concurrency is None:
            self._unreserved -= 1

    def _lease(
        self, pool: FunctionPool, environment: Environment, *, starts: bool = False, spare: bool = False
    ) -> Lease:
        pool.busy[environment] = BusyEnvironment(starts, spare)
        return Lease(pool, environment, starts)

    def _start(self, pool: FunctionPool, *, spare: bool = False) -> Lease:
        return self._lease(pool, self._make(pool.config), starts=True, spare=spare)

    def _end_start(self, lease: Lease) -> None:
        busy = lease.pool.busy.get(lease.environment)
        if busy is not None:
            busy.starts = busy.spare = False

    def _look(self) -> None:
        """Look at the CPU time of busy processes while requests wait. Called without the lock: the system is asked."""
        with self._lock:
            now = self._clock()
            if not self._waiting or now - self._looked < _TICK:
                return
            self._looked = now
            busy = [
                (pool, environment, each) for pool in self._pools.values() for environment, each in pool.busy.items()
            ]
        looks = [
            (pool, CpuLook(environment, each, environment.cpu_time(), self._clock()))
            for pool, environment, each in busy
        ]
        with self._lock:
            for pool, look in looks:
                pool.note_cpu_time(look)

    def _count_at_work(self) -> float:
        """Return the number of environments whose processes use the CPU, or could, as far as looks tell."""
        return sum(pool.at_work for pool in self._pools.values())

    def _has_room_to_start(self, pool: FunctionPool) -> bool:
        """Return whether one more start leaves cores to those who run; a function that is cold has no use for them."""
        at_once = self._cores if pool.is_cold or self._has_spare_core() else max(1, self._cores // 2)
        starting = (each for other in self._pools.values() for each in other.busy.values() if each.starts)
        return sum(each.works for each in starting) < at_once

    def _may_start(self, pool: FunctionPool) -> bool:
        """Return whether an environment may be started for the requests of a function that wait."""
        if pool.starting >= len(pool.waiting) or not self._has_room_to_start(pool):
            return False
        if not pool.busy:
            return True
        now = self._clock()
        waited, at_work = now - pool.waiting[0].since, self._count_at_work()
        if at_work < self._cores or (at_work < AT_WORK * self._cores and waited >= SHORT_WAIT):
            return True
        return waited >= LONGEST_WAIT and now - pool.progressed >= LONGEST_WAIT

    def _pass_on(self, pool: FunctionPool, environment: Environment) -> LeaseRequest | None:
        """Give an environment to the request that waits longest, and return that, which is still to be served."""
        if pool.waiting:
            request = self._next_waiting(pool)
            request.lease = self._lease(pool, environment)
            return request
        environment.idle_since = self._clock()
        pool.idle.append(environment)
        return None

    def _refuse_waiting(self, pool: FunctionPool, failure: InvokeError) -> None:
        while pool.waiting:
            self._end_request(pool)
            self._next_waiting(pool).finish(failure)

    def _next_waiting(self, pool: FunctionPool) -> LeaseRequest:
        self._waiting -= 1
        return pool.waiting.popleft()

    def _serve_waiting(self) -> None:
        if self._waiting:
            for pool in sorted(self._pools_that_wait(), key=lambda each: each.waiting[0].since):
                self._start_for_waiting(pool)

    def _pools_that_wait(self) -> Iterator[FunctionPool]:
        return (pool for pool in self._pools.values() if pool.waiting)

    def _start_for_waiting(self, pool: FunctionPool) -> None:
        while self._may_start(pool):
            try:
                lease = self._start(pool, spare=True)
            except Exception as error:
                # A busy environment comes free for those who wait. Without one, nothing else would end their wait.
                if not pool.busy:
                    self._refuse_waiting(pool, Unavailable(f"no environment can be made: {error}"))
                return
            try:
                self._start_elsewhere(lease, pool.waiting[0])
            except RuntimeError:
                # The system has no thread to spare: the requests wait on, for the next look or an idle environment.
                del pool.busy[lease.environment]
                return


def _take_idle(pool: FunctionPool) -> list[Environment]:
    environments, pool.idle = pool.idle, []
    return environments
