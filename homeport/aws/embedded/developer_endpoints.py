"""Endpoints for developers: the messages of a queue without a receive, and the mails that were sent.

The paths and the shape of the answers are LocalStack's, so that the inspector and tests read both alike:
``GET /_aws/sqs/messages?QueueUrl=…`` and ``GET /_aws/ses``.
https://docs.localstack.cloud/aws/services/sqs/ · https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

QUEUE_MESSAGES, SENT_MAILS = "/_aws/sqs/messages", "/_aws/ses"


class DeveloperEndpoints:
    """The endpoints of one account and region. ``module`` imports a module of ministack."""

    def __init__(self, module: Callable[[str], Any], account: str, region: str) -> None:
        self._module, self._account, self._region = module, account, region

    def answer(self, path: str, query: Mapping[str, list[str]]) -> dict[str, Any] | None:
        """Return the answer to a GET; None for an unknown path, or a queue that does not exist."""
        if path == SENT_MAILS:
            return {"messages": [_mail(each, self._region) for each in self._mails()]}
        if path == QUEUE_MESSAGES:
            messages = self._messages((query.get("QueueUrl") or [""])[0])
            found = None if messages is None else {"Message": messages} if messages else None
            result = {"ReceiveMessageResult": found}
            return None if messages is None else {"ReceiveMessageResponse": result}
        return None

    def _mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._module("ses")._sent_emails.get_scoped(
            self._account, self._region, "entries", []
        )
        return found

    def _messages(self, url: str) -> list[dict[str, Any]] | None:
        sqs = self._module("sqs")
        name = urlsplit(url).path.rpartition("/")[2]
        known = sqs._queue_name_to_url.get_scoped(self._account, self._region, name)
        queue = sqs._queues.get_scoped(self._account, self._region, known)
        if queue is None:
            return None
        return [_message(sqs, each, time.time()) for each in queue["messages"]]


def _message(sqs: Any, message: dict[str, Any], now: float) -> dict[str, Any]:
    sqs._ensure_msg_fields(message)
    attributes = dict(sqs._build_sys_attrs(message, ["All"]))
    if message["visible_at"] > now:
        # LocalStack marks these, too; SQS has no such attributes.
        attributes["IsDelayed" if message["receive_count"] == 0 else "IsVisible"] = (
            "true" if message["receive_count"] == 0 else "false"
        )
        attributes["VisibleAt"] = str(message["visible_at"])
    return {
        "MessageId": message["id"],
        "MD5OfBody": message["md5_body"],
        "Body": message["body"],
        "Attribute": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "MessageAttribute": [
            {"Name": name, "Value": value} for name, value in _printable(message.get("message_attributes") or {})
        ],
    }


def _printable(attributes: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in attributes.items():
        yield name, {key: part for key, part in value.items() if isinstance(part, str)}


def _mail(record: Mapping[str, Any], region: str) -> dict[str, Any]:
    templated = "RenderedSubject" in record
    subject, text, html = (
        ("RenderedSubject", "RenderedBodyText", "RenderedBodyHtml")
        if templated
        else ("Subject", "BodyText", "BodyHtml")
    )
    return {
        "Id": record["MessageId"],
        "Region": region,
        "Timestamp": datetime.fromtimestamp(record["Timestamp"], UTC).isoformat(),
        "Source": record.get("Source", ""),
        "Destination": {
            "ToAddresses": record.get("To", []),
            "CcAddresses": record.get("CC", []),
            "BccAddresses": record.get("BCC", []),
        },
        "Subject": record.get(subject, ""),
        "Template": record.get("Template", ""),
        "Body": {"text_part": record.get(text) or "", "html_part": record.get(html) or ""},
    }
