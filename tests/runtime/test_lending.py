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
from homeport.runtime.host.scheduler import Lending, Loan
from tests.support.runtime import eventually, make_config


class FakeEnvironment:
    """As much of an environment as lending sees."""

    def __init__(self, config: FunctionConfig) -> None:
        self.config = config
        self.idle_since = 0.0
        self.closed = False
        self.share = 1.0

    def close(self) -> None:
        self.closed = True


class Desk:
    """Lending to requests that are threads. ``spare`` is whether a core has nothing to do."""

    def __init__(self, cores: int = 2, account: int = 1000, reserved: int | None = None) -> None:
        self.spare = True
        self.config = make_config("service.handlers.x.handler", reserved_concurrency=reserved)
        make: Any = FakeEnvironment
        configs = {self.config.name: self.config}
        self.lending = Lending(configs, account, make, cores, lambda: self.spare)
        self.threads = ThreadPoolExecutor(200)

    def borrow(self) -> Loan:
        """A loan that is given at once."""
        return self.ask().result(1)

    def ask(self) -> Future[Loan]:
        """A request of its own thread."""
        return self.threads.submit(self.lending.borrow, self.config.name)

    def hurry(self) -> None:
        """The function needs a core all the time, and none is to spare."""
        self.lending.give_back(self.started(1)[0], usable=False)
        self.spare = False

    def started(self, count: int) -> list[Loan]:
        """So many environments that are initialised and busy."""
        loans = []
        for _ in range(count):
            loans.append(self.borrow())
            self.lending.started(loans[-1])
        return loans

    def close(self) -> None:
        self.lending.close()
        self.threads.shutdown()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


def waits(request: Future[Loan], seconds: float = 0.08) -> bool:
    threading.Event().wait(seconds)
    return not request.done()


def test_the_warmest_environment_serves_next(desk: Desk) -> None:
    first, second = desk.started(2)
    desk.lending.give_back(first, usable=True)
    desk.lending.give_back(second, usable=True)
    again = desk.borrow()
    assert again.environment is second.environment
    assert not again.starts


def test_a_fresh_one_is_asked_for_where_an_idle_one_was_lost(desk: Desk) -> None:
    (first,) = desk.started(1)
    desk.lending.give_back(first, usable=True)
    assert desk.lending.borrow(desk.config.name, fresh=True).environment is not first.environment


def test_as_many_start_at_once_as_there_are_cores(desk: Desk) -> None:
    first, second = desk.borrow(), desk.borrow()
    third = desk.ask()
    assert waits(third)
    desk.lending.started(first)
    assert third.result(1).starts
    assert second.starts


def test_a_start_that_takes_long_counts_no_more(desk: Desk) -> None:
    desk.borrow()
    desk.borrow()
    asked = time.monotonic()
    assert desk.ask().result(2).starts
    assert time.monotonic() - asked >= 0.1


def test_where_a_core_is_to_spare_each_request_gets_its_own(desk: Desk) -> None:
    assert len({loan.environment for loan in desk.started(20)}) == 20


def test_where_none_is_a_request_takes_the_next_to_come_free(desk: Desk) -> None:
    loans = desk.started(4)
    desk.hurry()
    waiting = desk.ask()
    assert waits(waiting)
    desk.lending.give_back(loans[1], usable=True)
    served = waiting.result(1)
    assert served.environment is loans[1].environment
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
        (loan,) = desk.started(1)
        loan.environment.share = 0.01
        desk.lending.give_back(loan, usable=True)
    assert len({loan.environment for loan in desk.started(8)}) == 8


def test_first_come_first_served(desk: Desk) -> None:
    loans = desk.started(4)
    desk.hurry()
    order: list[int] = []

    def ask(number: int) -> None:
        loan = desk.lending.borrow(desk.config.name)
        order.append(number)
        desk.lending.give_back(loan, usable=True)

    requests = []
    for number in range(8):
        requests.append(desk.threads.submit(ask, number))
        threading.Event().wait(0.01)
    desk.lending.give_back(loans[0], usable=True)
    for request in requests:
        request.result(2)
    assert order == sorted(order)


def test_an_environment_that_was_lost_makes_room_for_a_new_one(desk: Desk) -> None:
    loans = desk.started(4)
    desk.hurry()
    waiting = desk.ask()
    assert waits(waiting)
    desk.lending.give_back(loans[0], usable=False)
    assert waiting.result(1).starts


def test_requests_that_wait_count_for_the_reserved_concurrency() -> None:
    desk = Desk(cores=1, reserved=3)
    try:
        desk.started(2)
        desk.hurry()
        waiting = desk.ask()
        assert waits(waiting)
        with pytest.raises(Throttled):
            desk.lending.borrow(desk.config.name)
        assert waiting.result(5).starts
    finally:
        desk.close()


def test_closing_tells_those_who_wait(desk: Desk) -> None:
    desk.started(4)
    desk.hurry()
    waiting = desk.ask()
    assert waits(waiting)
    desk.lending.close()
    with pytest.raises(Unavailable):
        waiting.result(1)
    with pytest.raises(Unavailable):
        desk.lending.borrow(desk.config.name)


def test_a_replaced_function_starts_anew_and_old_environments_end(desk: Desk) -> None:
    idle, busy = desk.started(2)
    desk.lending.give_back(idle, usable=True)
    environment: Any = busy.environment
    assert desk.lending.replace({desk.config.name: desk.config}) == [idle.environment]
    desk.lending.give_back(busy, usable=True)
    assert environment.closed
    assert desk.borrow().starts


def test_many_requests_are_all_served(desk: Desk) -> None:
    desk.hurry()

    def serve() -> None:
        loan = desk.lending.borrow(desk.config.name)
        if loan.starts:
            desk.lending.started(loan)
        desk.lending.give_back(loan, usable=True)

    for request in [desk.threads.submit(serve) for _ in range(2000)]:
        request.result(10)
    assert eventually(lambda: desk.lending.count(desk.config.name)[1] == 0)
