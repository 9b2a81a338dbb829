"""Headers of integration requests and method responses that API Gateway drops, renames or fails on.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html; the rest is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.http_headers import CONNECTION_HEADERS, Header

_ALWAYS_FAILING = frozenset(("content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"))

FAILING_FOR_HTTP = _ALWAYS_FAILING
"""The headers that fail every call of an HTTP integration that maps them."""

FAILING_FOR_AWS = _ALWAYS_FAILING | {"authorization", "connection", "expect", "proxy-authenticate", "te"}
"""The same of integrations with Lambda and services of AWS."""

DROPPED_FOR_HTTP = frozenset(("connection", "expect", "proxy-authenticate", "te", "via"))
"""The mapped headers that never reach an HTTP backend."""

DROPPED_OF_CLIENT = frozenset(
    (
        *("connection", "content-encoding", "content-length", "content-md5", "expect", "host", "max-forwards"),
        *("proxy-authenticate", "server", "te", "trailer", "transfer-encoding", "upgrade", "via", "www-authenticate"),
        *("x-amzn-apigateway-api-id", "x-amzn-trace-id"),
    )
)
"""The client's headers that an HTTP proxy integration does not pass on; the last ones it sets itself."""

_REMAPPED = frozenset(
    (
        *("authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "max-forwards"),
        *("proxy-authenticate", "server", "trailer", "upgrade", "user-agent", "www-authenticate"),
    )
)
_REMAPPED_OF_PROXY = frozenset(("connection", "content-length", "date", "server", "x-amzn-requestid"))
_DROPPED_OF_PROXY = (CONNECTION_HEADERS - {"connection"}) | {"x-amz-apigw-id"}

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def check_mapped(names: Iterable[str], failing: frozenset[str]) -> None:
    """Raise GatewayError (API_CONFIGURATION_ERROR) where a mapped header is one that fails every call."""
    for name in names:
        if name.lower() in failing:
            reason = f"the mapped header {name} makes every call fail, on AWS too"
            raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason)


def mapped_header(name: str, value: str) -> Header:
    """Return a header that a mapping made, as it is sent: text beyond ASCII as UTF-8, control characters as blanks.

    Raises GatewayError (API_CONFIGURATION_ERROR) for a name that HTTP does not allow.
    """
    if not _NAME.fullmatch(name):
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, f"{name!r} is no name of a header")
    return name, _CONTROL.sub(" ", value).strip().encode("utf-8", "replace").decode("latin-1")


def method_response_headers(lines: Iterable[Header]) -> list[Header]:
    """Return the headers of a custom integration's method response under the names that reach the client."""
    kept = (line for line in lines if line[0].lower() != "transfer-encoding")
    return [(f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value) for name, value in kept]


def proxied_response_headers(lines: Iterable[Header]) -> list[Header]:
    """Return the headers of an HTTP backend under the names that reach the client of a proxy integration."""
    kept = (line for line in lines if line[0].lower() not in _DROPPED_OF_PROXY)
    return [(f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED_OF_PROXY else name, value) for name, value in kept]
