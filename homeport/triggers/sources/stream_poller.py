"""The poller of a stream: each shard's records in order, in batches, tried again until they are done or discarded.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from homeport.project.triggers.trigger import StreamTrigger
from homeport.runtime.api import Invocation, InvokeError
from homeport.service_client import ServiceError
from homeport.triggers.destinations import Destinations
from homeport.triggers.events.invocation_record import InvocationOutcome, StreamBatch, stream_record
from homeport.triggers.filtering import takes
from homeport.triggers.invoker import Invoker
from homeport.triggers.retries.partial_failures import failed_records
from homeport.triggers.retries.stream_batch import (
    BatchSettings,
    Discarded,
    StreamWork,
    after_failure,
    retry_pause,
    without_expired,
)
from homeport.triggers.sources.checkpoints import Checkpoints
from homeport.triggers.sources.reading import GRACE, Reading
from homeport.triggers.sources.stream_reader import EXPIRED, ShardRecord, StreamReader, first_position


@dataclass(frozen=True, slots=True)
class StreamPauses:
    """Seconds between two looks at a shard, and before a retry: the first one, and the longest."""

    poll: float = 0.5
    first_retry: float = 0.5
    longest_retry: float = 60.0
    shards: float = 10.0
    grace: float = GRACE


class StreamPoller:
    """Polls the shards of a trigger's stream until it is stopped, each in a thread of its own."""

    def __init__(
        self,
        trigger: StreamTrigger,
        reader: StreamReader,
        invoker: Invoker,
        destinations: Destinations,
        checkpoints: Checkpoints,
        pauses: StreamPauses = StreamPauses(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._trigger, self._reader, self._invoker = trigger, reader, invoker
        self._destinations, self._checkpoints, self._pauses, self._clock = destinations, checkpoints, pauses, clock
        self._reading = Reading(trigger.id, invoker, pauses.grace)
        self._settings = BatchSettings(trigger.bisect, trigger.max_retries, trigger.max_age)
        self._stopping = threading.Event()
        self._origin = f"{trigger.service} {trigger.stream}"
        self._thread = threading.Thread(target=self._run, name=f"poll-{trigger.id}", daemon=True)

    def start(self) -> None:
        """Poll in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Read no further records; a batch that runs ends undisturbed."""
        self._stopping.set()

    def _run(self) -> None:
        """Follow the stream's shards. A stream that is made again has another ARN."""
        followed: set[tuple[str, str]] = set()
        while not self._stopping.is_set():
            failing = False
            try:
                arn = self._reader.arn()
                for shard in self._reader.shards(arn):
                    if (arn, shard) not in followed:
                        followed.add((arn, shard))
                        self._follow(arn, shard)
                self._reading.note_success()
            except ServiceError as error:
                self._reading.note_failure(self._origin, error)
                failing = True
            self._stopping.wait(self._pauses.poll if failing or not followed else self._pauses.shards)

    def _follow(self, arn: str, shard: str) -> None:
        # The position is taken now: a record that is written after this is not missed by LATEST.
        iterator = self._first_iterator(arn, shard)
        threading.Thread(
            target=self._follow_shard, args=(arn, shard, iterator), name=f"shard-{self._trigger.id}", daemon=True
        ).start()

    def _first_iterator(self, arn: str, shard: str) -> str:
        checkpoint = self._checkpoints.get(self._trigger.id, arn, shard)
        try:
            return self._reader.iterator(arn, shard, first_position(self._trigger, checkpoint))
        except ServiceError as error:
            if checkpoint is None or error.code not in {*EXPIRED, "InvalidArgumentException", "ValidationException"}:
                raise
        # What was done last has left the stream: everything in it is newer.
        self._checkpoints.forget(self._trigger.id, arn, shard)
        return self._reader.iterator(arn, shard, {"ShardIteratorType": "TRIM_HORIZON"})

    def _follow_shard(self, arn: str, shard: str, first: str) -> None:
        iterator: str | None = first
        while iterator is not None and not self._stopping.is_set():
            try:
                records, iterator = self._gather(arn, shard, iterator)
            except ServiceError as error:
                self._stopping.wait(self._pauses.poll)
                if error.code in EXPIRED:
                    try:
                        iterator = self._first_iterator(arn, shard)
                    except ServiceError:
                        return
                continue
            if records and not self._handle(arn, shard, records):
                return
            if not records:
                self._stopping.wait(self._pauses.poll)

    def _gather(self, arn: str, shard: str, iterator: str) -> tuple[list[ShardRecord], str | None]:
        """Return the records of the next batches: what is there, or what comes within the window after the first."""
        count = self._trigger.batch_size * self._trigger.parallelization
        page = self._reader.read(arn, shard, iterator, count)
        records, following = list(page.records), page.following
        end = time.monotonic() + self._trigger.window
        while records and len(records) < count and following is not None and time.monotonic() < end:
            if self._stopping.wait(min(self._pauses.poll, 1.0)):
                break
            page = self._reader.read(arn, shard, following, count - len(records))
            records += page.records
            following = page.following
        return records, following

    def _handle(self, arn: str, shard: str, records: Sequence[ShardRecord]) -> bool:
        """Have records handled, in lanes by their keys. Return False where the poller was stopped before the end."""
        lanes: list[list[ShardRecord]] = [[] for _ in range(self._trigger.parallelization)]
        for record in records:
            if takes(self._trigger.filters, record.record):
                lanes[zlib.crc32(record.key.encode()) % len(lanes)].append(record)
        busy = [lane for lane in lanes if lane]
        if len(busy) > 1:
            with ThreadPoolExecutor(len(busy)) as threads:
                done = all(list(threads.map(lambda lane: self._handle_lane(arn, shard, lane), busy)))
        else:
            done = all(self._handle_lane(arn, shard, lane) for lane in busy)
        if done:
            self._checkpoints.set(self._trigger.id, arn, shard, records[-1].sequence)
        return done

    def _handle_lane(self, arn: str, shard: str, records: Sequence[ShardRecord]) -> bool:
        size = self._trigger.batch_size
        waiting = [StreamWork(tuple(records[start : start + size])) for start in range(0, len(records), size)]
        failures, last, count = 0, None, 0
        while waiting:
            if self._stopping.is_set():
                return False
            work, old = without_expired(waiting.pop(0), self._settings, self._clock())
            if old is not None:
                self._discard(arn, shard, old, last, count)
            if work is None:
                continue
            invocation, failed = self._invoke(work)
            if invocation is None:
                # Lambda did not take the batch, which is no failure of the function.
                waiting.insert(0, work)
                failures += 1
                self._stopping.wait(self._pause(failures))
                continue
            count = work.retries + 1
            if failed is None:
                failures, last = 0, None
                continue
            steps = after_failure(work, self._settings, failed)
            last = invocation
            if steps.discarded is not None:
                self._discard(arn, shard, steps.discarded, invocation, count)
            waiting[:0] = steps.work
            failures = failures + 1 if steps.waits else 0
            if steps.waits:
                self._stopping.wait(self._pause(failures))
        return True

    def _pause(self, failures: int) -> float:
        return retry_pause(failures, self._pauses.first_retry, self._pauses.longest_retry)

    def _invoke(self, work: StreamWork[ShardRecord]) -> tuple[Invocation | None, Sequence[str] | None]:
        """Return the invocation of a batch, None if Lambda did not take it, and the sequence numbers that failed.

        Instead of numbers, None says that the batch is done, and an empty sequence that it failed as a whole.
        """
        event = json.dumps({"Records": [record.record for record in work.records]}).encode()
        try:
            invocation = self._invoker.invoke_for(self._origin, self._trigger.function, event)
        except (InvokeError, KeyError):
            return None, ()
        if invocation.error:
            return invocation, ()
        if not self._trigger.partial:
            return invocation, None
        sequences = [record.sequence for record in work.records]
        failed = failed_records(invocation.payload, sequences)
        if len(failed) == len(sequences):
            return invocation, ()
        return invocation, [sequence for sequence in sequences if sequence in failed] or None

    def _discard(
        self, arn: str, shard: str, discarded: Discarded[ShardRecord], invocation: Invocation | None, count: int
    ) -> None:
        records = discarded.records
        if not self._trigger.on_failure:
            self._invoker.warn(
                f"{self._trigger.function} failed for {len(records)} records of {self._origin}, which are discarded: "
                f"{discarded.condition}"
            )
            return
        batch = StreamBatch(
            shard, records[0].sequence, records[-1].sequence, records[0].arrived, records[-1].arrived, len(records), arn
        )
        outcome = InvocationOutcome(
            invocation.request_id if invocation is not None else "",
            self._invoker.function_arn(self._trigger.function),
            count,
            invocation.payload if invocation is not None else None,
            invocation.error if invocation is not None else None,
        )
        record = stream_record(batch, outcome, discarded.condition, datetime.fromtimestamp(self._clock(), UTC))
        try:
            self._destinations.send_record(self._trigger.on_failure, record)
        except ServiceError as error:
            self._invoker.warn(f"the record of {self._trigger.id} did not reach {self._trigger.on_failure}: {error}")
