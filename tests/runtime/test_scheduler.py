"""Who gets which environment: fakes for the environments, and a machine whose cores are busy at will."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from homeport.runtime.api import Throttled, Unavailable
from homeport.runtime.config import FunctionConfig
from homeport.runtime.host.scheduler import EnvironmentScheduler, Lease
from tests.support.runtime import eventually, make_config


class FakeEnvironment:
    """As much of an environment as scheduler sees."""

    def __init__(self, config: FunctionConfig) -> None:
        self.config = config
        self.idle_since = 0.0
        self.closed = False
        self.share = 1.0

    def close(self) -> None:
        self.closed = True


class Desk:
    """EnvironmentScheduler to requests that are threads. ``spare`` is whether a core has nothing to do."""

    def __init__(self, cores: int = 2, account: int = 1000, reserved: int | None = None) -> None:
        self.spare = True
        self.config = make_config("service.handlers.x.handler", reserved_concurrency=reserved)
        make: Any = FakeEnvironment
        configs = {self.config.name: self.config}
        self.scheduler = EnvironmentScheduler(configs, account, make, cores, lambda: self.spare)
        self.threads = ThreadPoolExecutor(200)

    def acquire(self) -> Lease:
        """A lease that is given at once."""
        return self.ask().result(1)

    def ask(self) -> Future[Lease]:
        """A request of its own thread."""
        return self.threads.submit(self.scheduler.acquire, self.config.name)

    def hurry(self) -> None:
        """The function needs a core all the time, and none is to spare."""
        self.scheduler.release(self.started(1)[0], usable=False)
        self.spare = False

    def started(self, count: int) -> list[Lease]:
        """So many environments that are initialised and busy."""
        leases = []
        for _ in range(count):
            leases.append(self.acquire())
            self.scheduler.started(leases[-1])
        return leases

    def close(self) -> None:
        self.scheduler.close()
        self.threads.shutdown()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


def waits(request: Future[Lease], seconds: float = 0.08) -> bool:
    threading.Event().wait(seconds)
    return not request.done()


def test_the_warmest_environment_serves_next(desk: Desk) -> None:
    first, second = desk.started(2)
    desk.scheduler.release(first, usable=True)
    desk.scheduler.release(second, usable=True)
    again = desk.acquire()
    assert again.environment is second.environment
    assert not again.starts


def test_a_fresh_one_is_asked_for_where_an_idle_one_was_lost(desk: Desk) -> None:
    (first,) = desk.started(1)
    desk.scheduler.release(first, usable=True)
    assert desk.scheduler.acquire(desk.config.name, fresh=True).environment is not first.environment


def test_as_many_start_at_once_as_there_are_cores(desk: Desk) -> None:
    first, second = desk.acquire(), desk.acquire()
    third = desk.ask()
    assert waits(third)
    desk.scheduler.started(first)
    assert third.result(1).starts
    assert second.starts


def test_a_start_that_takes_long_counts_no_more(desk: Desk) -> None:
    desk.acquire()
    desk.acquire()
    asked = time.monotonic()
    assert desk.ask().result(2).starts
    assert time.monotonic() - asked >= 0.1


def test_where_a_core_is_to_spare_each_request_gets_its_own(desk: Desk) -> None:
    assert len({lease.environment for lease in desk.started(20)}) == 20


def test_where_none_is_a_request_takes_the_next_to_come_free(desk: Desk) -> None:
    leases = desk.started(4)
    desk.hurry()
    waiting = desk.ask()
    assert waits(waiting)
    desk.scheduler.release(leases[1], usable=True)
    served = waiting.result(1)
    assert served.environment is leases[1].environment
    assert not served.starts


def test_a_request_does_not_wait_for_ever(desk: Desk) -> None:
    desk.started(4)
    desk.hurry()
    asked = time.monotonic()
    assert desk.ask().result(5).starts
    assert time.monotonic() - asked >= 1.5


def test_a_function_that_mostly_waits_gets_one_more_at_once(desk: Desk) -> None:
    desk.hurry()
    for _ in range(20):
        (lease,) = desk.started(1)
        lease.environment.share = 0.01
        desk.scheduler.release(lease, usable=True)
    assert len({lease.environment for lease in desk.started(8)}) == 8


def test_first_come_first_served(desk: Desk) -> None:
    leases = desk.started(4)
    desk.hurry()
    order: list[int] = []

    def ask(number: int) -> None:
        lease = desk.scheduler.acquire(desk.config.name)
        order.append(number)
        desk.scheduler.release(lease, usable=True)

    requests = []
    for number in range(8):
        requests.append(desk.threads.submit(ask, number))
        threading.Event().wait(0.01)
    desk.scheduler.release(leases[0], usable=True)
    for request in requests:
        request.result(2)
    assert order == sorted(order)


def test_an_environment_that_was_lost_makes_room_for_a_new_one(desk: Desk) -> None:
    leases = desk.started(4)
    desk.hurry()
    waiting = desk.ask()
    assert waits(waiting)
    desk.scheduler.release(leases[0], usable=False)
    assert waiting.result(1).starts


def test_requests_that_wait_count_for_the_reserved_concurrency() -> None:
    desk = Desk(cores=1, reserved=3)
    try:
        desk.started(2)
        desk.hurry()
        waiting = desk.ask()
        assert waits(waiting)
        with pytest.raises(Throttled):
            desk.scheduler.acquire(desk.config.name)
        assert waiting.result(5).starts
    finally:
        desk.close()


def test_closing_tells_those_who_wait(desk: Desk) -> None:
    desk.started(4)
    desk.hurry()
    waiting = desk.ask()
    assert waits(waiting)
    desk.scheduler.close()
    with pytest.raises(Unavailable):
        waiting.result(1)
    with pytest.raises(Unavailable):
        desk.scheduler.acquire(desk.config.name)


def test_a_replaced_function_starts_anew_and_old_environments_end(desk: Desk) -> None:
    idle, busy = desk.started(2)
    desk.scheduler.release(idle, usable=True)
    environment: Any = busy.environment
    assert desk.scheduler.replace({desk.config.name: desk.config}) == [idle.environment]
    desk.scheduler.release(busy, usable=True)
    assert environment.closed
    assert desk.acquire().starts


def test_many_requests_are_all_served(desk: Desk) -> None:
    desk.hurry()

    def serve() -> None:
        lease = desk.scheduler.acquire(desk.config.name)
        if lease.starts:
            desk.scheduler.started(lease)
        desk.scheduler.release(lease, usable=True)

    for request in [desk.threads.submit(serve) for _ in range(2000)]:
        request.result(10)
    assert eventually(lambda: desk.scheduler.count(desk.config.name)[1] == 0)
