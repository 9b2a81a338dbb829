"""Calls of DynamoDB that several parts make, by boto3's client or by ``LocalClient``: batch writes with retries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import EngineError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
BATCH = 25
TRIES = 10
_LONGEST_PAUSE = 2.0


def is_aws(endpoint: str) -> bool:
    """Return True for an endpoint of AWS: https://docs.aws.amazon.com/general/latest/gr/ddb.html"""
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


def write_batch(
    client: DynamoDBClient, name: str, requests: Sequence[Mapping[str, Any]], sleep: Callable[[float], None]
) -> int:
    """Make up to 25 put and delete requests of a table. Return the number that DynamoDB did not take in ten tries.

    Raises botocore's errors.
    """
    pending: Mapping[str, Any] = {name: requests}
    for attempt in range(TRIES):
        pending = client.batch_write_item(RequestItems=pending)["UnprocessedItems"]
        if not pending:
            return 0
        sleep(min(0.05 * 2**attempt, _LONGEST_PAUSE))
    return len(pending[name])


@contextmanager
def translate_errors(message: str) -> Iterator[None]:
    """Turn botocore's errors into an EngineError that begins with ``message``."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise EngineError(f"{message}: {error}") from error


def is_empty(client: DynamoDBClient, name: str) -> bool:
    """Return True if a table has no items. Raises botocore's errors."""
    return client.scan(TableName=name, Limit=1, Select="COUNT", ConsistentRead=True)["Count"] == 0
