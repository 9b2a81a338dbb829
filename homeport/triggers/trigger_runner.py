"""The triggers of a project while it is served: pollers that follow its files, asynchronous invocations, schedules.

EventBridge, S3, SNS, Cognito and Step Functions call functions through the Lambda API (``runtime/lambda_api.py``).
Queues and streams call nobody: Lambda polls them, and so do the pollers here. Services of another process
(``--aws URL``) can't call functions here: they send events to a queue of each function, which is polled as well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from homeport.aws.endpoints import relay_name
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import (
    BucketTrigger,
    QueueTrigger,
    RuleTrigger,
    ScheduleTrigger,
    StreamTrigger,
    TopicTrigger,
)
from homeport.service_client import ServiceClient
from homeport.triggers.async_invocations import AsyncInvocations
from homeport.triggers.event_store import EventStore
from homeport.triggers.events.lambda_form import in_lambda_form
from homeport.triggers.events.origin import origin_of
from homeport.triggers.invoker import Invoker
from homeport.triggers.retries.async_event import RetryDelays
from homeport.triggers.sources.checkpoints import Checkpoints
from homeport.triggers.sources.queue_poller import QueuePoller
from homeport.triggers.sources.relay_poller import RelayPoller
from homeport.triggers.sources.stream_poller import StreamPoller
from homeport.triggers.sources.stream_reader import KinesisStreamReader, StreamReader, TableStreamReader

PUSHED = (TopicTrigger, BucketTrigger, RuleTrigger, ScheduleTrigger)
"""The triggers whose services call the function; where these run elsewhere, they put its events into a queue."""
EVENTS_FOLDER = "events"
CHECKPOINTS_FILE = "checkpoints.json"


@dataclass(frozen=True, slots=True)
class TriggerEndpoints:
    """The endpoints of what triggers poll and send to: ``services`` and ``dynamodb``, None where nothing runs.

    ``outside`` says that the services are another's process, which can't call functions here.
    """

    services: str | None
    dynamodb: str | None
    region: str
    outside: bool = False


class Poller(Protocol):
    """A poller of one trigger."""

    def start(self) -> None:
        """Start to poll, in threads of its own."""
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
        self._outside = endpoints.outside
        self._relays: dict[str, Poller] = {}

    def update(self) -> None:
        """Follow the triggers of the project as it is now; a poller whose trigger has not changed continues."""
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
            self._update_relays()

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
            for relay in self._relays.values():
                relay.stop()
            self._pollers.clear()
            self._relays.clear()
        self._invocations.close()

    def _update_relays(self) -> None:
        """Follow the functions to which services of another process send events through queues."""
        wanted: dict[str, str] = {}
        if self._outside and self._services is not None:
            for trigger in self._invoker.triggers().every:
                if isinstance(trigger, PUSHED):
                    name = self._invoker.function_arn(trigger.function).rpartition(":")[2]
                    wanted[relay_name(name)] = trigger.function
        for queue in [queue for queue in self._relays if queue not in wanted]:
            self._relays.pop(queue).stop()
        for queue, function in wanted.items():
            if queue not in self._relays and self._services is not None:
                submit = partial(self.invoke_later, function)
                self._relays[queue] = RelayPoller(queue, self._services, self._invoker, submit)
                self._relays[queue].start()

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
