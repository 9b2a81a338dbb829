"""Identity sources: the parts of a request that hold an authorizer's token and the key of its cache.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.uri import parse_query, split_target
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.rest_api import event as rest_event
from homeport.http_headers import header_values
from homeport.project.model import Authorizer, Flavor


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """An identity source, ``expression`` as it is written; ``value`` gives None if the request lacks it."""

    expression: str
    value: Callable[[Exchange], str | None]


_EXPRESSION = re.compile(
    r"(?:\$|method\.)request\.(?P<place>header|querystring)\.(?P<name>.+)"
    r"|\$?(?P<variables>context|stageVariables)\.(?P<path>.+)"
)


def read_identity_sources(authorizer: Authorizer, flavor: Flavor) -> tuple[IdentitySource, ...]:
    """Return the authorizer's identity sources: at least one, unless it is a REQUEST authorizer.

    Raises HomeportError for an unknown expression.
    """
    expressions = authorizer.identity_sources
    if not expressions and authorizer.kind != "request":
        expressions = ("$request.header.Authorization",)
    return tuple(_source(expression, authorizer, flavor) for expression in expressions)


def read_identity(
    exchange: Exchange, sources: Sequence[IdentitySource], challenge: str | None = None
) -> tuple[str, ...]:
    """Return the values of all sources. Raises GatewayError (MISSING_IDENTITY) if one is missing or empty."""
    values = []
    for source in sources:
        value = source.value(exchange)
        if not value:
            raise GatewayError(
                GatewayResponseType.MISSING_IDENTITY,
                f"the request has no {source.expression}, which the authorizer asks for",
                challenge=challenge,
            )
        values.append(value)
    return tuple(values)


def _source(expression: str, authorizer: Authorizer, flavor: Flavor) -> IdentitySource:
    found = _EXPRESSION.fullmatch(expression)
    if found is None:
        where = authorizer.source
        raise HomeportError(
            f"{where.file}:{where.line}: {expression!r} is no identity source of the authorizer {authorizer.name!r}",
            "use a header, a query string parameter, a context variable or a stage variable",
        )

    def value(exchange: Exchange) -> str | None:
        request, name = exchange.request, found["name"]
        if found["place"] == "header":
            return _join(header_values(request.headers, name), flavor)
        if found["place"] == "querystring":
            pairs = parse_query(split_target(request.target)[1], "&" if flavor == "http" else "&;")
            return _join([text for key, text in pairs if key == name], flavor)
        if found["variables"] == "stageVariables":
            return exchange.context.deployment.stage_variables.get(found["path"])
        return _context_variable(exchange, found["path"], flavor)

    return IdentitySource(expression, value)


def _join(values: list[str], flavor: Flavor) -> str | None:
    """Return several values as the flavor's event shows them: HTTP APIs join them, REST APIs take the last."""
    if not values:
        return None
    return ",".join(values) if flavor == "http" else values[-1]


def _context_variable(exchange: Exchange, path: str, flavor: Flavor) -> str | None:
    call = exchange.request, exchange.require_match(), exchange.context
    value: Any = (
        http_event.request_context(*call) | http_event_v1.request_context(*call)
        if flavor == "http"
        else rest_event.request_context(*call)
    )
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return str(value) if isinstance(value, str | int) else None
