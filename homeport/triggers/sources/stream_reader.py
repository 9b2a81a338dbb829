"""Readers of streams: the shards of a DynamoDB stream or of a Kinesis stream, and their records as Lambda forms them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
https://docs.aws.amazon.com/streams/latest/dev/introduction.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from homeport.project.triggers.trigger import StreamTrigger
from homeport.service_client import ServiceClient, ServiceError
from homeport.triggers.events import dynamodb, kinesis

EXPIRED = frozenset(("ExpiredIteratorException", "TrimmedDataAccessException"))
_STREAMS = "DynamoDBStreams_20120810"
_KINESIS = "Kinesis_20131202"


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """A record of a shard: ``record`` is a part of the function's event, ``key`` what its order follows."""

    sequence: str
    arrived: float
    key: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShardPage:
    """Records, and the iterator of those that follow; None where the shard is closed and all has been read."""

    records: Sequence[ShardRecord]
    following: str | None


class StreamReader(Protocol):
    """The stream of a trigger. Each method may raise ServiceError."""

    def arn(self) -> str:
        """Return the stream's ARN."""
        ...

    def shards(self, arn: str) -> list[str]:
        """Return the ids of its shards."""
        ...

    def iterator(self, arn: str, shard: str, position: Mapping[str, Any]) -> str:
        """Return an iterator at a position (``{"ShardIteratorType": "LATEST"}``)."""
        ...

    def read(self, arn: str, shard: str, iterator: str, limit: int) -> ShardPage:
        """Return the records at an iterator."""
        ...


@dataclass(frozen=True, slots=True)
class TableStreamReader:
    """The stream of a table."""

    client: ServiceClient
    table: str

    def arn(self) -> str:
        """Return the ARN of the table's stream of the moment."""
        found = self.client.call("dynamodb", "DynamoDB_20120810.DescribeTable", {"TableName": self.table})
        arn = found["Table"].get("LatestStreamArn")
        if not arn or not found["Table"].get("StreamSpecification", {}).get("StreamEnabled", True):
            raise ServiceError(f"the table {self.table} has no stream")
        return str(arn)

    def shards(self, arn: str) -> list[str]:
        """Return the ids of its shards."""
        found = self.client.call("dynamodb", f"{_STREAMS}.DescribeStream", {"StreamArn": arn})
        return [shard["ShardId"] for shard in found["StreamDescription"]["Shards"]]

    def iterator(self, arn: str, shard: str, position: Mapping[str, Any]) -> str:
        """Return an iterator at a position."""
        request = {"StreamArn": arn, "ShardId": shard, **position}
        return str(self.client.call("dynamodb", f"{_STREAMS}.GetShardIterator", request)["ShardIterator"])

    def read(self, arn: str, shard: str, iterator: str, limit: int) -> ShardPage:
        """Return the records at an iterator."""
        request = {"ShardIterator": iterator, "Limit": min(limit, 1000)}
        found = self.client.call("dynamodb", f"{_STREAMS}.GetRecords", request)
        records = [
            ShardRecord(
                record["dynamodb"]["SequenceNumber"],
                dynamodb.arrival(record),
                json.dumps(record["dynamodb"]["Keys"], sort_keys=True),
                dynamodb.dynamodb_record(record, arn),
            )
            for record in found["Records"]
        ]
        return ShardPage(records, found.get("NextShardIterator"))


@dataclass(frozen=True, slots=True)
class KinesisStreamReader:
    """A stream of Kinesis. ``role_arn`` is the function's role, which events name."""

    client: ServiceClient
    stream: str
    role_arn: str

    def arn(self) -> str:
        """Return the stream's ARN."""
        found = self._call("DescribeStreamSummary", {"StreamName": self.stream})
        return str(found["StreamDescriptionSummary"]["StreamARN"])

    def shards(self, arn: str) -> list[str]:
        """Return the ids of its shards."""
        return [shard["ShardId"] for shard in self._call("ListShards", {"StreamName": self.stream})["Shards"]]

    def iterator(self, arn: str, shard: str, position: Mapping[str, Any]) -> str:
        """Return an iterator at a position."""
        given = {("StartingSequenceNumber" if name == "SequenceNumber" else name): it for name, it in position.items()}
        request = {"StreamName": self.stream, "ShardId": shard, **given}
        return str(self._call("GetShardIterator", request)["ShardIterator"])

    def read(self, arn: str, shard: str, iterator: str, limit: int) -> ShardPage:
        """Return the records at an iterator."""
        found = self._call("GetRecords", {"ShardIterator": iterator, "Limit": min(limit, 10_000)})
        records = [
            ShardRecord(
                record["SequenceNumber"],
                kinesis.arrival(record),
                record["PartitionKey"],
                kinesis.kinesis_record(record, shard, arn, self.role_arn),
            )
            for record in found["Records"]
        ]
        return ShardPage(records, found.get("NextShardIterator"))

    def _call(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self.client.call("kinesis", f"{_KINESIS}.{operation}", body, version="1.1")


def first_position(trigger: StreamTrigger, checkpoint: str | None) -> dict[str, Any]:
    """Return the position at which a shard is read first: after what was done before, or where the mapping says."""
    if checkpoint is not None:
        return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": checkpoint}
    if trigger.position == "AT_TIMESTAMP":
        return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": trigger.at or 0.0}
    return {"ShardIteratorType": trigger.position}
