"""Writes in batches, trying again what DynamoDB leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
BATCH = 25
TRIES = 10
_LONGEST_PAUSE = 2.0


def write_batch(
    client: DynamoDBClient, name: str, requests: Sequence[Mapping[str, Any]], sleep: Callable[[float], None]
) -> int:
    """Make up to 25 put and delete requests of a table; gives how many DynamoDB did not take in ten tries.

    Raises botocore's errors.
    """
    pending: Mapping[str, Any] = {name: requests}
    for attempt in range(TRIES):
        pending = client.batch_write_item(RequestItems=pending)["UnprocessedItems"]
        if not pending:
            return 0
        sleep(min(0.05 * 2**attempt, _LONGEST_PAUSE))
    return len(pending[name])
