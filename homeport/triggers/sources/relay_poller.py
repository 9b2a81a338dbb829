"""The poller of a relay: the queue into which services that run elsewhere put events for a function.

``homeport/aws/setup/relays.py`` makes the queue. An event is deleted once it is kept for its asynchronous invocation.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from homeport.runtime.api import RequestTooLarge
from homeport.service_client import ServiceClient
from homeport.triggers.destinations import queue_url
from homeport.triggers.events.s3 import is_test_event
from homeport.triggers.events.sns import sns_event
from homeport.triggers.invoker import Invoker
from homeport.triggers.sources.reading import GRACE, Reading

_MOST = 10
# Seconds.
_LONGEST_POLL = 5


class RelayPoller:
    """Polls the queue of that name until it is stopped; ``submit`` takes each event."""

    def __init__(
        self,
        queue: str,
        client: ServiceClient,
        invoker: Invoker,
        submit: Callable[[bytes], object],
        grace: float = GRACE,
    ) -> None:
        self._queue, self._client, self._invoker, self._submit = queue, client, invoker, submit
        self._reading = Reading(queue, invoker, grace)
        self._stopping = threading.Event()
        self._url = ""
        self._thread = threading.Thread(target=self._run, name=f"relay-{queue}", daemon=True)

    def start(self) -> None:
        """Poll in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing further."""
        self._stopping.set()

    def _run(self) -> None:
        self._reading.keep_on(self._poll, "the events of other services", self._stopping)

    def _poll(self) -> None:
        if not self._url:
            self._url = queue_url(self._client, self._queue)
        request = {"QueueUrl": self._url, "MaxNumberOfMessages": _MOST, "WaitTimeSeconds": _LONGEST_POLL}
        messages = self._client.call("sqs", "AmazonSQS.ReceiveMessage", request).get("Messages") or ()
        if messages and not self._stopping.is_set():
            self._take(messages)

    def _take(self, messages: Sequence[Mapping[str, Any]]) -> None:
        for message in messages:
            event = relayed_event(str(message["Body"]))
            try:
                if event is not None:
                    self._submit(event)
            except RequestTooLarge as error:
                self._invoker.warn(f"{self._queue}: {error}")
        entries = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(messages)]
        self._client.call("sqs", "AmazonSQS.DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})


def relayed_event(body: str) -> bytes | None:
    """Return the event that a function gets of a message's body, None for one that no function gets.

    S3 and EventBridge write the event itself, SNS its notification:
    https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-notification-json
    """
    try:
        document = json.loads(body)
    except ValueError:
        # A target's input may be any text; Lambda takes JSON alone.
        return json.dumps(body).encode()
    if not isinstance(document, Mapping):
        return body.encode()
    if is_test_event(document):
        return None
    if document.get("Type") == "Notification" and {"TopicArn", "MessageId", "Message"} <= document.keys():
        return json.dumps(sns_event(document, _subscription_of(document))).encode()
    return body.encode()


def _subscription_of(notification: Mapping[str, Any]) -> str:
    """Return the ARN of the subscription, which the URL that ends it has."""
    query = parse_qs(urlsplit(str(notification.get("UnsubscribeURL", ""))).query)
    return query.get("SubscriptionArn", [str(notification["TopicArn"])])[0]
