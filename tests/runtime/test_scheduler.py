"""The environment scheduler, with fake environments, a clock that the test sets, and a CPU that is busy at will."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from homeport.runtime.api import Throttled, Unavailable
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.scheduler import BUSY_START, LONGEST_WAIT, EnvironmentScheduler, Lease, LeaseRequest
from tests.support.runtime import make_config


class FakeEnvironment:
    """The part of an environment that the scheduler uses."""

    def __init__(self, config: FunctionConfig) -> None:
        self.config = config
        self.idle_since = 0.0
        self.closed = False
        self.cpu_share = 1.0

    def close(self) -> None:
        self.closed = True


class Machine:
    """A scheduler on a machine with a clock. ``has_spare_core`` is whether a core is idle."""

    def __init__(self, cores: int = 2, reserved: int | None = None) -> None:
        self.now = 1000.0
        self.has_spare_core = True
        self.config = make_config("service.handlers.x.handler", reserved_concurrency=reserved)
        make: Any = FakeEnvironment
        self.scheduler = EnvironmentScheduler(
            {self.config.name: self.config},
            1000,
            make,
            cores=cores,
            has_spare_core=lambda: self.has_spare_core,
            clock=lambda: self.now,
        )

    def request(self, *, fresh: bool = False) -> LeaseRequest:
        """A request for an environment."""
        return self.scheduler.request(self.config.name, fresh=fresh)

    def lease(self) -> Lease:
        """The lease of a request that need not wait."""
        lease = self.request().lease
        assert lease is not None
        return lease

    def busy(self, count: int) -> list[Lease]:
        """The leases of so many environments that are initialised and busy."""
        leases = []
        for _ in range(count):
            leases.append(self.lease())
            self.scheduler.mark_started(leases[-1])
        return leases

    def fill_the_cpu(self) -> None:
        """Make the function one that always needs the CPU, and leave no core idle."""
        self.scheduler.release(self.busy(1)[0], usable=False)
        self.has_spare_core = False

    def pass_time(self, seconds: float) -> None:
        """Set the clock forward, and let the scheduler look at the requests that wait."""
        self.now += seconds
        self.scheduler.serve_waiting()


@pytest.fixture
def machine() -> Machine:
    return Machine()


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
    machine.scheduler.mark_started(first)
    assert third.wait().starts
    assert second.starts


def test_a_start_that_takes_long_counts_no_more(machine: Machine) -> None:
    machine.lease()
    machine.lease()
    waiting = machine.request()
    machine.pass_time(BUSY_START - 0.01)
    assert waiting.lease is None
    machine.pass_time(0.02)
    assert waiting.wait().starts


def test_each_request_gets_its_own_environment_while_a_core_is_spare(machine: Machine) -> None:
    assert len({lease.environment for lease in machine.busy(20)}) == 20


def test_a_request_takes_the_next_environment_to_come_free_while_no_core_is_spare(machine: Machine) -> None:
    leases = machine.busy(4)
    machine.fill_the_cpu()
    waiting = machine.request()
    assert waiting.lease is None
    machine.scheduler.release(leases[1], usable=True)
    served = waiting.wait()
    assert served.environment is leases[1].environment
    assert not served.starts


def test_a_request_does_not_wait_for_ever(machine: Machine) -> None:
    machine.busy(4)
    machine.fill_the_cpu()
    waiting = machine.request()
    machine.pass_time(LONGEST_WAIT - 0.01)
    assert waiting.lease is None
    machine.pass_time(0.01)
    assert waiting.wait().starts


def test_a_request_is_served_as_soon_as_a_core_is_spare(machine: Machine) -> None:
    machine.busy(4)
    machine.fill_the_cpu()
    waiting = machine.request()
    machine.has_spare_core = True
    machine.pass_time(0.02)
    assert waiting.wait().starts


def test_a_function_that_mostly_waits_gets_one_more_environment_at_once(machine: Machine) -> None:
    machine.fill_the_cpu()
    for _ in range(20):
        (lease,) = machine.busy(1)
        lease.environment.cpu_share = 0.01
        machine.scheduler.release(lease, usable=True)
    assert len({lease.environment for lease in machine.busy(8)}) == 8


def test_requests_are_served_in_the_order_of_their_arrival(machine: Machine) -> None:
    lease = machine.busy(4)[0]
    machine.fill_the_cpu()
    requests = [machine.request() for _ in range(8)]
    for served in range(8):
        machine.scheduler.release(lease, usable=True)
        assert [request.lease is not None for request in requests] == [number <= served for number in range(8)]
        lease = requests[served].wait()


def test_an_environment_that_was_lost_makes_room_for_a_new_one(machine: Machine) -> None:
    leases = machine.busy(4)
    machine.fill_the_cpu()
    waiting = machine.request()
    assert waiting.lease is None
    machine.scheduler.release(leases[0], usable=False)
    assert waiting.wait().starts


def test_requests_that_wait_count_for_the_reserved_concurrency() -> None:
    machine = Machine(cores=1, reserved=3)
    machine.busy(2)
    machine.fill_the_cpu()
    waiting = machine.request()
    assert waiting.lease is None
    with pytest.raises(Throttled):
        machine.request()
    machine.pass_time(LONGEST_WAIT)
    assert waiting.wait().starts


def test_closing_ends_the_wait_of_requests(machine: Machine) -> None:
    machine.busy(4)
    machine.fill_the_cpu()
    waiting = machine.request()
    assert waiting.lease is None
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


def test_the_thread_that_serves_waiting_requests_ends_with_the_scheduler(machine: Machine) -> None:
    machine.busy(4)
    machine.fill_the_cpu()
    waiting = machine.request()
    serving = threading.Thread(target=machine.scheduler.keep_serving)
    serving.start()
    machine.now += LONGEST_WAIT
    assert waiting.wait().starts
    machine.scheduler.close()
    serving.join()


def test_requests_of_many_threads_are_all_served(machine: Machine) -> None:
    machine.fill_the_cpu()
    served = []

    def serve() -> None:
        for _ in range(50):
            lease = machine.scheduler.acquire(machine.config.name)
            if lease.starts:
                machine.scheduler.mark_started(lease)
            machine.scheduler.release(lease, usable=True)
            served.append(lease)

    threads = [threading.Thread(target=serve) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(served) == 2000
    assert machine.scheduler.count(machine.config.name)[1] == 0
