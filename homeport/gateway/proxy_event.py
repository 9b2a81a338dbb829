"""Parts of the events of Lambda proxy integrations and Lambda authorizers that HTTP APIs and REST APIs share.

The whole events are built in ``http_api/event.py``, ``http_api/event_v1.py`` and ``rest_api/event.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.gateway.auth import Authorization
from homeport.gateway.context import CallContext
from homeport.gateway.http.message import Request
from homeport.gateway.http.uri import parse_query
from homeport.gateway.ids import claim_time
from homeport.http_headers import Header, header_values

Values = dict[str, str]
MultiValues = dict[str, list[str]]

ADDED_HEADERS = frozenset({"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})
"""The headers that API Gateway sets itself, whatever the client sent under these names."""


def added_headers(request: Request, context: CallContext) -> tuple[Header, ...]:
    """Return ``ADDED_HEADERS`` with their values."""
    return (
        ("X-Amzn-Trace-Id", context.trace_id),
        ("X-Forwarded-For", forwarded_for(request, context.source_ip)),
        ("X-Forwarded-Port", str(context.port)),
        ("X-Forwarded-Proto", context.scheme),
    )


def forwarded_for(request: Request, source_ip: str) -> str:
    """Return X-Forwarded-For: the client's own, then the address that called."""
    own = [value for value in header_values(request.headers, "x-forwarded-for") if value.strip()]
    return ", ".join([*own, source_ip])


def query_parameters(query: str, separators: str = "&") -> tuple[Values | None, MultiValues | None]:
    """Return ``queryStringParameters`` (each name's last value) and its multi-value form; None where it is empty."""
    multi: MultiValues = {}
    for name, value in parse_query(query, separators):
        multi.setdefault(name, []).append(value)
    return (last_values(multi), multi) if multi else (None, None)


def last_values(multi: MultiValues) -> Values:
    """Return each name's last value."""
    return {name: values[-1] for name, values in multi.items()}


def authorizer_event(event: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """Return a Lambda authorizer's event: ``first``, then the request's event without body, ``{}`` in place of null."""
    rest = {key: value for key, value in event.items() if key not in ("body", "isBase64Encoded", "version")}
    return first | {key: {} if value is None else value for key, value in rest.items()}


def jwt_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return the claims of an HTTP API's JWT authorizer: every value is text, a list is ``[a b]`` (observed)."""
    return {name: _go_text(value) for name, value in claims.items()}


def iam_identity(authorization: Authorization) -> dict[str, Any]:
    """Return the part of ``identity`` that is about the caller who signed the request, in format 1.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
    """
    names = {
        "accessKey": "accessKey",
        "accountId": "accountId",
        "caller": "callerId",
        "user": "userId",
        "userArn": "userArn",
    }
    return {name: authorization.values[key] for name, key in names.items()}


def cognito_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return the claims of a Cognito authorizer: a list is ``a,b``, ``exp`` and ``iat`` are dates (observed)."""
    return {name: _date_text(value) if name in ("exp", "iat") else _comma_text(value) for name, value in claims.items()}


def rest_context(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the context of a REST API's Lambda authorizer: text, numbers and booleans, all of which arrive as text.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    return {name: scalar_text(value) for name, value in values.items()}


def scalar_text(value: Any) -> str:
    """Return a JSON value as text: ``"a"`` is ``a``, ``true`` is ``true``, ``1.5`` is ``1.5``, others their JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _go_text(value: Any) -> str:
    """Return a value as Go's fmt prints it."""
    if isinstance(value, list | tuple):
        return f"[{' '.join(_go_text(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{_go_text(value[key])}' for key in sorted(value))}]"
    return scalar_text(value)


def _comma_text(value: Any) -> str:
    return ",".join(map(scalar_text, value)) if isinstance(value, list | tuple) else scalar_text(value)


def _date_text(value: Any) -> str:
    try:
        return claim_time(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return scalar_text(value)
