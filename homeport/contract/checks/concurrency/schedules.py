"""Schedules: a request waits before one of its database calls while another one is performed from start to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from homeport.contract.checks.client import Answer
from homeport.contract.stack.access import HeldCall, Holds, StackAccess

Send = Callable[[], Answer]

READS = ("BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems")
"""DynamoDB actions that write nothing."""

_MOST_WRITES = 2
_POLL = 0.02
_LULL = 1.5
"""Seconds within which the next call comes of requests that run at once, unless one waits for another."""
_LONGEST = 8.0
"""Seconds until a schedule is given up: the second request may wait for the first, as with one environment for both."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two requests, the second of which was performed while the first waited before ``call`` (``UpdateItem``)."""

    first: Answer
    second: Answer
    call: str


def count_calls(access: StackAccess, send: Send) -> tuple[Answer, tuple[str, ...]]:
    """Send a request alone; return its answer, and its database calls (``ItemsTable.PutItem``) in their order."""
    calls: list[str] = []
    with access.hold() as holds, ThreadPoolExecutor(1) as pool:
        running = pool.submit(send)
        try:
            while (held := _next_call(holds, running)) is not None:
                calls.append(f"{held.table}.{held.action}")
                held.release()
        finally:
            holds.release_all()
        return running.result(), tuple(calls)


def count_writes(calls: Sequence[str]) -> int:
    """Return how many of the calls of a request write."""
    return sum(not call.endswith(READS) for call in calls)


def first_writes(calls: Sequence[str]) -> range:
    """Return the numbers, from 1, of the writes among calls before which a request is held."""
    return range(1, min(count_writes(calls), _MOST_WRITES) + 1)


def overlaps_at_writes(
    access: StackAccess, calls: Sequence[str], prepare: Callable[[], tuple[Send, Send] | None]
) -> Iterator[tuple[str, Overlap]]:
    """Yield what happens while the first of two new requests waits before each of its first writes.

    ``calls`` are those of such a request, ``prepare`` returns the next two. Each overlap has its moment in words.
    """
    writes = count_writes(calls)
    for number in first_writes(calls):
        requests = prepare()
        if requests is None:
            return
        found = overlap(access, *requests, number, writes_only=True)
        if found is not None:
            yield f"the first waited before its write {number} of {writes} ({found.call})", found


def overlap(
    access: StackAccess, first: Send, second: Send, number: int, *, writes_only: bool = False
) -> Overlap | None:
    """Perform ``second`` while ``first`` waits before its database call of this number, counted from 1.

    ``writes_only``: reads are not counted, of which a request may make more or fewer with other values. Returns None
    where ``first`` makes fewer calls, or where ``second`` can't end before it.
    """
    found = overlap_all(access, first, (second,), number, writes_only=writes_only)
    return None if found is None else Overlap(found[0][0], found[0][1], found[1])


def overlap_all(
    access: StackAccess, first: Send, others: Sequence[Send], number: int, *, writes_only: bool = False
) -> tuple[tuple[Answer, ...], str] | None:
    """Perform ``others`` one after another while ``first`` waits; return all answers, and the call that waited."""
    ends = time.monotonic() + _LONGEST
    with access.hold() as holds, ThreadPoolExecutor(2) as pool:
        try:
            one = pool.submit(first)
            held = _hold_call(holds, one, number, writes_only=writes_only)
            if held is None:
                return None
            answers: list[Answer] = []
            for send in others:
                running = pool.submit(send)
                while (call := _next_call(holds, running, ends)) is not None:
                    call.release()
                if not running.done():
                    return None
                answers.append(running.result())
            held.release()
            holds.release_all()
            return (one.result(), *answers), held.action
        finally:
            holds.release_all()


def meet(access: StackAccess, sends: Sequence[Send]) -> tuple[Answer, ...]:
    """Perform requests at once; return their answers. None writes before each has read what it writes upon.

    So it continues while some try again: of those that are left, each time one is the first.
    """
    ends = time.monotonic() + _LONGEST
    with access.hold() as holds, ThreadPoolExecutor(len(sends)) as pool:
        running = [pool.submit(send) for send in sends]
        try:
            while not all(one.done() for one in running) and time.monotonic() < ends:
                for call in _writes_that_wait(holds, running):
                    call.release()
        finally:
            holds.release_all()
        return tuple(one.result() for one in running)


def _writes_that_wait(holds: Holds, running: Sequence[Future[Answer]]) -> list[HeldCall]:
    """Return a writing call of each request that has no answer yet, fewer where no other one comes."""
    waiting: list[HeldCall] = []
    last = time.monotonic()
    while len(waiting) < sum(not one.done() for one in running) and time.monotonic() < last + _LULL:
        held = holds.wait(_POLL)
        if held is None:
            continue
        last = time.monotonic()
        if held.action in READS:
            held.release()
        else:
            waiting.append(held)
    return waiting


def _hold_call(holds: Holds, running: Future[Answer], number: int, *, writes_only: bool) -> HeldCall | None:
    count = 0
    while (held := _next_call(holds, running)) is not None:
        count += not (writes_only and held.action in READS)
        if count == number:
            return held
        held.release()
    return None


def _next_call(holds: Holds, running: Future[Answer], ends: float = float("inf")) -> HeldCall | None:
    """Return the next call that waits, None once the request has its answer."""
    while True:
        held = holds.wait(_POLL)
        if held is not None or running.done() or time.monotonic() > ends:
            return held
