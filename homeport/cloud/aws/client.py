"""The one place where the kit calls AWS to deploy: every call goes through ``Aws.call``, every error is explained here.

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

from homeport.cloud.errors import Asked, AwsCallError, CloudError, refusal

Answer = dict[str, Any]
CallListener = Callable[[str, str, dict[str, Any]], None]
_NO_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.NoAuthTokenError)
_SIGN_IN = (boto.CredentialRetrievalError, boto.SSOError, boto.TokenRetrievalError, boto.LoginError)
_CONFIG = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=4
)


def ignore_call(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """For who listens to no call."""
    return None


def credentials_source() -> str | None:
    """Where AWS credentials come from (``env``, ``sso``, …), None: there are none. Nothing is asked of AWS.

    Raises CloudError where they are set up wrongly.
    """
    try:
        found = boto3.Session().get_credentials()
    except boto.BotoCoreError as error:
        raise CloudError(str(error), "see ~/.aws/config, AWS_PROFILE and AWS_ACCESS_KEY_ID") from error
    return None if found is None else found.method


class Aws:
    """An account in a region. ``on_call`` is told of every call before it is made."""

    def __init__(self, region: str, on_call: CallListener = ignore_call) -> None:
        self.region = region
        self._on_call = on_call
        self._clients: dict[str, Any] = {}
        try:
            self._session = boto3.Session(region_name=region)
        except boto.ProfileNotFound as error:
            raise CloudError(str(error), "set AWS_PROFILE to one of ~/.aws/config, or unset it") from error

    def call(self, service: str, operation: str, **parameters: Any) -> Answer:
        """Make a call: ``call("s3", "PutObject", Bucket=…)``. Raises AwsCallError, AwsNotFoundError, CloudError."""
        self._on_call(service, operation, parameters)
        asked = Asked(service, operation, self.region, self._endpoint(service))
        try:
            method = getattr(self._client(service), xform_name(operation))
            answer: Answer = method(**parameters)
        except boto.ClientError as error:
            raise refusal(asked, error.response) from error
        except boto.BotoCoreError as error:
            raise self._unanswered(asked, error) from error
        except ResponseParserError as error:
            said = str(error).partition(" Further retries")[0]
            message = f"{service}:{operation} got an answer that is not AWS's: {said}"
            raise CloudError(message, "check AWS_ENDPOINT_URL and the proxy") from error
        return answer

    def pages(self, service: str, operation: str, token: tuple[str, str], **parameters: Any) -> Iterator[Answer]:
        """The answers of a call that comes in pages; ``token`` names what leads on in the answer and in the request."""
        while True:
            answer = self.call(service, operation, **parameters)
            yield answer
            if not answer.get(token[0]):
                return
            parameters[token[1]] = answer[token[0]]

    def endpoint_url(self) -> str | None:
        """An endpoint that stands in for AWS, None: AWS itself."""
        return os.environ.get("AWS_ENDPOINT_URL") or None

    def object_url(self, bucket: str, key: str) -> str:
        """Where CloudFormation finds an object of S3."""
        return f"{self._client('s3').meta.endpoint_url}/{bucket}/{key}"

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        return self._clients[service]

    def _endpoint(self, service: str) -> str | None:
        return os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or self.endpoint_url()

    def _unanswered(self, asked: Asked, error: boto.BotoCoreError) -> CloudError:
        if isinstance(error, _NO_CREDENTIALS):
            return CloudError(
                "there are no AWS credentials", "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        if isinstance(error, _SIGN_IN):
            return CloudError(f"the AWS credentials could not be had: {error}", "sign in again, e.g. aws sso login")
        if isinstance(
            error, boto.HTTPClientError | boto.ConnectionError | boto.InvalidRegionError | boto.NoRegionError
        ):
            return CloudError(
                f"{asked.service} does not answer in {asked.region}: {error}",
                f"check AWS_ENDPOINT_URL ({asked.endpoint})"
                if asked.endpoint
                else "check region: in deploy/stages.yaml, and the network",
            )
        return AwsCallError(f"{asked.service}:{asked.operation} could not be sent: {error}", code=type(error).__name__)
