"""``$context``: the variables of a call that are known before its integration answers, for either flavor of API.

Mappings of HTTP APIs and access logs read them here; those of a finished call are the access log's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.http.uri import percent_decode, percent_encode_rest, split_target
from homeport.gateway.proxy_event import cognito_claims, jwt_claims, scalar_text
from homeport.gateway.rest_api.event import request_context


@dataclass(frozen=True)
class ContextVariables:
    """The variables of one call."""

    exchange: Exchange

    def value(self, name: str) -> Any:
        """Return a variable by its name without ``$context.``; None where it is unknown, or has no value."""
        known = _VALUES.get(name)
        if known is not None:
            return known(self)
        group, _, key = name.partition(".")
        if group == "authorizer" and key.startswith("claims."):
            return self._claims().get(key.removeprefix("claims."))
        return self._authorizer_context().get(key) if group == "authorizer" else None

    @cached_property
    def request_context(self) -> Mapping[str, Any]:
        """Return the variables that a REST API's functions get as ``requestContext``, for either flavor."""
        return request_context(self.exchange.request, self.exchange.match, self.exchange.context)

    def _claims(self) -> Mapping[str, str]:
        found = self.exchange.context.authorization
        if found is None or found.kind in ("lambda", "iam"):
            return {}
        return jwt_claims(found.values) if found.kind == "jwt" else cognito_claims(found.values)

    def _authorizer_context(self) -> Mapping[str, str]:
        found = self.exchange.context.authorization
        if found is None or found.kind != "lambda":
            return {}
        return {name: scalar_text(value) for name, value in found.values.items()}


def _principal_id(call: ContextVariables) -> str | None:
    found = call.exchange.context.authorization
    return found.principal_id if found is not None else None


def _path(call: ContextVariables) -> str:
    exchange = call.exchange
    path = exchange.match.full_path if exchange.match is not None else split_target(exchange.request.target)[0]
    is_rest = exchange.context.deployment.flavor == "rest"
    return percent_encode_rest(path) if is_rest else percent_decode(path)


def _base_path(call: ContextVariables) -> str | None:
    match = call.exchange.match
    return match.base_path.strip("/") if match is not None and match.base_path else None


def _route_key(call: ContextVariables) -> str | None:
    match = call.exchange.match
    return match.operation.route_key if match is not None else None


def _trace_root(call: ContextVariables) -> str | None:
    found = re.search(r"Root=([^;]+)", call.exchange.context.trace_id)
    return found.group(1) if found is not None else None


_REQUEST_CONTEXT = (
    *("accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod"),
    *("identity.accountId", "identity.apiKey", "identity.apiKeyId", "identity.caller", "identity.sourceIp"),
    *("identity.user", "identity.userAgent", "identity.userArn", "protocol", "requestId"),
    *("requestTime", "requestTimeEpoch", "resourceId", "resourcePath", "stage"),
)


def _of_request_context(name: str) -> Callable[[ContextVariables], Any]:
    group, _, key = name.rpartition(".")
    return lambda call: (call.request_context[group] if group else call.request_context).get(key)


_VALUES: Mapping[str, Callable[[ContextVariables], Any]] = {
    **{name: _of_request_context(name) for name in _REQUEST_CONTEXT},
    "authorizer.principalId": _principal_id,
    "customDomain.basePathMatched": _base_path,
    "isCanaryRequest": lambda call: "true" if call.exchange.context.deployment.is_canary else "false",
    "path": _path,
    "routeKey": _route_key,
    "xrayTraceId": _trace_root,
}

CONTEXT_VARIABLES = frozenset(_VALUES)
"""The names of the variables, but those of an authorizer's own."""
