"""A client of a local DynamoDB that needs no boto3, for the table set-up, which every start waits for.

To import boto3 and make a client takes five times as long as all that is done with it there. ``LocalClient`` has the
methods of boto3's client, with the parameters and results of the API, and raises botocore's errors.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, EndpointConnectionError

from homeport.dynamodb.calls import is_aws
from homeport.service_client import ServiceClient, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TARGET = "DynamoDB_20120810"
_TRIES = 4
_TIMEOUT, _FAST_TIMEOUT = 60.0, 5.0
_FIRST_PAUSE = 0.05
_THROTTLED = frozenset(("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"))


def setup_client(endpoint: str, region: str, *, fail_fast: bool = False) -> DynamoDBClient:
    """Return a client for the DynamoDB at ``endpoint``: ``LocalClient``, or boto3's where that is AWS itself.

    With ``fail_fast`` it tries once, for seconds.
    """
    if is_aws(endpoint):
        from homeport.dynamodb.client import dynamodb_client

        return dynamodb_client(endpoint, region, fail_fast=fail_fast)
    return cast("DynamoDBClient", LocalClient(endpoint, region, fail_fast=fail_fast))


class ResourceNotFoundException(ClientError):
    """There is no such table."""


class ResourceInUseException(ClientError):
    """The table is there already, or is being changed."""


_ERRORS: dict[str, type[ClientError]] = {
    each.__name__: each for each in (ClientError, ResourceNotFoundException, ResourceInUseException)
}


class LocalClient:
    """A client of the DynamoDB at ``endpoint``. It tries again where the service fails, unless it is to ``fail_fast``.

    A parameter is JSON as DynamoDB takes it: a binary value is base64.
    """

    exceptions = SimpleNamespace(**_ERRORS)

    def __init__(
        self, endpoint: str, region: str, *, fail_fast: bool = False, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._endpoint = endpoint
        self._client = ServiceClient(endpoint, region, _FAST_TIMEOUT if fail_fast else _TIMEOUT)
        self._tries = 1 if fail_fast else _TRIES
        self._sleep = sleep

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """Return the method of an operation: ``describe_table`` is DescribeTable."""
        if name.startswith("_"):
            raise AttributeError(name)
        operation = name.title().replace("_", "")
        return lambda **parameters: self._call(operation, parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        for number in range(1, self._tries + 1):
            try:
                return self._client.call("dynamodb", f"{_TARGET}.{operation}", parameters)
            except ServiceError as error:
                if number == self._tries or not _is_transient(error):
                    raise self._translate(error, operation) from error
            self._sleep(_FIRST_PAUSE * 2 ** (number - 1))
        raise AssertionError("the last try returns or raises")

    def _translate(self, error: ServiceError, operation: str) -> Exception:
        if not error.status:
            return EndpointConnectionError(endpoint_url=self._endpoint, error=error)
        response: Any = {
            "Error": {"Code": error.code, "Message": error.reason},
            "ResponseMetadata": {"HTTPStatusCode": error.status},
        }
        return _ERRORS.get(error.code, ClientError)(response, operation)


def _is_transient(error: ServiceError) -> bool:
    return not error.status or error.status >= 500 or error.code in _THROTTLED
