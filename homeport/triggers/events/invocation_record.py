"""Records of invocations that Lambda sends to destinations, and messages of dead-letter queues.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from homeport.triggers.events.times import iso_millis, iso_seconds

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True, slots=True)
class InvocationOutcome:
    """The last of the invocations for an event: ``error`` is ``Unhandled`` where the function failed.

    ``payload`` is what the function returned or its error, as JSON; None: the event was never handed to it.
    """

    request_id: str
    function_arn: str
    count: int
    payload: bytes | None
    error: str | None


@dataclass(frozen=True, slots=True)
class StreamBatch:
    """The records of a stream that were discarded; arrivals are seconds since the epoch."""

    shard: str
    first_sequence: str
    last_sequence: str
    first_arrival: float
    last_arrival: float
    size: int
    stream_arn: str


def async_record(event: Any, outcome: InvocationOutcome, condition: Condition, now: datetime) -> dict[str, Any]:
    """Return the record of an asynchronous invocation for its destination."""
    return {
        "version": "1.0",
        "timestamp": iso_millis(now),
        "requestContext": _request_context(outcome, condition, qualified=True),
        "requestPayload": event,
        **_response(outcome),
    }


def stream_record(
    batch: StreamBatch, outcome: InvocationOutcome, condition: Condition, now: datetime
) -> dict[str, Any]:
    """Return the record of a batch that an event source mapping discarded. It has no items: those are in the stream."""
    kind = "DDBStreamBatchInfo" if ":dynamodb:" in batch.stream_arn else "KinesisBatchInfo"
    first, last = (datetime.fromtimestamp(value, UTC) for value in (batch.first_arrival, batch.last_arrival))
    return {
        "requestContext": _request_context(outcome, condition, qualified=False),
        **({"responseContext": _response_context(outcome)} if outcome.payload is not None else {}),
        "version": "1.0",
        "timestamp": iso_millis(now),
        kind: {
            "shardId": batch.shard,
            "startSequenceNumber": batch.first_sequence,
            "endSequenceNumber": batch.last_sequence,
            "approximateArrivalOfFirstRecord": iso_seconds(first),
            "approximateArrivalOfLastRecord": iso_seconds(last),
            "batchSize": batch.size,
            "streamArn": batch.stream_arn,
        },
    }


def bus_entry(record: dict[str, Any], destination_arn: str) -> dict[str, Any]:
    """Return the entry of PutEvents that carries a record to a destination that is an event bus."""
    context = record["requestContext"]
    ending = "Success" if context["condition"] == "Success" else "Failure"
    return {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {ending}",
        "Detail": json.dumps(record),
        "Resources": [destination_arn, context["functionArn"]],
        "EventBusName": destination_arn,
    }


def dead_letter_attributes(outcome: InvocationOutcome) -> dict[str, dict[str, str]]:
    """Return the attributes of a message in a function's dead-letter queue; its body is the event alone.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
    """
    return {
        "RequestID": {"DataType": "String", "StringValue": outcome.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": _error_message(outcome.payload)[:1024] or "-"},
    }


def _request_context(outcome: InvocationOutcome, condition: Condition, *, qualified: bool) -> dict[str, Any]:
    return {
        "requestId": outcome.request_id,
        "functionArn": f"{outcome.function_arn}:$LATEST" if qualified else outcome.function_arn,
        "condition": condition,
        "approximateInvokeCount": outcome.count,
    }


def _response_context(outcome: InvocationOutcome) -> dict[str, Any]:
    found = {"statusCode": 200, "executedVersion": "$LATEST"}
    return {**found, "functionError": outcome.error} if outcome.error else found


def _response(outcome: InvocationOutcome) -> dict[str, Any]:
    if outcome.payload is None:
        return {}
    return {"responseContext": _response_context(outcome), "responsePayload": _json(outcome.payload)}


def _error_message(payload: bytes | None) -> str:
    found = _json(payload or b"null")
    return str(found.get("errorMessage", "")) if isinstance(found, dict) else ""


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
