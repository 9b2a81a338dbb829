"""The integrations of REST APIs beside Lambda proxies, with their mappings.

Their types are ``aws``, ``http``, ``http_proxy`` and ``mock``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.project.integrations.caching import NO_CACHE_KEY, CacheKey
from homeport.project.integrations.mapping_expressions import MappingExpression

PassthroughBehavior = Literal["when_no_match", "when_no_templates", "never"]
ContentHandling = Literal["CONVERT_TO_TEXT", "CONVERT_TO_BINARY"]
Templates = tuple[tuple[str, str], ...]
"""Media types with the texts of their mapping templates, in the document's order."""


@dataclass(frozen=True, slots=True)
class RequestParameter:
    """A mapped parameter of the request to a backend: ``integration.request.{place}.{name}`` gets ``value``."""

    place: Literal["path", "querystring", "header"]
    name: str
    value: MappingExpression


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """An integration response: how a backend's answer that ``pattern`` fits becomes the method's response.

    ``pattern`` is ``selectionPattern``, ``""`` for the default response. ``headers`` are names and the expressions of
    their values, ``templates`` make the body.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
    """

    pattern: str
    status: int
    headers: tuple[tuple[str, MappingExpression], ...] = ()
    templates: Templates = ()
    content_handling: ContentHandling | None = None


@dataclass(frozen=True, slots=True)
class CustomMapping:
    """The mappings of a custom (non-proxy) integration of a REST API, from the method's request to its response.

    ``templates`` make the body of the request to the backend; ``written_templates`` are those of them, by media type,
    that are written as functions of CloudFormation, and have their values in ``templates``, ``""`` where only AWS knows
    it. ``statuses`` are those that the method declares: API Gateway sends no other one. ``timeout`` is seconds, None
    for the limit of REST APIs.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    """

    parameters: tuple[RequestParameter, ...] = ()
    templates: Templates = ()
    passthrough: PassthroughBehavior = "when_no_match"
    content_handling: ContentHandling | None = None
    responses: tuple[IntegrationResponse, ...] = ()
    statuses: frozenset[int] = frozenset()
    timeout: float | None = None
    cache_key: CacheKey = NO_CACHE_KEY
    written_templates: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def unknown_templates(self) -> tuple[str, ...]:
        """The media types of the templates that only AWS knows."""
        return tuple(media for media, text in self.templates if media in self.written_templates and not text)


@dataclass(frozen=True, slots=True)
class MappedMock:
    """A mock integration of a REST API (``mock``): its request template chooses the integration response."""

    mapping: CustomMapping


@dataclass(frozen=True, slots=True)
class LambdaCustom:
    """A Lambda custom integration (``aws``): the function's event is the body, or what the request template makes.

    ``function`` is a key of ``Api.functions``.
    """

    function: str
    mapping: CustomMapping


@dataclass(frozen=True, slots=True)
class ServiceIntegration:
    """An integration with an AWS service (``aws``).

    ``service`` is its name in the URI (``sqs``, ``states``). ``uri`` is the ARN as written, such as
    ``arn:aws:apigateway:eu-west-1:sqs:path/123456789012/jobs``. ``method`` is upper case, ``ANY`` for the client's.
    ``credentials`` is the role that AWS assumes for it as written, None without. ``written_uri`` is the URI where it is
    written as a function of CloudFormation, whose value here ``uri`` is, ``""`` for one that only AWS knows.
    """

    service: str
    uri: str
    method: str
    credentials: Any = field(hash=False)
    mapping: CustomMapping
    written_uri: Any = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class HttpCustom:
    """An HTTP custom integration (``http``): a request to ``uri``, made by mappings.

    ``method`` is upper case, ``ANY`` for the client's. ``written_uri`` is as that of a ``ServiceIntegration``.
    """

    uri: str
    method: str
    mapping: CustomMapping
    written_uri: Any = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class HttpProxy:
    """An HTTP proxy integration of a REST API (``http_proxy``): client and backend see each other's messages.

    ``streams`` says that the response is passed on as it comes (``responseTransferMode: STREAM``). ``written_uri`` is
    as that of a ``ServiceIntegration``.
    """

    uri: str
    method: str
    parameters: tuple[RequestParameter, ...] = ()
    timeout: float | None = None
    streams: bool = False
    cache_key: CacheKey = NO_CACHE_KEY
    written_uri: Any = field(default=None, hash=False)


CustomIntegration = MappedMock | LambdaCustom | ServiceIntegration | HttpCustom
"""The integrations that mappings lead to and from."""
