"""An API: its operations, its authorizers and its own replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from homeport.project.cors import Cors
from homeport.project.model.functions import Function
from homeport.project.model.operations import Operation
from homeport.project.model.source import Source


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A security scheme with ``x-amazon-apigateway-authorizer``.

    ``kind``: ``jwt`` (HTTP APIs), ``cognito`` (REST), ``request`` and ``token`` (Lambda authorizers).
    ``identity_sources`` as AWS writes them (``$request.header.Authorization``,
    ``method.request.header.Authorization``). ``ttl`` is the result cache's, in seconds. ``payload_format`` is that
    of a REQUEST authorizer's event; ``simple`` allows ``{"isAuthorized": …}`` answers (HTTP APIs). ``issuer``,
    ``audience`` and ``provider_arns`` are as ``Fn::Sub`` writes them where only the stack knows (``${UserPool.Arn}``).
    ``pool_issuers`` are those of the project's own user pools among them, as they are on this machine, and
    ``pool_audience`` is the audience with the ids of their clients.
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
    pool_issuers: tuple[str, ...] = ()
    pool_audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """A reply of a REST API itself, customised by ``x-amazon-apigateway-gateway-responses``.

    ``headers`` are the plain header names with AWS's mapping expressions (``'*'``, ``context.requestId``);
    ``templates`` maps a media type to its template.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """openapi.yaml, whole. ``document`` is the plain document; its ``#/components/…`` references are left in place.

    ``name`` is the logical id of an API of a template, ``""`` for openapi.yaml. All APIs of a template have all of its
    functions; ``Function.operations`` are those of this API. ``resource_policy`` is the policy document of a REST API.
    ``minimum_compression_size`` is bytes, None for a REST API that compresses nothing.
    """

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
    name: str = ""
    resource_policy: Mapping[str, Any] | None = None
    minimum_compression_size: int | None = None

    @cached_property
    def operations_by_id(self) -> Mapping[str, Operation]:
        """The operations by operationId."""
        return {operation.id: operation for operation in self.operations}

    @cached_property
    def used_authorizers(self) -> Mapping[str, Authorizer]:
        """The authorizers that a route asks for, by name, in the document's order."""
        used = {operation.authorizer for operation in self.operations}
        return {name: authorizer for name, authorizer in self.authorizers.items() if name in used}
