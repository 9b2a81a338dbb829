"""A background queue delivers every item once, in order, and stays bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from homeport.background import BackgroundQueue
from tests.support.logged import Logged

# Seconds: the thread of the queue stays out of the test.
NEVER = 3600.0
# Seconds: a last resort, never waited for.
LIMIT = 60.0


def make_queue(
    deliver: Callable[[list[int]], int | None], interval: float = NEVER, capacity: int = 10, batch: int = 1000
) -> BackgroundQueue[int]:
    return BackgroundQueue(deliver, name="test", interval=interval, capacity=capacity, batch=batch)


def test_flush_delivers_the_items_in_order_and_in_batches() -> None:
    batches: list[list[int]] = []
    queue = make_queue(batches.append, batch=3)
    for number in range(7):
        assert queue.put(number)
    queue.flush()
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]
    queue.flush()
    assert len(batches) == 3


def test_the_thread_delivers_items_without_a_flush() -> None:
    delivered = threading.Event()
    queue = make_queue(lambda _: delivered.set(), interval=0.0)
    for _ in range(2):
        delivered.clear()
        queue.put(1)
        assert delivered.wait(LIMIT)
    queue.close()


def test_items_beyond_the_capacity_are_dropped_and_counted() -> None:
    queue = make_queue(lambda _: None, capacity=2)
    assert [queue.put(number) for number in range(4)] == [True, True, False, False]
    assert (len(queue), queue.dropped) == (2, 2)
    queue.flush()
    assert queue.put(4)


def test_items_beyond_the_maximum_size_are_dropped() -> None:
    queue: BackgroundQueue[bytes] = BackgroundQueue(
        lambda _: None, name="test", interval=NEVER, capacity=10, size=len, max_size=5
    )
    assert [queue.put(b"1234"), queue.put(b"1234"), queue.put(b"1")] == [True, True, False]
    queue.flush()
    assert queue.put(b"1")


def test_put_with_a_timeout_waits_for_room() -> None:
    batches: list[list[int]] = []
    queue = make_queue(batches.append, capacity=1)
    queue.put(0)
    waiting = threading.Thread(target=queue.put, args=(1, LIMIT))
    waiting.start()
    while waiting.is_alive():
        queue.flush()
        waiting.join(0.01)
    queue.flush()
    assert batches == [[0], [1]]
    assert queue.dropped == 0


def test_items_that_were_not_taken_come_again_before_later_ones() -> None:
    batches: list[list[int]] = []

    def deliver(batch: list[int]) -> int:
        batches.append(batch)
        return 1

    queue = make_queue(deliver)
    for number in range(3):
        queue.put(number)
    queue.flush()
    queue.put(3)
    queue.flush()
    assert batches == [[0, 1, 2], [1, 2, 3]]


def test_items_that_come_during_a_flush_are_left_to_the_next() -> None:
    def deliver(_: list[int]) -> None:
        queue.put(0)

    queue = make_queue(deliver)
    queue.put(0)
    queue.flush()
    assert len(queue) == 1


def test_an_error_of_deliver_loses_one_batch_and_reaches_the_caller_of_flush() -> None:
    batches: list[list[int]] = []

    def deliver(batch: list[int]) -> None:
        if batch == [0]:
            raise OSError("disk full")
        batches.append(batch)

    queue = make_queue(deliver, batch=1)
    queue.put(0)
    queue.put(1)
    with pytest.raises(OSError, match="disk full"):
        queue.flush()
    queue.flush()
    assert batches == [[1]]
    assert queue.dropped == 1


def test_an_error_of_deliver_does_not_end_the_thread(logged: Logged) -> None:
    delivered = threading.Event()

    def deliver(batch: list[int]) -> None:
        if 0 in batch:
            failed.set()
            raise OSError("disk full")
        delivered.set()

    failed = threading.Event()
    queue = make_queue(deliver, interval=0.0)
    queue.put(0)
    assert failed.wait(LIMIT)
    queue.put(1)
    assert delivered.wait(LIMIT)
    assert len(logged.messages) == 1
    queue.close()


def test_close_tries_until_everything_is_delivered() -> None:
    tries: list[list[int]] = []

    def deliver(batch: list[int]) -> int:
        tries.append(batch)
        return 0 if len(tries) < 3 else len(batch)

    queue = make_queue(deliver)
    queue.put(7)
    queue.close(timeout=LIMIT)
    assert tries == [[7], [7], [7]]


def test_close_without_a_timeout_tries_once() -> None:
    tries: list[list[int]] = []

    def deliver(batch: list[int]) -> int:
        tries.append(batch)
        return 0

    queue = make_queue(deliver)
    queue.put(7)
    queue.close()
    assert tries == [[7]]
