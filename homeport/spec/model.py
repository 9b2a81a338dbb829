"""The project, parsed once: what openapi.yaml says, as frozen values.

Nothing behind ``homeport.spec`` handles raw YAML; these classes are what every other room works with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the project's files something stands (``line`` counts from 1)."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    ``schema`` is OpenAPI's, the one of the only media type for a parameter with ``content``. A reference at its top is
    resolved; those inside stay (``{"$ref": "#/components/schemas/Item"}`` into ``Api.document``), so that schemas may
    refer to themselves. ``style`` and ``explode`` are as written, ``""`` and None where OpenAPI's default for the place
    holds; ``media_type`` is that of a parameter with ``content``.
    """

    name: str
    place: Literal["path", "query", "header", "cookie"]
    required: bool
    schema: Schema
    style: str = ""
    explode: bool | None = None
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """``content`` maps a media type to its OpenAPI schema; references as in ``Parameter.schema``."""

    required: bool
    content: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Security:
    """One way to be let in: the name of a security scheme and the scopes asked of it."""

    scheme: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestValidator:
    """``x-amazon-apigateway-request-validators``: what a REST API checks before the function is called."""

    body: bool
    parameters: bool


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket: ``rate`` requests per second refill it, ``burst`` is its size."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: one method of one path, and the Lambda function behind it.

    ``method`` is upper case, ``ANY`` for x-amazon-apigateway-any-method. ``path`` is the template as written
    (``/items/{itemId}``, ``/{proxy+}``, ``/$default``). ``function`` is a key of ``Api.functions``.
    ``security`` holds the alternatives as written, API keys left out: those are ``api_key_required``.
    ``responses`` maps a status (``"200"``, ``"4XX"``, ``"default"``) to the OpenAPI response object, the reference at
    its top resolved. ``handler`` is this operation's own (``service.handlers.create_item.handler``), also where its
    function is a dispatcher. ``id`` is the operationId, or made from method and path where ``named`` is false.
    ``integration_timeout`` is how many seconds the gateway waits for the function, None for the flavor's own;
    ``integration_fault`` says why no call can succeed, ``""`` where calls can.
    """

    id: str
    method: str
    path: str
    function: str
    source: Source
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    security: tuple[Security, ...] = ()
    api_key_required: bool = False
    validator: RequestValidator | None = None
    throttle: Throttle | None = None
    summary: str = ""
    handler: str = ""
    named: bool = True
    integration_timeout: float | None = None
    integration_fault: str = ""

    @property
    def route_key(self) -> str:
        """As an HTTP API names the route: ``GET /items/{itemId}``, ``$default``."""
        return "$default" if self.path == "/$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function.

    ``handler`` is Lambda's Handler setting, ``service.handlers.create_item.handler``. ``access`` maps a table
    (``ItemsTable``) or index (``ItemsTable/byStatus``) to the DynamoDB actions allowed on it. ``memory`` is MB,
    ``timeout`` seconds; None means the stage's. ``operations`` are the operation ids that it serves; it is empty
    for a Lambda authorizer. ``generated`` says that ``handler`` is a dispatcher that the kit writes for a group.
    """

    name: str
    handler: str
    source: Source
    operations: tuple[str, ...] = ()
    memory: int | None = None
    timeout: int | None = None
    reserved_concurrency: int | None = None
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[Mapping[str, Any], ...] = ()
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A security scheme with ``x-amazon-apigateway-authorizer``.

    ``kind``: ``jwt`` (HTTP APIs), ``cognito`` (REST), ``request`` and ``token`` (Lambda authorizers).
    ``identity_sources`` as AWS writes them (``$request.header.Authorization``,
    ``method.request.header.Authorization``). ``ttl`` is the result cache's, in seconds. ``payload_format`` is that
    of a REQUEST authorizer's event; ``simple`` allows ``{"isAuthorized": …}`` answers (HTTP APIs). ``issuer``,
    ``audience`` and ``provider_arns`` are as ``Fn::Sub`` writes them where only the stack knows (``${UserPool.Arn}``).
    """

    name: str
    kind: Literal["jwt", "cognito", "request", "token"]
    source: Source
    identity_sources: tuple[str, ...] = ()
    function: str | None = None
    ttl: int = 300
    payload_format: Literal["1.0", "2.0"] = "2.0"
    simple: bool = False
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    validation_expression: str | None = None
    provider_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cors:
    """``x-amazon-apigateway-cors``; ``max_age`` is seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_credentials: bool = False


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """``x-amazon-apigateway-gateway-responses``: how a REST API words one of its own answers.

    ``headers`` are the plain header names with AWS's mapping expressions (``'*'``, ``context.requestId``);
    ``templates`` maps a media type to its template.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """openapi.yaml, whole. ``document`` is the plain document; its ``#/components/…`` references are left in place."""

    title: str
    version: str
    operations: tuple[Operation, ...]
    functions: Mapping[str, Function]
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    cors: Cors | None = None
    binary_media_types: tuple[str, ...] = ()
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    api_key_source: Literal["HEADER", "AUTHORIZER"] = "HEADER"
    document: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def operations_by_id(self) -> Mapping[str, Operation]:
        """The operations by operationId."""
        return {operation.id: operation for operation in self.operations}
