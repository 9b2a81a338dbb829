"""Work in other threads: a queue whose items are delivered in batches, and a call with a time limit."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Seconds between two tries of ``close`` when ``deliver`` could not take everything.
_RETRY = 0.02


class BackgroundQueue(Generic[Item]):
    """A bounded queue, one thread, and ``deliver``, which gets batches of what was put in, in order.

    ``deliver`` is called by one thread at a time: the queue's own, or a caller of ``flush`` or ``close``. It returns
    the number of items of the batch that it took, or None for all of them. The others stay in the queue and come
    again. The thread waits ``interval`` seconds after the first item, so that a batch gathers. A batch has at most
    ``batch`` items. The queue holds up to ``capacity`` items, whose sizes by ``size`` add up to about ``max_size``
    (``size`` None: items are only counted). The items that are left at the end of the process are delivered then.
    """

    def __init__(
        self,
        deliver: Callable[[list[Item]], int | None],
        *,
        name: str,
        interval: float,
        capacity: int,
        batch: int = 1000,
        size: Callable[[Item], int] | None = None,
        max_size: int = 0,
    ) -> None:
        self.dropped = 0
        """The number of items that found no room, or were lost because ``deliver`` raised."""
        self._deliver = deliver
        self._interval = interval
        self._capacity = capacity
        self._batch = batch
        self._size_of = size
        self._max_size = max_size
        self._size = 0
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._delivering = threading.RLock()
        self._waiting = threading.Event()
        self._closing = threading.Event()
        atexit.register(self.flush)
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item, timeout: float = 0.0) -> bool:
        """Add an item, waiting for room up to ``timeout`` seconds. Return False if it was dropped for want of room."""
        size = self._size_of(item) if self._size_of else 0
        with self._changed:
            if not self._has_room() and not (timeout and self._changed.wait_for(self._has_room, timeout)):
                self.dropped += 1
                return False
            self._items.append(item)
            self._size += size
        if not self._waiting.is_set():
            self._waiting.set()
        return True

    def flush(self) -> None:
        """Deliver what waits now, in this thread. Items that come meanwhile are left to the next batch.

        Raises what ``deliver`` raises; the batch is lost then.
        """
        with self._delivering:
            left = len(self._items)
            while left > 0:
                batch = self._take(min(left, self._batch))
                taken = self._hand_over(batch)
                if taken < len(batch):
                    self._put_back(batch[taken:])
                    return
                left -= taken

    def close(self, timeout: float = 0.0) -> None:
        """End the thread and deliver what waits, trying for up to ``timeout`` seconds."""
        end = time.monotonic() + timeout
        self._closing.set()
        self._waiting.set()
        atexit.unregister(self.flush)
        self.flush()
        while self._items and time.monotonic() < end:
            time.sleep(_RETRY)
            self.flush()

    def _has_room(self) -> bool:
        return len(self._items) < self._capacity and (self._size_of is None or self._size < self._max_size)

    def _take(self, count: int) -> list[Item]:
        with self._changed:
            return [self._items.popleft() for _ in range(count)]

    def _put_back(self, items: list[Item]) -> None:
        with self._changed:
            self._items.extendleft(reversed(items))

    def _hand_over(self, batch: list[Item]) -> int:
        try:
            taken = self._deliver(batch)
        except BaseException:
            self.dropped += len(batch)
            self._forget(batch)
            raise
        taken = len(batch) if taken is None else taken
        self._forget(batch[:taken])
        return taken

    def _forget(self, items: list[Item]) -> None:
        with self._changed:
            if self._size_of is not None:
                self._size -= sum(map(self._size_of, items))
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._waiting.wait()
            self._closing.wait(self._interval)
            self._waiting.clear()
            if self._closing.is_set():
                return
            try:
                self.flush()
            except Exception:
                logging.getLogger("homeport").exception("a background thread could not deliver a batch")
            if self._items:
                self._waiting.set()


# A function that continues after the gateway gave up keeps its thread. Threads are started when they are first needed.
_threads = ThreadPoolExecutor(1000, thread_name_prefix="invoke")


def call_with_timeout(seconds: float, call: Callable[[], Result]) -> Result:
    """Return the result of ``call``, or raise its error.

    Raises TimeoutError after ``seconds``. The call is not interrupted then, just as a Lambda function continues after
    API Gateway has answered for it.
    """
    future = _threads.submit(call)
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():
            raise
        raise TimeoutError(f"no answer within {seconds:g} s") from None
