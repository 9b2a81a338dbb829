"""Clients of endpoints for developers, which change nothing: messages of queues, and mails that were sent.

AWS has no such endpoints. The kit's process and LocalStack have them at the same paths.
https://docs.localstack.cloud/aws/services/sqs/ · https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from homeport.aws.embedded.developer_endpoints import QUEUE_MESSAGES, SENT_MAILS
from homeport.errors import EngineError
from homeport.http_client import send_request

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """A message of a queue. ``state`` is ``visible``, ``in flight`` or ``delayed``; ``sent`` is in milliseconds."""

    id: str
    body: str
    state: str
    receives: int
    sent: int
    system: Mapping[str, str]
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that a function has sent. ``time`` is in ISO 8601; ``template`` is ``""`` where it used none."""

    id: str
    time: str
    source: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    template: str = ""


def queue_messages(endpoint: str, url: str) -> tuple[QueueMessage, ...] | None:
    """Return all messages of a queue, those in flight and delayed among them.

    None where the services have no such endpoint. Raises EngineError where nothing answers.
    """
    asked = {"QueueUrl": url, "ShowInvisible": "true", "ShowDelayed": "true"}
    found = _get(endpoint, f"{QUEUE_MESSAGES}?{urlencode(asked)}")
    if not isinstance(found, dict) or "ReceiveMessageResponse" not in found:
        return None
    result = (found["ReceiveMessageResponse"] or {}).get("ReceiveMessageResult") or {}
    return tuple(map(_message, _list(result.get("Message"))))


def sent_mails(endpoint: str) -> tuple[SentMail, ...] | None:
    """Return the mails that were sent, the latest first; None where the services have no such endpoint.

    Raises EngineError where nothing answers.
    """
    found = _get(endpoint, SENT_MAILS)
    if not isinstance(found, dict) or "messages" not in found:
        return None
    return tuple(map(_mail, reversed(found["messages"])))


def _get(endpoint: str, target: str) -> Any:
    try:
        reply = send_request(endpoint, "GET", target, [("Accept", "application/json")], timeout=_TIMEOUT)
    except (OSError, http.client.HTTPException) as error:
        raise EngineError(
            f"the services at {endpoint} do not answer: {error}", "does homeport dev still run?"
        ) from error
    try:
        return json.loads(reply.body) if reply.status == 200 else None
    except ValueError:
        return None


def _message(found: Mapping[str, Any]) -> QueueMessage:
    system = {each["Name"]: str(each["Value"]) for each in _list(found.get("Attribute"))}
    attributes = _list(found.get("MessageAttribute"))
    hidden, delayed = system.pop("IsVisible", "true") == "false", system.pop("IsDelayed", "false") == "true"
    system.pop("VisibleAt", None)
    return QueueMessage(
        id=found["MessageId"],
        body=found.get("Body") or "",
        state="delayed" if delayed else "in flight" if hidden else "visible",
        receives=int(system.get("ApproximateReceiveCount", 0)),
        sent=int(system.get("SentTimestamp", 0)),
        system=system,
        attributes={each["Name"]: str(each["Value"].get("StringValue", "(binary)")) for each in attributes},
    )


def _mail(found: Mapping[str, Any]) -> SentMail:
    destination = found.get("Destination") or {}
    names = ("ToAddresses", "CcAddresses", "BccAddresses")
    body = found.get("Body") or {}
    return SentMail(
        id=str(found.get("Id", "")),
        time=str(found.get("Timestamp", "")),
        source=str(found.get("Source", "")),
        to=tuple(str(each) for name in names for each in destination.get(name) or ()),
        subject=str(found.get("Subject") or ""),
        text=str(body.get("text_part") or found.get("RawData") or ""),
        html=str(body.get("html_part") or ""),
        template=str(found.get("Template") or ""),
    )


def _list(value: Any) -> list[Any]:
    # LocalStack writes one element without a list.
    return value if isinstance(value, list) else [] if value is None else [value]
