"""The operations of an API: a method of a path, what it takes and answers, and its integration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.project.integrations import Integration, function_of
from homeport.project.model.source import Source
from homeport.project.model.stage import Throttle

Schema = Mapping[str, Any]
ANY_METHOD = "x-amazon-apigateway-any-method"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    ``schema`` is OpenAPI's; a parameter with ``content`` has that of its only media type. A reference at its top is
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
    """The request body of an operation.

    ``content`` maps a media type to its OpenAPI schema, with references as in ``Parameter.schema``.
    """

    required: bool
    content: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Security:
    """An alternative of an operation's ``security``: the name of a security scheme and its scopes."""

    scheme: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestValidator:
    """The parts of a request that a REST API checks (``x-amazon-apigateway-request-validators``)."""

    body: bool
    parameters: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: one method of one path, and the integration behind it.

    ``method`` is upper case, ``ANY`` for x-amazon-apigateway-any-method. ``path`` is the template as written
    (``/items/{itemId}``, ``/{proxy+}``, ``/$default``). ``security`` holds the alternatives as written, API keys left
    out: those are ``api_key_required``. ``responses`` maps a status (``"200"``, ``"4XX"``, ``"default"``) to the
    OpenAPI response object, the reference at its top resolved. ``handler`` is this operation's own
    (``service.handlers.create_item.handler``), also where its function is a dispatcher. ``id`` is the operationId, or
    made from method and path where ``named`` is false. ``iam`` says that a call must be signed (AWS_IAM). ``denied``
    says why every call is refused with 403: what protects the route is not emulated.
    """

    id: str
    method: str
    path: str
    integration: Integration
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
    denied: str = ""
    iam: bool = False

    @property
    def function(self) -> str | None:
        """The Lambda function that the integration invokes, a key of ``Api.functions``; None: it invokes none."""
        return function_of(self.integration)

    @property
    def route_key(self) -> str:
        """The route's name in an HTTP API: ``GET /items/{itemId}``, ``$default``."""
        return "$default" if self.path == "/$default" else self.label

    @property
    def label(self) -> str:
        """The name of the operation in reports, which is schemathesis' too: ``GET /items/{itemId}``."""
        return f"{self.method} {self.path}"

    @property
    def document_path(self) -> tuple[str, str, str]:
        """The keys that lead to the operation in openapi.yaml."""
        return "paths", self.path, ANY_METHOD if self.method == "ANY" else self.method.lower()

    @property
    def authorizer(self) -> str | None:
        """The key in ``Api.authorizers`` of the route's only authorizer; None for an open route."""
        return self.security[0].scheme if self.security else None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of which a token must have at least one; empty if any valid token will do.

        A route has one authorizer and one list of scopes, so OpenAPI's alternatives become that list. An alternative
        without scopes lets each valid token in, and so the list is empty.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
        """
        alternatives = [security.scopes for security in self.security if security.scheme == self.authorizer]
        if not all(alternatives):
            return ()
        return tuple(dict.fromkeys(scope for scopes in alternatives for scope in scopes))
