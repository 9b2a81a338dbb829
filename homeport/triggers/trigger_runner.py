"""The triggers of a project while it is served: pollers that follow its files, asynchronous invocations, schedules.

EventBridge, S3, SNS, Cognito and Step Functions call functions through the Lambda API (``runtime/lambda_api.py``).
Queues and streams call nobody: Lambda polls them, and so do the pollers here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import QueueTrigger, StreamTrigger
from homeport.triggers.async_invocations import AsyncInvocations
from homeport.triggers.event_store import EventStore
from homeport.triggers.events.lambda_form import in_lambda_form
from homeport.triggers.events.origin import origin_of
from homeport.triggers.invoker import Invoker
from homeport.triggers.retries.async_event import RetryDelays
from homeport.triggers.service_client import ServiceClient
from homeport.triggers.sources.checkpoints import Checkpoints
from homeport.triggers.sources.queue_poller import QueuePoller
from homeport.triggers.sources.stream_poller import StreamPoller
from homeport.triggers.sources.stream_reader import KinesisStreamReader, StreamReader, TableStreamReader

EVENTS_FOLDER = "events"
CHECKPOINTS_FILE = "checkpoints.json"


@dataclass(frozen=True, slots=True)
class TriggerEndpoints:
    """The endpoints of what triggers poll and send to: ``services`` and ``dynamodb``, None where nothing runs."""

    services: str | None
    dynamodb: str | None
    region: str


class Poller(Protocol):
    """A poller of one trigger."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """Take nothing further."""
        ...


class TriggerRunner:
    """Runs the triggers of the project that ``invoker`` serves.

    ``folder`` keeps the events that wait and the checkpoints of streams; ``references`` are the functions as they are.
    """

    def __init__(
        self,
        invoker: Invoker,
        endpoints: TriggerEndpoints,
        folder: Path,
        references: Callable[[], FunctionReferences],
        delays: RetryDelays,
    ) -> None:
        self._invoker, self._region = invoker, endpoints.region
        self._services = ServiceClient(endpoints.services, endpoints.region) if endpoints.services else None
        self._dynamodb = ServiceClient(endpoints.dynamodb, endpoints.region) if endpoints.dynamodb else None
        store = EventStore(folder / EVENTS_FOLDER)
        self._invocations = AsyncInvocations(invoker, store, self._services, references, delays)
        self._checkpoints = Checkpoints(folder / CHECKPOINTS_FILE)
        self._lock = threading.Lock()
        self._pollers: dict[str, tuple[QueueTrigger | StreamTrigger, Poller]] = {}

    def update(self) -> None:
        """Follow the triggers of the project as it is now; a poller whose trigger has not changed goes on."""
        with self._lock:
            wanted = {
                trigger.id: trigger
                for trigger in self._invoker.triggers().every
                if isinstance(trigger, QueueTrigger | StreamTrigger) and trigger.enabled
            }
            for id, (trigger, poller) in list(self._pollers.items()):
                if wanted.get(id) != trigger:
                    poller.stop()
                    del self._pollers[id]
            for id, trigger in wanted.items():
                if id not in self._pollers and (made := self._poller(trigger)) is not None:
                    self._pollers[id] = trigger, made
                    made.start()

    def invoke_later(self, function: str, event: bytes) -> str:
        """Take an event for an asynchronous invocation, and return its id. It is kept when this returns.

        Raises RequestTooLarge.
        """
        return self._invocations.submit(function, in_lambda_form(event), origin_of(event))

    def close(self) -> None:
        """Stop all pollers; what waits stays where it is kept."""
        with self._lock:
            for _, poller in self._pollers.values():
                poller.stop()
            self._pollers.clear()
        self._invocations.close()

    def _poller(self, trigger: QueueTrigger | StreamTrigger) -> Poller | None:
        if isinstance(trigger, QueueTrigger):
            if self._services is None:
                self._invoker.warn(f"{trigger.id} polls no queue: no services of AWS run here")
                return None
            return QueuePoller(trigger, self._services, self._invoker)
        reader = self._reader(trigger)
        if reader is None:
            self._invoker.warn(f"{trigger.id} reads no stream: its service does not run here")
            return None
        return StreamPoller(trigger, reader, self._invoker, self._invocations.destinations, self._checkpoints)

    def _reader(self, trigger: StreamTrigger) -> StreamReader | None:
        if trigger.service == "dynamodb":
            return TableStreamReader(self._dynamodb, trigger.stream) if self._dynamodb is not None else None
        role = f"arn:aws:iam::{LOCAL_ACCOUNT}:role/{trigger.function}"
        return KinesisStreamReader(self._services, trigger.stream, role) if self._services is not None else None
