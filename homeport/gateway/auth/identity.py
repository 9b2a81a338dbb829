"""Identity sources: the parts of a request that hold an authorizer's token and the key of its cache.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from homeport.errors import HomeportError
from homeport.gateway.context import Exchange, Match
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.uri import parse_query, split_target
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.rest_api import event as rest_event
from homeport.http_headers import header_values
from homeport.project.model import Authorizer, Flavor

IdentitySource = Callable[[Exchange], str | None]
"""Return the value of one identity source, None if the request lacks it."""

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
        value = source(exchange)
        if not value:
            raise GatewayError(
                GatewayResponseType.MISSING_IDENTITY,
                "an identity source of the authorizer is missing",
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
    if found["place"] == "header":
        return _header(found["name"], flavor)
    if found["place"] == "querystring":
        return _query(found["name"], flavor)
    if found["variables"] == "stageVariables":
        return lambda exchange: exchange.context.deployment.stage_variables.get(found["path"])
    return _context(tuple(found["path"].split(".")), flavor)


def _header(name: str, flavor: Flavor) -> IdentitySource:
    def value(exchange: Exchange) -> str | None:
        return _join(header_values(exchange.request.headers, name), flavor)

    return value


def _query(name: str, flavor: Flavor) -> IdentitySource:
    separators = "&" if flavor == "http" else "&;"

    def value(exchange: Exchange) -> str | None:
        pairs = parse_query(split_target(exchange.request.target)[1], separators)
        return _join([text for key, text in pairs if key == name], flavor)

    return value


def _join(values: list[str], flavor: Flavor) -> str | None:
    """Return several values as the flavor's event shows them: HTTP APIs join them, REST APIs take the last."""
    if not values:
        return None
    return ",".join(values) if flavor == "http" else values[-1]


def _context(path: tuple[str, ...], flavor: Flavor) -> IdentitySource:
    variables = _http_variables if flavor == "http" else _rest_variables

    def value(exchange: Exchange) -> str | None:
        found: Any = variables(exchange, exchange.require_match())
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return str(found) if isinstance(found, str | int) else None

    return value


def _http_variables(exchange: Exchange, match: Match) -> dict[str, Any]:
    first = http_event.request_context(exchange.request, match, exchange.context)
    return first | http_event_v1.request_context(exchange.request, match, exchange.context)


def _rest_variables(exchange: Exchange, match: Match) -> dict[str, Any]:
    return rest_event.request_context(exchange.request, match, exchange.context)
