"""Counters in DynamoDB: the only place that talks to AWS.

ADD isn't idempotent, so nothing is tried again that might have been counted: only what DynamoDB said it refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.counters import SHARDS, Hit, hour_name, shard_key
from service.errors import Unavailable
from service.retries import turns

_REFUSED = frozenset(("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"))
_BUSY = "The database takes no more requests for now. Try again."
_SILENT = "The database doesn't answer. Try again."


class HitStore:
    """The counters of one table. Every method may raise Unavailable; ``deadline`` is of ``time.monotonic()``."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, hit: Hit, shard: int, deadline: float) -> None:
        """Add one to a route's counters of the day and of the hour, at once."""
        self._call(
            "update_item",
            {
                "TableName": self._table,
                "Key": {"shard": {"S": shard_key(hit.day, shard)}, "route": {"S": hit.route}},
                "UpdateExpression": "ADD #total :one, #hour :one SET #expires = if_not_exists(#expires, :expires)",
                "ExpressionAttributeNames": {
                    "#total": "total",
                    "#hour": hour_name(hit.hour),
                    "#expires": "expiresAt",
                },
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":expires": {"N": str(hit.expires_at)}},
            },
            deadline,
        )

    def counts(self, day: str, hour: int | None, deadline: float) -> Iterator[tuple[str, int]]:
        """Each route's hits of a day, or of an hour of it; a route comes once for every shard."""
        counted = "total" if hour is None else hour_name(hour)
        for shard in range(SHARDS):
            for item in self._shard(day, shard, counted, deadline):
                yield item["route"]["S"], int(item.get(counted, {"N": "0"})["N"])

    def _shard(self, day: str, shard: int, counted: str, deadline: float) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#shard = :shard",
            "ProjectionExpression": "#route, #counted",
            "ExpressionAttributeNames": {"#shard": "shard", "#route": "route", "#counted": counted},
            "ExpressionAttributeValues": {":shard": {"S": shard_key(day, shard)}},
        }
        while True:
            page = self._call("query", asked, deadline)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _call(self, operation: str, parameters: dict[str, Any], deadline: float) -> dict[str, Any]:
        for _ in turns(deadline):
            try:
                reply: dict[str, Any] = getattr(self._client, operation)(**parameters)
            except ClientError as error:
                if error.response["Error"]["Code"] in _REFUSED:
                    continue
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    raise Unavailable(_SILENT) from error
                raise
            except BotoCoreError as error:
                raise Unavailable(_SILENT) from error
            return reply
        raise Unavailable(_BUSY)


def connect() -> Any:
    """A client for DynamoDB that never repeats a call by itself."""
    config = Config(connect_timeout=1, read_timeout=1.5, retries={"total_max_attempts": 1}, tcp_keepalive=True)
    return boto3.client("dynamodb", config=config)


hits = HitStore(connect(), os.environ["HITS_TABLE"])
"""Made once, while the function starts."""
