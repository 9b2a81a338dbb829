"""Events that services wrote for queues reach functions in Lambda's form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.triggers.events.lambda_form import in_lambda_form

ENVELOPE: dict[str, Any] = {
    "Type": "Notification",
    "MessageId": "1",
    "TopicArn": "arn:aws:sns:us-east-1:000000000000:news",
    "Message": "hello",
    "Timestamp": "2026-01-01T00:00:00.000Z",
    "SignatureVersion": "1",
    "Signature": "x",
    "SigningCertURL": "https://a.example/cert",
    "UnsubscribeURL": "https://a.example/leave",
}


def sns(**members: Any) -> dict[str, Any]:
    record = {"EventVersion": "1.0", "EventSubscriptionArn": "arn:sub", "EventSource": "aws:sns", "Sns": members}
    return {"Records": [record]}


def form_of(event: Any) -> Any:
    return json.loads(in_lambda_form(json.dumps(event).encode()))


def test_notification_has_the_names_of_lambda() -> None:
    (record,) = form_of(sns(**ENVELOPE))["Records"]
    assert (record["EventSubscriptionArn"], record["EventVersion"]) == ("arn:sub", "1.0")
    notification = record["Sns"]
    assert (notification["SigningCertUrl"], notification["UnsubscribeUrl"]) == (
        *("https://a.example/cert", "https://a.example/leave"),
    )
    assert (notification["Subject"], notification["MessageAttributes"]) == (None, {})
    assert not {"SigningCertURL", "UnsubscribeURL"} & notification.keys()


def test_notification_in_lambdas_form_stays() -> None:
    event = form_of(sns(**ENVELOPE))
    assert form_of(event) == event


def test_detail_of_a_schedule_is_text() -> None:
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}, "id": "1"}
    assert form_of(event) == {**event, "detail": "{}"}


@pytest.mark.parametrize(
    "event",
    [
        {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
        {"source": "shop", "detail": {}},
        sns(MessageId="1"),
        {"Records": [{"eventSource": "aws:s3"}]},
        [1],
        7,
    ],
)
def test_other_events_stay(event: Any) -> None:
    assert form_of(event) == event


def test_bytes_that_are_no_json_stay() -> None:
    assert in_lambda_form(b"{") == b"{"
