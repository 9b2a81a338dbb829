"""The endpoints at which the services of AWS are reached on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from homeport.aws.services import find_service

_QUEUE_URL = re.compile(r"https://sqs\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?=\d{12}/)")


def relay_name(function: str) -> str:
    """Return the name of the queue that stands for a function where services run elsewhere, by AWS's name of it."""
    return f"homeport-{function}"


@dataclass(frozen=True, slots=True)
class ServiceEndpoints:
    """The endpoints of the services: ``dynamodb`` is DynamoDB's, ``functions`` Lambda's, ``aws`` that of all others.

    None: there is none.
    """

    dynamodb: str | None = None
    aws: str | None = None
    functions: str | None = None

    def url(self, service: str) -> str | None:
        """Return the endpoint of a service by any of its names (``sqs``, ``states``), None: it does not run."""
        if service.lower().replace(" ", "-") in ("dynamodb", "dynamodb-streams", "streams.dynamodb"):
            return self.dynamodb
        found = find_service(service)
        if found is None:
            return None
        return self.functions if found.in_gateway else self.aws

    def variables(self) -> dict[str, str]:
        """Return the environment variables by which every SDK finds the endpoints.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        """
        named = (
            ("AWS_ENDPOINT_URL", self.aws),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb),
            ("AWS_ENDPOINT_URL_LAMBDA", self.functions),
        )
        return {name: url for name, url in named if url}

    def local_queue_urls(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return variables in which URLs of queues lead to the local SQS: some SDKs send where the URL points."""
        if self.aws is None:
            return dict(variables)
        place = f"{self.aws.rstrip('/')}/"
        return {name: _QUEUE_URL.sub(place, value) for name, value in variables.items()}
