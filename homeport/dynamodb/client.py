"""boto3 clients for the kit's own calls to DynamoDB.

For a local endpoint the clients depend on nothing that a developer has set up for AWS: no profile, no config file, no
credentials, no proxy. An endpoint of AWS itself gets the developer's own. localstack_client's Session is not used here:
it knows LocalStack's one address for every service, while this endpoint is given.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from homeport.dynamodb.calls import is_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
