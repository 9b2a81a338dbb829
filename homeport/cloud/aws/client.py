"""The client for every call that the deploy commands make to AWS. ``AwsClient.call`` explains each error.

The standard variables hold: AWS_PROFILE, AWS_ENDPOINT_URL, credentials, proxies. The region is the stage's.
https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore import exceptions as boto
from botocore import xform_name
from botocore.config import Config
from botocore.parsers import ResponseParserError

from homeport.aws_errors import ServiceCall, explain_error
from homeport.cloud.errors import AwsCallError, AwsNotFoundError, CloudError

CREDENTIALS_HINT = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

CallListener = Callable[[str, str, dict[str, Any]], None]
_NO_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.NoAuthTokenError)
_SIGN_IN = (boto.CredentialRetrievalError, boto.SSOError, boto.TokenRetrievalError, boto.LoginError)
_UNREACHABLE = (boto.HTTPClientError, boto.ConnectionError, boto.InvalidRegionError, boto.NoRegionError)
_CONFIG = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=4
)


def ignore_call(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Do nothing: the default ``CallListener``."""


def credentials_source() -> str | None:
    """Return the source of the AWS credentials (``env``, ``sso``, …), None without any. It makes no call.

    Raises CloudError where they are configured wrongly.
    """
    try:
        found = boto3.Session().get_credentials()
    except boto.BotoCoreError as error:
        raise CloudError(str(error), "see ~/.aws/config, AWS_PROFILE and AWS_ACCESS_KEY_ID") from error
    return None if found is None else found.method


class AwsClient:
    """Calls to an account in a region. ``on_call`` gets each call before it is made."""

    def __init__(self, region: str, on_call: CallListener = ignore_call) -> None:
        self.region = region
        self._on_call = on_call
        self._clients: dict[str, Any] = {}
        try:
            self._session = boto3.Session(region_name=region)
        except boto.ProfileNotFound as error:
            raise CloudError(str(error), "set AWS_PROFILE to one of ~/.aws/config, or unset it") from error

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Make a call: ``call("s3", "PutObject", Bucket=…)``. Raises AwsCallError, AwsNotFoundError, CloudError."""
        self._on_call(service, operation, parameters)
        called = ServiceCall(service, operation, self.region, self._endpoint(service))
        try:
            method = getattr(self._client(service), xform_name(operation))
            response: dict[str, Any] = method(**parameters)
        except boto.ClientError as error:
            raise _rejected_call(called, error) from error
        except boto.BotoCoreError as error:
            raise _failed_call(called, error) from error
        except ResponseParserError as error:
            reason = str(error).partition(" Further retries")[0]
            message = f"{service}:{operation} got an answer that is not AWS's: {reason}"
            raise CloudError(message, "check AWS_ENDPOINT_URL and the proxy") from error
        return response

    def pages(
        self, service: str, operation: str, token: tuple[str, str] = ("NextToken", "NextToken"), **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a call. ``token`` names the next token in the response and in the request."""
        while True:
            page = self.call(service, operation, **parameters)
            yield page
            if not page.get(token[0]):
                return
            parameters[token[1]] = page[token[0]]

    def endpoint_url(self) -> str | None:
        """Return the endpoint that replaces AWS, None for AWS itself."""
        return os.environ.get("AWS_ENDPOINT_URL") or None

    def object_url(self, bucket: str, key: str) -> str:
        """Return the URL of an object of S3 for CloudFormation."""
        return f"{self._client('s3').meta.endpoint_url}/{bucket}/{key}"

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        return self._clients[service]

    def _endpoint(self, service: str) -> str | None:
        return os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or self.endpoint_url()


def _rejected_call(call: ServiceCall, error: boto.ClientError) -> AwsCallError:
    text = explain_error(call, error.response)
    kind = AwsNotFoundError if text.is_missing else AwsCallError
    return kind(text.message, text.hint, code=text.code, action=text.action)


def _failed_call(call: ServiceCall, error: boto.BotoCoreError) -> CloudError:
    if isinstance(error, _NO_CREDENTIALS):
        return CloudError("there are no AWS credentials", CREDENTIALS_HINT)
    if isinstance(error, _SIGN_IN):
        return CloudError(f"the AWS credentials could not be had: {error}", "sign in again, e.g. aws sso login")
    if isinstance(error, _UNREACHABLE):
        hint = "check region: in deploy/stages.yaml, and the network"
        return CloudError(
            f"{call.service} does not answer in {call.region}: {error}",
            f"check AWS_ENDPOINT_URL ({call.endpoint})" if call.endpoint else hint,
        )
    return AwsCallError(f"{call.service}:{call.operation} could not be sent: {error}", code=type(error).__name__)
