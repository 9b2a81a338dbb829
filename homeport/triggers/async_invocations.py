"""Asynchronous invocations: events that are kept, handed to their functions, tried again, and recorded at the end.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import AsyncSettings
from homeport.runtime.api import Invocation, InvokeError, RequestTooLarge
from homeport.runtime.worker.limits import MAX_ASYNCHRONOUS_EVENT
from homeport.service_client import ServiceClient, ServiceError
from homeport.triggers.destinations import Destinations
from homeport.triggers.event_store import EventStore, StoredEvent
from homeport.triggers.events.invocation_record import (
    Condition,
    InvocationOutcome,
    async_record,
    dead_letter_attributes,
)
from homeport.triggers.invoker import Invoker
from homeport.triggers.retries.async_event import GiveUp, RetryDelays, after_attempt, is_too_old

_THREADS = 16
log = logging.getLogger("homeport.triggers")


class AsyncInvocations:
    """The queue of asynchronous invocations. ``clock`` gives seconds since the epoch.

    ``client`` is that of the services, None where none run. ``references`` are the functions of the moment. Events that
    ``store`` still has from an earlier run come first.
    """

    def __init__(
        self,
        invoker: Invoker,
        store: EventStore,
        client: ServiceClient | None,
        references: Callable[[], FunctionReferences],
        delays: RetryDelays,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._invoker, self._store, self._delays, self._clock = invoker, store, delays, clock
        self._references = references
        self.destinations = Destinations(client, self._submit_to_arn)
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, StoredEvent]] = []
        self._closed = False
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="async-invocation")
        for event in store.load():
            self._schedule(event)
        threading.Thread(target=self._run, name="async-invocations", daemon=True).start()

    def submit(self, function: str, event: bytes, origin: str) -> str:
        """Take an event for a function, and return the id of the request. The event is kept when this returns.

        Raises RequestTooLarge.
        """
        if len(event) > MAX_ASYNCHRONOUS_EVENT:
            raise RequestTooLarge(
                f"{len(event)} byte payload is too large for the Event invocation type (limit {MAX_ASYNCHRONOUS_EVENT})"
            )
        stored = self._store.add(function, event, origin, self._clock())
        self._schedule(stored)
        return stored.id

    def close(self) -> None:
        """Hand on no event any more. What waits stays in the store."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit_to_arn(self, arn: str, event: bytes) -> None:
        function = self._references().find(arn)
        if function is None:
            raise ServiceError("the function is not in the project")
        try:
            self.submit(function, event, "destination")
        except RequestTooLarge as error:
            raise ServiceError(str(error)) from error

    def _schedule(self, event: StoredEvent) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (event.due, next(self._order), event))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._waiting or self._waiting[0][0] > self._clock()):
                    self._changed.wait(self._waiting[0][0] - self._clock() if self._waiting else None)
                if self._closed:
                    return
                _, _, event = heapq.heappop(self._waiting)
                self._threads.submit(self._try, event)

    def _try(self, event: StoredEvent) -> None:
        try:
            self._handle(event)
        except Exception:
            log.exception("an error of the asynchronous invocations, please report it")

    def _handle(self, event: StoredEvent) -> None:
        settings = self._invoker.triggers().async_settings(event.function)
        if is_too_old(event.state, settings, self._clock()):
            self._give_up(event, settings, "EventAgeExceeded", None)
            return
        try:
            invocation = self._invoker.invoke_for(
                event.origin, event.function, event.event.encode(), cause=f"lambda:{event.id}"
            )
        except KeyError:
            self._invoker.warn(f"{event.function} is not there any more: its event of {event.origin} is dropped")
            self._store.remove(event)
        except InvokeError:
            self._after(event, settings, "throttled", None)
        else:
            if invocation.error:
                self._after(event, settings, "failed", invocation)
            else:
                self._send(settings.on_success, event, invocation, "Success")
                self._store.remove(event)

    def _after(self, event: StoredEvent, settings: AsyncSettings, result: Any, invocation: Invocation | None) -> None:
        now = self._clock()
        step = after_attempt(event.state, result, settings, self._delays, now)
        if isinstance(step, GiveUp):
            self._give_up(event, settings, step.condition, invocation)
        else:
            self._schedule(self._store.retry(event, step.state, now + step.delay))

    def _give_up(
        self, event: StoredEvent, settings: AsyncSettings, condition: Condition, invocation: Invocation | None
    ) -> None:
        self._send(settings.on_failure, event, invocation, condition)
        if settings.dead_letter:
            attributes = dead_letter_attributes(self._outcome(event, invocation))
            self._deliver(
                settings.dead_letter,
                event,
                lambda: self.destinations.send_message(settings.dead_letter, event.event, attributes),
            )
        if not settings.on_failure and not settings.dead_letter:
            self._invoker.warn(
                f"{event.function} failed for an event of {event.origin}, which is discarded: {condition}"
            )
        self._store.remove(event)

    def _send(self, arn: str, event: StoredEvent, invocation: Invocation | None, condition: Condition) -> None:
        if not arn:
            return
        now = datetime.fromtimestamp(self._clock(), UTC)
        record = async_record(json.loads(event.event), self._outcome(event, invocation), condition, now)
        self._deliver(arn, event, lambda: self.destinations.send_record(arn, record))

    def _deliver(self, arn: str, event: StoredEvent, send: Callable[[], None]) -> None:
        try:
            send()
        except ServiceError as error:
            self._invoker.warn(f"the record of {event.function} did not reach {arn}: {error}")

    def _outcome(self, event: StoredEvent, invocation: Invocation | None) -> InvocationOutcome:
        count = event.state.failures + (1 if invocation is not None else 0)
        return InvocationOutcome(
            event.id,
            self._invoker.function_arn(event.function),
            count,
            invocation.payload if invocation is not None else None,
            invocation.error if invocation is not None else None,
        )
