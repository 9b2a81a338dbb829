"""Records for destinations, held against the samples of AWS's documentation."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from homeport.triggers.events.invocation_record import (
    InvocationOutcome,
    StreamBatch,
    async_record,
    bus_entry,
    dead_letter_attributes,
    stream_record,
)

FUNCTION = "arn:aws:lambda:us-east-2:123456789012:function:my-function"
ERROR = b'{"errorMessage": "RequestId: e4b46cbf-b738-xmpl-8880-a18cdf61200e Process exited before completing request"}'
FAILED = InvocationOutcome("e4b46cbf-b738-xmpl-8880-a18cdf61200e", FUNCTION, 3, ERROR, "Unhandled")
NOW = datetime(2019, 11, 14, 18, 16, 5, 568_000, UTC)


def test_record_of_a_failed_event_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    event = {"ORDER_IDS": ["9e07af03-ce31-4ff3-xmpl-36dce652cb4f", "637de236-e7b2-464e-xmpl-baf57f86bb53"]}
    assert async_record(event, FAILED, "RetriesExhausted", NOW) == {
        "version": "1.0",
        "timestamp": "2019-11-14T18:16:05.568Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": f"{FUNCTION}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": json.loads(ERROR),
    }


def test_record_of_a_success_has_no_error() -> None:
    record = async_record({}, InvocationOutcome("id", FUNCTION, 1, b'"fine"', None), "Success", NOW)
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == "fine"


def test_record_of_an_event_that_was_never_tried_has_no_response() -> None:
    record = async_record({}, InvocationOutcome("id", FUNCTION, 0, None, None), "EventAgeExceeded", NOW)
    assert list(record) == ["version", "timestamp", "requestContext", "requestPayload"]


def test_record_of_a_discarded_batch_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    stream = "arn:aws:dynamodb:us-east-2:123456789012:table/mytable/stream/2019-11-14T00:04:06.388"
    batch = StreamBatch(
        shard="shardId-00000001573689847184-864758bb",
        first_sequence="800000000003126276362",
        last_sequence="800000000003126276362",
        first_arrival=1573690399,
        last_arrival=1573690399,
        size=1,
        stream_arn=stream,
    )
    outcome = InvocationOutcome("316aa6d0-8154-xmpl-9af7-85d5f4a6bc81", FUNCTION, 1, b"{}", "Unhandled")
    now = datetime(2019, 11, 14, 0, 13, 49, 717_000, UTC)
    assert stream_record(batch, outcome, "RetryAttemptsExhausted", now) == {
        "requestContext": {
            "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
            "functionArn": FUNCTION,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 1,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2019-11-14T00:13:49.717Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573689847184-864758bb",
            "startSequenceNumber": "800000000003126276362",
            "endSequenceNumber": "800000000003126276362",
            "approximateArrivalOfFirstRecord": "2019-11-14T00:13:19Z",
            "approximateArrivalOfLastRecord": "2019-11-14T00:13:19Z",
            "batchSize": 1,
            "streamArn": stream,
        },
    }


def test_batch_of_kinesis_is_named_after_it() -> None:
    batch = StreamBatch("s", "1", "2", 0, 0, 2, "arn:aws:kinesis:us-east-2:123456789012:stream/mystream")
    record = stream_record(batch, InvocationOutcome("id", FUNCTION, 0, None, None), "RecordAgeExceeded", NOW)
    assert "KinesisBatchInfo" in record
    assert "responseContext" not in record


def test_record_reaches_a_bus_as_an_event_of_lambda() -> None:
    bus = "arn:aws:events:us-east-2:123456789012:event-bus/orders"
    entry = bus_entry(async_record({}, FAILED, "RetriesExhausted", NOW), bus)
    assert entry["Source"] == "lambda"
    assert entry["DetailType"] == "Lambda Function Invocation Result - Failure"
    assert entry["Resources"] == [bus, f"{FUNCTION}:$LATEST"]
    assert json.loads(entry["Detail"])["requestContext"]["condition"] == "RetriesExhausted"


def test_dead_letter_has_the_error_in_its_attributes() -> None:
    attributes = dead_letter_attributes(FAILED)
    assert attributes["RequestID"] == {"DataType": "String", "StringValue": "e4b46cbf-b738-xmpl-8880-a18cdf61200e"}
    assert attributes["ErrorCode"] == {"DataType": "Number", "StringValue": "200"}
    assert attributes["ErrorMessage"]["StringValue"] == json.loads(ERROR)["errorMessage"]
