"""An event says where it comes from, in the words of the console."""

from __future__ import annotations

import json

import pytest

from homeport.triggers.events.origin import origin_of


@pytest.mark.parametrize(
    ("event", "origin"),
    [
        ({"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:us-east-1:0:news"}}]}, "sns news"),
        ({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "files"}}}]}, "s3 files"),
        (
            {"source": "aws.events", "detail-type": "Scheduled Event", "resources": ["arn:x:rule/nightly"]},
            "schedule nightly",
        ),
        (
            {"source": "aws.scheduler", "detail-type": "x", "resources": ["arn:x:schedule/default/late"]},
            "schedule late",
        ),
        ({"source": "my.shop", "detail-type": "Order", "detail": {}}, "eventbridge my.shop"),
        ({"Records": []}, "event"),
        ({"Records": [1]}, "event"),
        ({"n": 1}, "event"),
        ([1], "event"),
    ],
)
def test_origin_is_read_from_the_event(event: object, origin: str) -> None:
    assert origin_of(json.dumps(event).encode()) == origin


def test_bytes_that_are_no_json_have_no_origin() -> None:
    assert origin_of(b"{") == "event"
