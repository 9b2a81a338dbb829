"""What a call made is found again in the event that follows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.recordings.links import Link, OwnedLink, id_of_item, maker_of, taken_links, written_ids
from homeport.runtime.worker.trace import written_items

STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-01-01T00:00:00.000"
KEY = {"pk": {"S": "o-1"}, "sk": {"N": "7"}}
SQS = {"messageId": "m-1", "eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "2"}, "body": "text"}
SNS = {"Type": "Notification", "MessageId": "n-1", "Message": "{}"}


def taken(id: str, **changes: Any) -> Link:
    return Link(id, taken=True, **changes)


@pytest.mark.parametrize(
    ("event", "links"),
    [
        ({"Records": [SQS]}, [taken("sqs:m-1", receives=2)]),
        (
            {"Records": [{**SQS, "body": json.dumps(SNS)}]},
            [taken("sqs:m-1", receives=2), taken("sns:n-1")],
        ),
        (
            {"Records": [{**SQS, "body": json.dumps({"detail-type": "Placed", "source": "shop", "id": "e-1"})}]},
            [taken("sqs:m-1", receives=2), taken("events:e-1")],
        ),
        (
            {
                "Records": [
                    {**SQS, "body": json.dumps({"requestContext": {"requestId": "r-1"}, "requestPayload": {}})},
                ]
            },
            [taken("sqs:m-1", receives=2), taken("lambda:r-1")],
        ),
        ({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "n-1"}}]}, [taken("sns:n-1")]),
        ({"detail-type": "Placed", "source": "shop", "id": "e-1"}, [taken("events:e-1")]),
        (
            {
                "Records": [
                    {
                        "eventSource": "aws:kinesis",
                        "eventSourceARN": "arn:aws:kinesis:us-east-1:0:stream/clicks",
                        "kinesis": {"sequenceNumber": "49"},
                    }
                ]
            },
            [taken("kinesis:clicks:49")],
        ),
        (
            {
                "Records": [
                    {
                        "eventSource": "aws:s3",
                        "eventTime": "1970-01-01T00:01:40.000Z",
                        "s3": {"bucket": {"name": "files"}, "object": {"key": "a/b+c%C3%A9.png"}},
                    }
                ]
            },
            [taken("s3:files/a/b cé.png", at=100.0)],
        ),
        (
            {
                "Records": [
                    {
                        "eventSource": "aws:dynamodb",
                        "eventSourceARN": STREAM,
                        "eventName": "INSERT",
                        "dynamodb": {"Keys": KEY, "ApproximateCreationDateTime": 100},
                    }
                ]
            },
            [taken(id_of_item("orders", KEY), at=100.0, what="INSERT")],
        ),
        ({"Records": "none"}, []),
        ({"httpMethod": "GET"}, []),
        ([1], []),
    ],
)
def test_ids_are_found_in_events(event: Any, links: list[Link]) -> None:
    assert taken_links(event) == links


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("PutItem", {"TableName": "orders", "Item": {**KEY, "total": {"N": "3"}, "more": {"L": []}}}),
        ("UpdateItem", {"TableName": "orders", "Key": KEY}),
        ("DeleteItem", {"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/orders", "Key": KEY}),
        (
            "BatchWriteItem",
            {"RequestItems": {"orders": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]}},
        ),
        (
            "TransactWriteItems",
            {"TransactItems": [{"ConditionCheck": {}}, {"Put": {"TableName": "orders", "Item": KEY}}]},
        ),
    ],
)
def test_written_item_is_known_by_its_key(operation: str, body: dict[str, Any]) -> None:
    assert written_ids(written_items(operation, body), {"orders": ("sk", "pk")}) == [id_of_item("orders", KEY)]
    assert "o-1" not in id_of_item("orders", KEY)


def test_reads_and_tables_that_are_not_the_project_s_have_no_ids() -> None:
    assert written_items("GetItem", {"TableName": "orders", "Key": KEY}) == []
    assert written_ids(written_items("PutItem", {"TableName": "other", "Item": KEY}), {"orders": ("pk",)}) == []


def test_of_the_writes_of_one_item_the_one_at_the_time_of_the_record_is_the_cause() -> None:
    id = id_of_item("orders", KEY)
    makers = [
        OwnedLink(Link(id, taken=False, at=moment), "request", number)
        for number, moment in enumerate((90.0, 100.3, 140.0))
    ]
    assert maker_of(makers, taken(id, at=100.0)) == makers[1]
    assert maker_of(makers, taken(id, at=500.0)) is None
    assert maker_of([OwnedLink(Link("sqs:m-1", taken=False), "run", 4)], taken("sqs:m-1")) is not None


@pytest.mark.parametrize(
    ("change", "until", "number"),
    [
        # The function that the insert led to changed the item in the same second, after it had begun.
        ("INSERT", 100.2, 0),
        ("INSERT", 105.0, 0),
        ("MODIFY", 105.0, 2),
        ("MODIFY", 100.55, 1),
        ("REMOVE", 105.0, 3),
        ("", 105.0, 0),
    ],
)
def test_cause_was_made_before_the_run_began_by_an_operation_that_makes_such_a_change(
    change: str, until: float, number: int
) -> None:
    id = id_of_item("orders", KEY)
    calls = [(100.1, "PutItem"), (100.5, "UpdateItem"), (100.9, "UpdateItem"), (100.95, "DeleteItem")]
    makers = [
        OwnedLink(Link(id, taken=False, at=at, what=f"dynamodb {name} orders"), "request", place)
        for place, (at, name) in enumerate(calls)
    ]
    found = maker_of(makers, taken(id, at=100.0, what=change, until=until))
    assert found is not None and found.number == number
