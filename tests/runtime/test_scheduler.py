"""The environment scheduler, with fake environments, a clock that the test sets, and a CPU that is busy at will."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from homeport.runtime.api import Throttled, Unavailable
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.function_pool import AT_WORK_FROM, Lease, LeaseRequest
from homeport.runtime.host.scheduler import AT_WORK, LONGEST_WAIT, SHORT_WAIT, EnvironmentScheduler
from tests.support.runtime import make_config
from tests.support.waiting import wait_until

_CORES = 2


class FakeEnvironment:
    """The part of an environment that the scheduler uses. ``cpu`` None: its process uses the CPU."""

    def __init__(self, config: FunctionConfig) -> None:
        self.config = config
        self.idle_since = 0.0
        self.closed = False
        self.cpu: float | None = None
        self.on_look: Callable[[], None] = lambda: None

    def cpu_time(self) -> float | None:
        self.on_look()
        return self.cpu

    def close(self) -> None:
        self.closed = True


class Machine:
    """A scheduler on a machine with a clock. ``has_spare_core`` is whether a core is idle, ``started`` the starts."""

    def __init__(self, reserved: int | None = None) -> None:
        self.now = 1000.0
        self.has_spare_core = False
        self.started: list[Lease] = []
        self.refuses_threads = False
        self.config = make_config("service.handlers.x.handler", reserved_concurrency=reserved)
        self.other = replace(self.config, name="other", reserved_concurrency=None)
        self.fails_to_make = False
        self.scheduler = EnvironmentScheduler(
            {config.name: config for config in (self.config, self.other)},
            1000,
            self._make,
            start=self._start,
            cores=_CORES,
            has_spare_core=lambda: self.has_spare_core,
            clock=lambda: self.now,
        )

    def _make(self, config: FunctionConfig) -> Any:
        if self.fails_to_make:
            raise OSError("no space left")
        return FakeEnvironment(config)

    def _start(self, lease: Lease, _: LeaseRequest) -> None:
        if self.refuses_threads:
            raise RuntimeError("can't start new thread")
        self.started.append(lease)

    def request(self, *, fresh: bool = False) -> LeaseRequest:
        """A request for an environment."""
        return self.scheduler.request(self.config.name, fresh=fresh)

    def lease(self) -> Lease:
        """The lease of a request that need not wait."""
        lease = self.request().lease
        assert lease is not None
        return lease

    def finish_starts(self) -> None:
        """Have the environments that start in other threads be there."""
        while self.started:
            self.scheduler.add_started(self.started.pop(0))

    def busy(self, count: int) -> list[Lease]:
        """The leases of so many environments that serve a request each."""
        leases = []
        for _ in range(count):
            request = self.request()
            if request.lease is not None and request.lease.starts:
                self.scheduler.mark_started(request.lease)
            self.pass_time(2 * SHORT_WAIT)
            self.finish_starts()
            leases.append(request.wait())
        return leases

    def pass_time(self, seconds: float) -> None:
        """Set the clock forward, and let the scheduler look at the requests that wait."""
        self.now += seconds
        self.scheduler.serve_waiting()

    def block(self, leases: list[Lease]) -> None:
        """Have environments wait for something, for so many looks that it is seen."""
        for lease in leases:
            environment: Any = lease.environment
            environment.cpu = 1.0
        for _ in range(60):
            self.pass_time(0.02)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_request_for_which_no_environment_can_be_made_takes_no_concurrency() -> None:
    config = make_config("service.handlers.x.handler")

    def make(_: FunctionConfig) -> Any:
        raise OSError("no space left")

    scheduler = EnvironmentScheduler(
        {config.name: config}, 1, make, start=lambda *_: None, cores=_CORES, has_spare_core=lambda: False
    )
    for _ in range(2):
        with pytest.raises(OSError, match="no space"):
            scheduler.request(config.name)
    assert scheduler.count(config.name) == (0, 0)


def test_an_environment_that_cannot_be_made_keeps_no_request_from_the_one_that_comes_free(machine: Machine) -> None:
    (lease,) = machine.busy(1)
    machine.fails_to_make = True
    first, second = machine.request(), machine.request()
    machine.pass_time(2 * LONGEST_WAIT)
    machine.scheduler.release(lease, usable=True)
    assert first.wait().environment is lease.environment
    machine.scheduler.release(first.wait(), usable=True)
    machine.scheduler.release(second.wait(), usable=True)
    assert machine.scheduler.count(machine.config.name) == (1, 0)


def test_requests_that_wait_are_refused_where_no_environment_is_left_and_none_can_be_made(machine: Machine) -> None:
    leases = machine.busy(2)
    waiting = machine.request()
    machine.fails_to_make = True
    for lease in leases:
        machine.scheduler.release(lease, usable=False)
    with pytest.raises(Unavailable, match="no space left"):
        waiting.wait()
    assert machine.scheduler.count(machine.config.name) == (0, 0)


def test_processes_are_looked_at_while_other_requests_are_taken_and_released() -> None:
    machine = Machine()
    leases = [machine.lease() for _ in range(_CORES)]
    machine.request()
    counts = []

    def look() -> None:
        machine.scheduler.release(leases[0], usable=True)
        counts.append(machine.scheduler.count(machine.config.name))

    environment: Any = leases[1].environment
    environment.on_look = look
    thread = threading.Thread(target=machine.pass_time, args=(1.0,), daemon=True)
    thread.start()
    wait_until(lambda: not thread.is_alive())
    assert counts == [(0, _CORES)]


def test_a_request_waits_on_where_the_system_has_no_thread_for_a_start(machine: Machine) -> None:
    (lease,) = machine.busy(1)
    machine.refuses_threads = True
    waiting = machine.request()
    assert machine.scheduler.count(machine.config.name) == (0, 1)
    machine.scheduler.release(lease, usable=True)
    assert waiting.wait().environment is lease.environment
    machine.scheduler.release(waiting.wait(), usable=True)
    assert machine.scheduler.count(machine.config.name) == (1, 0)


def test_the_environment_that_was_used_last_serves_next(machine: Machine) -> None:
    first, second = machine.busy(2)
    machine.scheduler.release(first, usable=True)
    machine.scheduler.release(second, usable=True)
    again = machine.lease()
    assert again.environment is second.environment
    assert not again.starts


def test_a_request_for_a_fresh_environment_gets_no_idle_one(machine: Machine) -> None:
    (first,) = machine.busy(1)
    machine.scheduler.release(first, usable=True)
    lease = machine.request(fresh=True).lease
    assert lease is not None
    assert lease.environment is not first.environment


def test_as_many_environments_start_at_once_as_there_are_cores(machine: Machine) -> None:
    first, second = machine.lease(), machine.lease()
    third = machine.request()
    assert third.lease is None
    assert second.starts
    machine.scheduler.mark_started(first)
    machine.scheduler.release(first, usable=True)
    assert third.wait().environment is first.environment


def test_a_start_that_waits_for_something_makes_room_for_another(machine: Machine) -> None:
    leases = [machine.lease() for _ in range(_CORES)]
    machine.request()
    machine.pass_time(2 * SHORT_WAIT)
    assert not machine.started
    machine.block(leases)
    assert len(machine.started) == 1


def test_a_request_takes_what_comes_first_a_free_environment_or_a_started_one(machine: Machine) -> None:
    (first,) = machine.busy(1)
    waiting = machine.request()
    assert len(machine.started) == 1
    machine.scheduler.release(first, usable=True)
    assert waiting.wait().environment is first.environment
    started: Any = machine.started[0].environment
    machine.finish_starts()
    assert machine.lease().environment is started


def test_requests_wait_while_enough_environments_are_at_work(machine: Machine) -> None:
    leases = machine.busy(AT_WORK * _CORES)
    waiting = machine.request()
    machine.pass_time(LONGEST_WAIT - 0.01)
    assert (waiting.lease, machine.started) == (None, [])
    machine.scheduler.release(leases[1], usable=True)
    served = waiting.wait()
    assert served.environment is leases[1].environment
    assert not served.starts


def test_more_environments_than_cores_are_started_for_those_who_waited_a_moment(machine: Machine) -> None:
    machine.busy(_CORES)
    machine.request()
    assert not machine.started
    machine.pass_time(2 * SHORT_WAIT)
    assert len(machine.started) == 1


def test_a_request_that_waits_with_blocked_environments_gets_one(machine: Machine) -> None:
    leases = machine.busy(AT_WORK * _CORES)
    waiting = machine.request()
    machine.block(leases)
    machine.finish_starts()
    assert waiting.wait().environment not in [lease.environment for lease in leases]


def test_a_function_that_waits_most_of_the_time_gets_environments_for_all_requests(machine: Machine) -> None:
    leases = machine.busy(AT_WORK * _CORES)
    waiting = [machine.request() for _ in range(20)]
    for _ in range(400):
        for lease in leases:
            environment: Any = lease.environment
            environment.cpu = 1.0
        machine.pass_time(0.02)
        machine.finish_starts()
        leases += [each.lease for each in waiting if each.lease is not None and each.lease not in leases]
    assert len({lease.environment for lease in leases}) == AT_WORK * _CORES + 20


def test_an_environment_that_uses_the_cpu_now_and_then_is_at_work(machine: Machine) -> None:
    leases = machine.busy(AT_WORK * _CORES)
    machine.request()
    for turn in range(20):
        for lease in leases:
            environment: Any = lease.environment
            environment.cpu = turn * 0.02 * 2 * AT_WORK_FROM
        machine.pass_time(0.02)
    assert not machine.started


def test_a_function_without_an_environment_starts_one_beside_busy_ones(machine: Machine) -> None:
    machine.busy(AT_WORK * _CORES)
    lease = machine.scheduler.request("other").lease
    assert lease is not None
    assert lease.starts


def test_a_function_whose_invocations_do_not_end_gets_another_environment(machine: Machine) -> None:
    machine.busy(AT_WORK * _CORES)
    machine.request()
    machine.pass_time(LONGEST_WAIT - 0.01)
    assert not machine.started
    machine.pass_time(0.01)
    assert len(machine.started) == 1


def test_a_start_that_fails_fails_the_requests_that_wait_for_it(machine: Machine) -> None:
    (first,) = machine.busy(1)
    waiting = machine.request()
    machine.scheduler.release(first, usable=False)
    assert waiting.lease is None
    machine.scheduler.add_started(machine.started[0], Unavailable("no parent"))
    with pytest.raises(Unavailable, match="no parent"):
        waiting.wait()


def test_requests_that_wait_for_a_replaced_function_are_served_by_the_new_one(machine: Machine) -> None:
    busy = machine.busy(AT_WORK * _CORES)
    waiting = machine.request()
    renewed = replace(machine.config, memory=512)
    machine.scheduler.replace({renewed.name: renewed})
    machine.pass_time(0.01)
    machine.finish_starts()
    environment: Any = waiting.wait().environment
    assert environment.config is renewed
    machine.scheduler.release(busy[0], usable=True)
    old: Any = busy[0].environment
    assert old.closed


def test_requests_are_served_in_the_order_of_their_arrival(machine: Machine) -> None:
    lease = machine.busy(AT_WORK * _CORES)[0]
    requests = [machine.request() for _ in range(8)]
    for served in range(8):
        machine.scheduler.release(lease, usable=True)
        assert [request.lease is not None for request in requests] == [number <= served for number in range(8)]
        lease = requests[served].wait()


def test_an_environment_that_is_passed_on_begins_before_the_waiting_thread_wakes(machine: Machine) -> None:
    leases = machine.busy(AT_WORK * _CORES)
    begun: list[Any] = []
    waiting = machine.scheduler.request(machine.config.name, begin=begun.append)
    machine.scheduler.release(leases[0], usable=True)
    assert begun == [leases[0].environment]
    assert waiting.wait().environment is leases[0].environment


def test_an_environment_that_was_lost_makes_room_for_a_new_one(machine: Machine) -> None:
    leases = machine.busy(AT_WORK * _CORES)
    waiting = machine.request()
    machine.scheduler.release(leases[0], usable=False)
    machine.pass_time(2 * SHORT_WAIT)
    machine.finish_starts()
    assert waiting.wait().environment is not leases[0].environment


def test_requests_that_wait_count_for_the_reserved_concurrency() -> None:
    machine = Machine(reserved=3)
    machine.busy(2)
    waiting = machine.request()
    assert waiting.lease is None
    with pytest.raises(Throttled):
        machine.request()


def test_closing_ends_the_wait_of_requests(machine: Machine) -> None:
    machine.busy(AT_WORK * _CORES)
    waiting = machine.request()
    machine.scheduler.close()
    with pytest.raises(Unavailable):
        waiting.wait()
    with pytest.raises(Unavailable):
        machine.request()


def test_a_replaced_function_starts_anew_and_old_environments_end(machine: Machine) -> None:
    idle, busy = machine.busy(2)
    machine.scheduler.release(idle, usable=True)
    environment: Any = busy.environment
    assert machine.scheduler.replace({machine.config.name: machine.config}) == [idle.environment]
    machine.scheduler.release(busy, usable=True)
    assert environment.closed
    assert machine.lease().starts


def test_environments_that_have_been_idle_for_long_are_retired(machine: Machine) -> None:
    first, second = machine.busy(2)
    machine.scheduler.release(first, usable=True)
    machine.now += 200
    machine.scheduler.release(second, usable=True)
    machine.now += 101
    assert machine.scheduler.retire(300) == [first.environment]
    assert machine.scheduler.count(machine.config.name) == (1, 0)


def test_environments_beside_the_last_one_are_retired_sooner(machine: Machine) -> None:
    leases = machine.busy(3)
    for lease in leases:
        machine.scheduler.release(lease, usable=True)
    machine.now += 31
    assert machine.scheduler.retire(300, 30) == [lease.environment for lease in leases[:2]]


def test_the_thread_that_serves_waiting_requests_ends_with_the_scheduler(machine: Machine) -> None:
    machine.busy(AT_WORK * _CORES)
    machine.request()
    serving = threading.Thread(target=machine.scheduler.keep_serving)
    serving.start()
    machine.now += LONGEST_WAIT
    wait_until(lambda: bool(machine.started))
    machine.scheduler.close()
    serving.join()


def test_requests_of_many_threads_are_all_served() -> None:
    machine, served = Machine(), []
    scheduler = machine.scheduler

    def serve() -> None:
        for _ in range(50):
            lease = scheduler.acquire(machine.config.name)
            if lease.starts:
                scheduler.mark_started(lease)
            scheduler.release(lease, usable=True)
            served.append(lease)

    threads = [threading.Thread(target=serve) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(served) == 2000
    assert scheduler.count(machine.config.name)[1] == len(machine.started)
