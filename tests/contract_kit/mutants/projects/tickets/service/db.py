"""Tables of DynamoDB."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 3})
_resource = boto3.resource("dynamodb", config=_CONFIG)
_client = boto3.client("dynamodb", config=_CONFIG)
tickets = _resource.Table(os.environ["TICKETS_TABLE"])
comments = _resource.Table(os.environ["COMMENTS_TABLE"])
counters = _resource.Table(os.environ["COUNTERS_TABLE"])


class ConditionFailed(Exception):
    """A part of a transaction is not as it must be."""


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as DynamoDB has them."""
    return {name: TypeSerializer().serialize(value) for name, value in values.items()}


def transact(*writes: Mapping[str, Any]) -> None:
    """Make all writes or none. Raises ConditionFailed."""
    for turn in range(1, 7):
        try:
            _client.transact_write_items(TransactItems=list(writes))
            return
        except ClientError as error:
            reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
            if "ConditionalCheckFailed" in reasons:
                raise ConditionFailed from None
            if "TransactionConflict" not in reasons or turn == 6:
                raise
