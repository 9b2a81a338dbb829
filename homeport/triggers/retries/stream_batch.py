"""Batches of streams: what follows an invocation for the records of a shard, which are handled in order.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from homeport.project.triggers.trigger import FOREVER

DiscardCondition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


class StreamRecord(Protocol):
    """A record of a shard; ``arrived`` is seconds since the epoch."""

    @property
    def sequence(self) -> str:
        """The sequence number."""
        ...

    @property
    def arrived(self) -> float:
        """The time at which it was written."""
        ...


Record = TypeVar("Record", bound=StreamRecord)


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """The error handling of a mapping; ``max_age`` is seconds. ``FOREVER`` retries until a record leaves the stream."""

    bisect: bool = False
    max_retries: int = FOREVER
    max_age: int = FOREVER


@dataclass(frozen=True, slots=True)
class StreamWork(Generic[Record]):
    """Records that are to be handed to the function as one batch; ``retries`` counts how often they failed before."""

    records: tuple[Record, ...]
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Discarded(Generic[Record]):
    """Records that are given up."""

    records: tuple[Record, ...]
    condition: DiscardCondition


@dataclass(frozen=True, slots=True)
class NextSteps(Generic[Record]):
    """The steps after an invocation: batches in the order in which they are tried, and what is given up.

    ``waits`` says that the first of them failed just now and is tried again after a pause.
    """

    work: tuple[StreamWork[Record], ...] = ()
    discarded: Discarded[Record] | None = None
    waits: bool = False


def without_expired(
    work: StreamWork[Record], settings: BatchSettings, now: float
) -> tuple[StreamWork[Record] | None, Discarded[Record] | None]:
    """Return a batch without the records that are too old, and those."""
    if settings.max_age == FOREVER:
        return work, None
    old = tuple(record for record in work.records if now - record.arrived > settings.max_age)
    if not old:
        return work, None
    rest = tuple(record for record in work.records if now - record.arrived <= settings.max_age)
    return (StreamWork(rest, work.retries) if rest else None), Discarded(old, "RecordAgeExceeded")


def after_failure(work: StreamWork[Record], settings: BatchSettings, failed: Sequence[str] = ()) -> NextSteps[Record]:
    """Return what follows the failure of a batch.

    ``failed`` are the sequence numbers that the function reported, none: it failed as a whole. The records before the
    lowest of them are done, and all others are tried again. A batch that is split keeps its retries: AWS does not count
    the split as one.
    """
    rest = work.records
    if failed:
        first = next(place for place, record in enumerate(work.records) if record.sequence in failed)
        rest = work.records[first:]
    if not failed and settings.bisect and len(rest) > 1:
        half = len(rest) // 2
        return NextSteps((StreamWork(rest[:half], work.retries), StreamWork(rest[half:], work.retries)), waits=True)
    if settings.max_retries != FOREVER and work.retries >= settings.max_retries:
        return NextSteps(discarded=Discarded(rest, "RetryAttemptsExhausted"))
    return NextSteps((StreamWork(rest, work.retries + 1),), waits=True)


def retry_pause(failures: int, first: float, longest: float) -> float:
    """Return the seconds before the next try after a number of failures in a row: twice as long each time."""
    return min(longest, first * 2.0 ** min(failures - 1, 30))
