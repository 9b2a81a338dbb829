"""boto3 clients for the kit's own calls to DynamoDB, batch writes with retries, and the items of one local table.

For a local endpoint the clients depend on nothing that a developer has set up for AWS: no profile, no config file, no
credentials, no proxy. An endpoint of AWS itself gets the developer's own. localstack_client's Session is not used here:
it knows LocalStack's one address for every service, while this endpoint is given.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import EngineError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
BATCH = 25
TRIES = 10
_LONGEST_PAUSE = 2.0
# DynamoDB Local keeps tables apart by access key and region, LocalStack by account and region: everything local uses
# this pair. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.UsageNotes.html
ACCESS_KEY = "test"
SECRET_KEY = "test"


def dynamodb_client(endpoint: str, region: str, *, fail_fast: bool = False) -> DynamoDBClient:
    """Return a client for the DynamoDB at ``endpoint``, with dummy credentials unless that is AWS itself.

    It retries, and waits up to a minute for a response; with ``fail_fast`` it tries once, for seconds.
    """
    if is_aws(endpoint):
        session = boto3.Session(region_name=region)
        return session.client("dynamodb", endpoint_url=endpoint, config=_config(fail_fast, through_proxy=True))
    with _SESSION_LOCK:
        return _local_session(region).client("dynamodb", endpoint_url=endpoint, config=_config(fail_fast))


def local_client(service: str, endpoint: str, region: str) -> Any:
    """Return a client of any service at a local endpoint, with dummy credentials."""
    with _SESSION_LOCK:
        make: Any = _local_session(region).client
        return make(service, endpoint_url=endpoint, config=_local_config())


def local_resource(service: str, endpoint: str, region: str) -> Any:
    """Return boto3's resource of any service (``s3``, ``sqs``) at a local endpoint, with dummy credentials."""
    with _SESSION_LOCK:
        make: Any = _local_session(region).resource
        return make(service, endpoint_url=endpoint, config=_local_config())


def _local_config() -> Config:
    return _config(fail_fast=False).merge(Config(s3={"addressing_style": "path"}))


def aws_client(region: str) -> DynamoDBClient:
    """Return a client for AWS itself, or for AWS_ENDPOINT_URL, with the caller's credentials."""
    return boto3.Session(region_name=region).client("dynamodb", config=_config(fail_fast=False, through_proxy=True))


def is_aws(endpoint: str) -> bool:
    """Return True for an endpoint of AWS: https://docs.aws.amazon.com/general/latest/gr/ddb.html"""
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


# A session takes 40 times as long as another client of it, and may not make two clients at once:
# https://docs.aws.amazon.com/boto3/latest/guide/session.html#multithreading-or-multiprocessing-with-sessions
_SESSION_LOCK = threading.Lock()


@cache
def _local_session(region: str) -> boto3.Session:
    # Each variable: its name in the config file, in the environment, its default, its type.
    empty = (None, None, os.devnull, None)
    variables = {"profile": (None, None, None, None), "config_file": empty, "credentials_file": empty}
    core = botocore.session.Session(variables)
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=region, botocore_session=core
    )


def _config(fail_fast: bool, *, through_proxy: bool = False) -> Config:
    return Config(
        connect_timeout=1 if fail_fast else 5,
        read_timeout=5 if fail_fast else 60,
        retries={"mode": "standard", "total_max_attempts": 1 if fail_fast else 4},
        proxies=None if through_proxy else {},
    )


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
