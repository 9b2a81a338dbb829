"""What became of a message or an event: it waits, is tried again, was given up, or went to a dead-letter queue."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.inspector.delivery_status import delivery_status
from homeport.project.model import Resources, ServiceResource, Source
from homeport.project.triggers.event_pattern import EventPattern
from homeport.project.triggers.trigger import AsyncSettings, QueueTrigger, StreamTrigger, Triggers
from homeport.recordings.followed import FollowedItem, FollowedRun
from homeport.recordings.links import Link
from tests.support.inspector import make_run

SOURCE = Source("deploy/resources.yaml", 1)
DEAD = "arn:aws:sqs:us-east-1:000000000000:dead"
QUEUE = ServiceResource(
    "Jobs",
    "AWS::SQS::Queue",
    "https://sqs.us-east-1.amazonaws.com/000000000000/jobs",
    {"RedrivePolicy": {"deadLetterTargetArn": DEAD, "maxReceiveCount": "2"}},
    {},
    SOURCE,
)
RESOURCES = Resources({}, others={"Jobs": QUEUE})
TRIGGERS = Triggers(
    (
        QueueTrigger(id="M", function="f", source=SOURCE, queue_arn="arn:aws:sqs:us-east-1:000000000000:jobs"),
        StreamTrigger(id="S", function="f", source=SOURCE, service="dynamodb", stream="orders"),
        StreamTrigger(
            id="K",
            function="f",
            source=SOURCE,
            service="kinesis",
            stream="clicks",
            filters=(EventPattern.parse({"data": {"kind": ["new"]}}),),
        ),
    ),
    {"g": AsyncSettings(max_retries=1, on_failure="arn:aws:sqs:us-east-1:000000000000:failed")},
)


def run(*, failed: bool, receives: int = 0, **changes: Any) -> FollowedRun:
    return FollowedRun(make_run(**changes).summary, Link("x", taken=True, failed=failed, receives=receives), ())


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (FollowedItem("sqs:1", "sqs SendMessage jobs", ()), "no run has taken it yet"),
        (FollowedItem("sqs:1", "sqs SendMessage other", ()), ""),
        (
            FollowedItem("kinesis:clicks:4", "kinesis PutRecord stream/clicks", ()),
            "no run has taken it: a filter leaves it out, or it waits",
        ),
        (FollowedItem("dynamodb:orders:a", "dynamodb PutItem orders", ()), "no run has taken it yet"),
        (FollowedItem("dynamodb:users:a", "dynamodb PutItem users", ()), ""),
        (FollowedItem("sqs:1", "", (run(failed=False, receives=1),)), ""),
        (
            FollowedItem("sqs:1", "", (run(failed=True, receives=1),)),
            "it stays in jobs, and is received again when its visibility timeout is over",
        ),
        (
            FollowedItem("sqs:1", "", (run(failed=True, receives=1), run(failed=True, receives=2))),
            "it goes to the dead-letter queue dead after 2 receives",
        ),
        (FollowedItem("sns:1", "", (run(failed=True, origin="sns news"),)), "it is tried again (1 of 3 times)"),
        (
            FollowedItem("sns:1", "", (run(failed=True, origin="sns news"),) * 3),
            "given up after 3 times and discarded",
        ),
        (
            FollowedItem("sns:1", "", (run(function="g", failed=True, origin="sns news"),) * 2),
            "given up after 2 times, handed to failed",
        ),
        (
            FollowedItem("k", "", (run(failed=True, origin="kinesis s"),)),
            "it is tried again until it succeeds or expires",
        ),
        (FollowedItem("k", "", (), is_cut=True), "and more runs, which are not followed here"),
    ],
)
def test_ending_is_told_by_the_queue_and_the_settings(made: FollowedItem, text: str) -> None:
    assert delivery_status(made, RESOURCES, TRIGGERS) == text
