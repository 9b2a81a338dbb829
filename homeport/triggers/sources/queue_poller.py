"""The poller of a queue: batches of messages for a function, deleted where it succeeds.

A message that fails is left in the queue: it is visible again when its visibility timeout is over, and SQS moves it to
the dead-letter queue when it has been received often enough. So nothing is lost with this process.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from homeport.project.triggers.trigger import QueueTrigger
from homeport.runtime.api import InvokeError
from homeport.service_client import ServiceClient, ServiceError
from homeport.triggers.destinations import queue_url
from homeport.triggers.events.sqs import sqs_record
from homeport.triggers.filtering import takes
from homeport.triggers.invoker import Invoker
from homeport.triggers.retries.partial_failures import failed_records
from homeport.triggers.sources.reading import GRACE, Reading

Message = Mapping[str, Any]
_MOST_AT_ONCE = 10
# Lambda starts with five batches at a time.
_CONCURRENCY = 5
# Seconds.
_LONGEST_POLL = 5


class QueuePoller:
    """Polls the queue of a trigger until it is stopped."""

    def __init__(self, trigger: QueueTrigger, client: ServiceClient, invoker: Invoker, grace: float = GRACE) -> None:
        self._trigger, self._client, self._invoker = trigger, client, invoker
        self._reading = Reading(trigger.id, invoker, grace)
        self._stopping = threading.Event()
        count = trigger.max_concurrency or _CONCURRENCY
        # The messages of a group of a FIFO queue are handled in order.
        self._count = 1 if trigger.queue_arn.endswith(".fifo") else min(count, _CONCURRENCY)
        self._free = threading.Semaphore(self._count)
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix=f"batch-{trigger.id}")
        self._origin = f"sqs {trigger.queue_arn.rpartition(':')[2]}"
        self._url = ""
        self._thread = threading.Thread(target=self._run, name=f"poll-{trigger.id}", daemon=True)

    def start(self) -> None:
        """Poll in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Take no further messages; batches that run end undisturbed."""
        self._stopping.set()
        self._threads.shutdown(wait=False)

    def _run(self) -> None:
        self._reading.keep_on(self._poll, self._origin, self._stopping)

    def _poll(self) -> None:
        if not self._url:
            self._url = queue_url(self._client, self._trigger.queue_arn)
        self._free.acquire()
        handed_on = False
        try:
            batch = self._gather()
            if batch and not self._stopping.is_set():
                self._threads.submit(self._handle, batch)
                handed_on = True
            elif batch:
                self._release(batch)
        finally:
            if not handed_on:
                self._free.release()

    def _gather(self) -> list[Message]:
        """Return a batch: what is there, or what comes within the window after the first message."""
        batch = self._receive(min(_MOST_AT_ONCE, self._trigger.batch_size), _LONGEST_POLL)
        end = time.monotonic() + self._trigger.window
        while batch and len(batch) < self._trigger.batch_size and (left := end - time.monotonic()) > 0:
            count = min(_MOST_AT_ONCE, self._trigger.batch_size - len(batch))
            batch += self._receive(count, min(_LONGEST_POLL, max(1, int(left))))
        return batch

    def _receive(self, count: int, wait: int) -> list[Message]:
        request = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": count,
            "WaitTimeSeconds": wait,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        return list(self._client.call("sqs", "AmazonSQS.ReceiveMessage", request).get("Messages") or ())

    def _handle(self, batch: Sequence[Message]) -> None:
        try:
            records = {str(message["MessageId"]): sqs_record(message, self._trigger.queue_arn) for message in batch}
            taken = {id: record for id, record in records.items() if takes(self._trigger.filters, record)}
            # Lambda deletes what no filter takes.
            done = [message for message in batch if message["MessageId"] not in taken]
            failed = self._invoke(taken) if taken else frozenset()
            done += [message for message in batch if message["MessageId"] in taken.keys() - failed]
            self._delete(done)
        except ServiceError as error:
            self._invoker.warn(f"{self._trigger.id} can't delete messages of {self._origin}: {error}")
        finally:
            self._free.release()

    def _invoke(self, records: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
        """Return the ids of the messages that failed."""
        event = json.dumps({"Records": list(records.values())}).encode()
        everything = frozenset(records)
        try:
            invocation = self._invoker.invoke_for(self._origin, self._trigger.function, event)
        except (InvokeError, KeyError):
            return everything
        if invocation.error:
            return everything
        return failed_records(invocation.payload, list(records)) if self._trigger.partial else frozenset()

    def _delete(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), _MOST_AT_ONCE):
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(messages[start : start + _MOST_AT_ONCE])
            ]
            self._client.call("sqs", "AmazonSQS.DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})

    def _release(self, messages: Sequence[Message]) -> None:
        """Make messages visible again that were received, but not handed on."""
        for message in messages:
            request = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            self._client.call("sqs", "AmazonSQS.ChangeMessageVisibility", request)
