"""The integrations: the backend of each operation as a frozen value.

Gateway, template and checks match on these values, each in one place. ``rest_api.py`` has those of REST APIs alone:
their mappings are ``mapping_expressions.py``, and ``caching.py`` says which responses a stage caches. ``http_api.py``
has those of HTTP APIs, with ``parameter_mapping.py`` and ``service_actions.py``.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from homeport.project.cors import Cors
from homeport.project.integrations.caching import NO_CACHE_KEY, CacheKey
from homeport.project.integrations.http_api import NO_MAPPINGS, HttpApiProxy, HttpApiService, ParameterMappings
from homeport.project.integrations.rest_api import (
    CustomIntegration,
    HttpCustom,
    HttpProxy,
    LambdaCustom,
    MappedMock,
    ServiceIntegration,
)

TYPES = ("aws_proxy", "aws", "http_proxy", "http", "mock")
"""The types of integrations in a document."""


@dataclass(frozen=True, slots=True)
class LambdaProxy:
    """A Lambda proxy integration (``aws_proxy``): the function gets the request as an event and returns the response.

    ``function`` is a key of ``Api.functions``. ``timeout`` is the number of seconds that the gateway waits for it, None
    for the flavor's own limit. ``fault`` says why no call can succeed, ``""`` where calls can. ``payload_format`` is an
    HTTP API's, None for the stage's, and ``mappings`` are an HTTP API's. ``streams`` says that the response is passed
    on as it comes (``responseTransferMode: STREAM``, REST APIs).
    """

    function: str
    timeout: float | None = None
    fault: str = ""
    payload_format: Literal["1.0", "2.0"] | None = None
    mappings: ParameterMappings = NO_MAPPINGS
    streams: bool = False
    cache_key: CacheKey = NO_CACHE_KEY


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock integration of a REST API: the gateway itself answers a CORS preflight, as ``cors`` says."""

    cors: Cors


@dataclass(frozen=True, slots=True)
class FailingIntegration:
    """An integration whose every call fails with 500. ``reason`` says why: what it needs is not emulated, or faulty."""

    reason: str


@dataclass(frozen=True, slots=True)
class ExternalIntegration:
    """The backend of an operation whose API runs elsewhere: requests go to the API's URL alone."""


Integration = (
    LambdaProxy
    | HttpApiProxy
    | HttpApiService
    | CustomIntegration
    | HttpProxy
    | Mock
    | FailingIntegration
    | ExternalIntegration
)
"""The backend of an operation: a value that gateway, template and checks match on, each in one place."""


def function_of(integration: Integration) -> str | None:
    """Return the function that an integration invokes, a key of ``Api.functions``; None for another backend."""
    return integration.function if isinstance(integration, LambdaProxy | LambdaCustom) else None


def backend_text(integration: Integration) -> str:
    """Return the backend of an integration in a few words: a function's name, a URL, an action of a service."""
    match integration:
        case LambdaProxy(function=name) | LambdaCustom(function=name):
            return name
        case Mock() | MappedMock():
            return "mock integration"
        case HttpApiService(subtype=subtype):
            return subtype
        case ServiceIntegration(service=service, uri=uri):
            return f"{service} {uri.rpartition(':')[2]}".rstrip()
        case HttpApiProxy(uri=uri) | HttpProxy(uri=uri) | HttpCustom(uri=uri):
            return f"HTTP {uri or 'to a URL that CloudFormation works out'}"
        case FailingIntegration(reason=reason):
            return f"nothing: {reason}"
        case ExternalIntegration():
            return "another API"
        case unknown:
            assert_never(unknown)


def cache_key_of(integration: Integration) -> CacheKey:
    """Return the parameters by which an integration's cached responses differ."""
    match integration:
        case LambdaProxy() | HttpProxy():
            return integration.cache_key
        case LambdaCustom() | ServiceIntegration() | HttpCustom() | MappedMock():
            return integration.mapping.cache_key
    return NO_CACHE_KEY
