"""A DynamoDB that somebody else runs: LocalStack, DynamoDB Local."""

from __future__ import annotations

import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from homeport.dynamodb.client import dynamodb_client
from homeport.errors import EngineError

_CURE = (
    "start that DynamoDB (LocalStack: `docker compose up`) or name another with --dynamodb; "
    "without --dynamodb the embedded one runs"
)


def wait_until_answers(
    endpoint: str,
    region: str,
    *,
    timeout: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the DynamoDB at ``endpoint`` answers; ``timeout`` in seconds.

    Raises EngineError if nothing does, or if what answers is not DynamoDB.
    """
    client = dynamodb_client(endpoint, region, patient=False)
    deadline = clock() + timeout
    while True:
        try:
            if "TableNames" in client.list_tables(Limit=1):
                return
            raise EngineError(f"{endpoint} does not answer as DynamoDB does", _CURE)
        except ClientError as error:
            # A LocalStack that is starting answers with 5xx.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500 or clock() > deadline:
                raise EngineError(f"{endpoint} does not list its tables: {error}", _CURE) from error
        except BotoCoreError as error:
            if clock() > deadline:
                raise EngineError(f"{endpoint} does not answer as DynamoDB does: {error}", _CURE) from error
        sleep(0.2)
