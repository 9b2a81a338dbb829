"""Events of DynamoDB streams.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def dynamodb_event(records: Iterable[Mapping[str, Any]], stream_arn: str) -> dict[str, Any]:
    """Return the event of records of a stream."""
    return {"Records": [dynamodb_record(record, stream_arn) for record in records]}


def dynamodb_record(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """Return a record of ``GetRecords``, in JSON, as Lambda hands it on: with its stream's ARN and whole seconds."""
    found = {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record.get("eventVersion", "1.1"),
        "eventSource": "aws:dynamodb",
        "awsRegion": stream_arn.split(":")[3],
        "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": int(arrival(record))},
        "eventSourceARN": stream_arn,
    }
    if "userIdentity" in record:
        # Only deletions of expired items have it. Lambda writes its members in lower case.
        identity = {name[:1].lower() + name[1:]: value for name, value in record["userIdentity"].items()}
        return {**found, "userIdentity": identity}
    return found


def arrival(record: Mapping[str, Any]) -> float:
    """Return when a record was written, in seconds since the epoch."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def sample_record(
    name: str, keys: Mapping[str, Any], images: Mapping[str, Any], now: float, view: str
) -> dict[str, Any]:
    """Return a record as ``GetRecords`` does; ``images`` has ``NewImage`` and ``OldImage`` as they apply."""
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": name,
        "eventVersion": "1.1",
        "dynamodb": {
            "ApproximateCreationDateTime": now,
            "Keys": keys,
            **images,
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 26,
            "StreamViewType": view,
        },
    }
