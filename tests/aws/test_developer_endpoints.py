"""Queues and mails are read as LocalStack's endpoints for developers give them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from homeport.aws.developer_endpoints import QueueMessage, SentMail, queue_messages, sent_mails
from homeport.errors import EngineError

URL = "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/jobs"
MESSAGE = {
    "MessageId": "m-1",
    "MD5OfBody": "5d41402abc4b2a76b9719d911017c592",
    "Body": "hello",
    "Attribute": [
        {"Name": "SentTimestamp", "Value": "1790074701250"},
        {"Name": "ApproximateReceiveCount", "Value": "2"},
        {"Name": "IsVisible", "Value": "false"},
    ],
    "MessageAttribute": {"Name": "colour", "Value": {"StringValue": "blue", "DataType": "String"}},
}
MAIL = {
    "Id": "mail-1",
    "Region": "us-east-1",
    "Timestamp": "2026-11-21T12:00:00",
    "Source": "shop@example.com",
    "Destination": {"ToAddresses": ["ada@example.com"], "BccAddresses": ["log@example.com"]},
    "Subject": "Your order",
    "Body": {"text_part": "On its way.", "html_part": None},
}


@contextmanager
def answering(answers: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """A server with a JSON answer for each path; what it was asked, too."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer, 404 for any other path."""
            asked.append(self.path)
            found = answers.get(urlsplit(self.path).path)
            body = json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def queue_of(messages: Any) -> dict[str, Any]:
    """The answer about a queue."""
    result = {"Message": messages} if messages else None
    return {"/_aws/sqs/messages": {"ReceiveMessageResponse": {"ReceiveMessageResult": result}}}


# One element comes without a list.
@pytest.mark.parametrize("messages", [MESSAGE, [MESSAGE]])
def test_messages_in_flight_are_seen_with_their_counts(messages: Any) -> None:
    with answering(queue_of(messages)) as (endpoint, asked):
        found = queue_messages(endpoint, URL)
    system = {"SentTimestamp": "1790074701250", "ApproximateReceiveCount": "2"}
    assert found == (QueueMessage("m-1", "hello", "in flight", 2, 1790074701250, system, {"colour": "blue"}),)
    query = parse_qs(urlsplit(asked[0]).query)
    assert query == {"QueueUrl": [URL], "ShowInvisible": ["true"], "ShowDelayed": ["true"]}


def test_an_empty_queue_has_no_messages_and_of_services_without_the_endpoint_nothing_is_known() -> None:
    with answering(queue_of(None)) as (endpoint, _):
        assert queue_messages(endpoint, URL) == ()
        assert sent_mails(endpoint) is None
    with answering({}) as (endpoint, _):
        assert queue_messages(endpoint, URL) is None


def test_mails_are_read_with_everyone_who_gets_them() -> None:
    with answering({"/_aws/ses": {"messages": [{**MAIL, "Id": "mail-0"}, MAIL]}}) as (endpoint, _):
        found = sent_mails(endpoint)
    assert found is not None
    assert [mail.id for mail in found] == ["mail-1", "mail-0"]
    assert found[0] == SentMail(
        id="mail-1",
        time="2026-11-21T12:00:00",
        source="shop@example.com",
        to=("ada@example.com", "log@example.com"),
        subject="Your order",
        text="On its way.",
        html="",
    )


def test_services_that_are_gone_are_reported() -> None:
    with pytest.raises(EngineError, match="does homeport dev still run"):
        sent_mails("http://127.0.0.1:1")
