"""Events of Kinesis data streams.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def kinesis_record(record: Mapping[str, Any], shard: str, stream_arn: str, role_arn: str) -> dict[str, Any]:
    """Return a record of ``GetRecords`` as Lambda hands it on; ``Data`` is in base64, as in JSON."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": record["Data"],
            "approximateArrivalTimestamp": arrival(record),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": stream_arn.split(":")[3],
        "eventSourceARN": stream_arn,
    }


def arrival(record: Mapping[str, Any]) -> float:
    """Return when a record was put into the stream, in seconds since the epoch."""
    return round(float(record["ApproximateArrivalTimestamp"]), 3)
