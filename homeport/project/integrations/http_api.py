"""The integrations that HTTP APIs alone have: HTTP proxies with parameter mapping, and actions of AWS services.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.project.integrations.parameter_mapping import ParameterExpression, ParameterMapping
from homeport.project.integrations.service_actions import SERVICE_ACTIONS


@dataclass(frozen=True, slots=True)
class ParameterMappings:
    """The mappings of an integration: those of its request, and those of its responses by status (``"404"``)."""

    request: tuple[ParameterMapping, ...] = ()
    responses: Mapping[str, tuple[ParameterMapping, ...]] = field(default_factory=dict, hash=False)


NO_MAPPINGS = ParameterMappings()


@dataclass(frozen=True, slots=True)
class HttpApiProxy:
    """An HTTP proxy integration of an HTTP API: a URL gets the request and makes the response.

    ``uri`` may have variables of the path (``{proxy}``) and of the stage (``${stageVariables.host}``); it is ``""``
    where only AWS knows it. ``method`` is ``ANY`` for the client's own. ``timeout`` is in seconds, None for the limit.
    ``written_uri`` is the URI as the document has it, for CloudFormation.
    """

    uri: str
    method: str = "ANY"
    timeout: float | None = None
    mappings: ParameterMappings = NO_MAPPINGS
    written_uri: Any = field(default="", hash=False)


@dataclass(frozen=True, slots=True)
class HttpApiService:
    """An action of an AWS service as the backend of an HTTP API: ``subtype`` is its name (``SQS-SendMessage``).

    ``parameters`` are those of the action by their names in API Gateway's reference; one whose value only AWS knows is
    missing. ``written`` has them all as the document has them, and ``credentials`` the role that API Gateway assumes,
    for CloudFormation.
    """

    subtype: str
    parameters: Mapping[str, ParameterExpression] = field(hash=False)
    timeout: float | None = None
    mappings: ParameterMappings = NO_MAPPINGS
    written: Mapping[str, Any] = field(default_factory=dict, hash=False)
    credentials: Any = field(default="", hash=False)

    @property
    def service(self) -> str:
        """IAM's name of the service (``states``)."""
        return SERVICE_ACTIONS[self.subtype].service
