"""Replies of REST APIs, from the proxy responses of functions.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from homeport.gateway.context import CallContext
from homeport.gateway.http.message import Reply, Request, first_accepted, matches_binary
from homeport.gateway.ids import reply_trace_id
from homeport.gateway.proxy_response import (
    base64_flag,
    body_bytes,
    group_lines,
    multi_headers,
    parse_proxy_response,
    raise_malformed,
    single_headers,
    status_code,
)
from homeport.http_headers import CONNECTION_HEADERS, Header, has_header
from homeport.runtime.api import FunctionResult

_DEFAULT_TYPE = "application/json"

# `base64Encoded` is an older name of isBase64Encoded, which REST APIs still read first (SAM team).
_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "base64Encoded"})

_STREAM_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "cookies"})

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html; Content-Length and
# x-amzn-RequestId are observed.
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
        "x-amzn-requestid",
    }
)
_DROPPED = (CONNECTION_HEADERS - {"connection"}) | {
    *("expect", "host", "proxy-authenticate", "via", "x-amz-apigw-id", "x-amzn-trace-id"),
}


def to_reply(answer: FunctionResult, request: Request, context: CallContext) -> Reply:
    """Return the reply for a function's proxy response. Raises GatewayError."""
    response = parse_proxy_response(answer)
    if not isinstance(response, dict):
        raise_malformed("the answer is not an object with statusCode, headers and body")
    if unknown := sorted(response.keys() - _KEYS):
        raise_malformed(f"the answer has keys that a REST API does not know: {', '.join(unknown)}")
    status = _status(response.get("statusCode"))
    body = body_bytes(response.get("body"), decode=_is_base64(response, request, context), status=status)
    lines = _filter_headers(
        _merge_headers(multi_headers(response.get("multiValueHeaders")), single_headers(response.get("headers")))
    )
    if not has_header(lines, "content-type"):
        lines.append(("Content-Type", _DEFAULT_TYPE))
    lines.append(("X-Amzn-Trace-Id", reply_trace_id(context.trace_id, context.segment_id)))
    return Reply(status, finished_headers(lines, context), body)


def streamed_head(metadata: Any, context: CallContext) -> tuple[int, tuple[Header, ...]]:
    """Return status and headers of a reply whose body is a stream, from the metadata before it. Raises GatewayError.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
    """
    if not isinstance(metadata, dict):
        raise_malformed("the stream does not begin with an object of statusCode and headers")
    if unknown := sorted(metadata.keys() - _STREAM_KEYS):
        raise_malformed(f"the object that the stream begins with has unknown keys: {', '.join(unknown)}")
    cookies = multi_headers({"Set-Cookie": metadata.get("cookies") or []})
    multi, single = multi_headers(metadata.get("multiValueHeaders")), single_headers(metadata.get("headers"))
    lines = _filter_headers(_merge_headers([*multi, *cookies], single))
    if not has_header(lines, "content-type"):
        lines.append(("Content-Type", _DEFAULT_TYPE))
    lines.append(("X-Amzn-Trace-Id", reply_trace_id(context.trace_id, context.segment_id)))
    return _status(metadata.get("statusCode")), finished_headers(lines, context)


def finished_headers(lines: Iterable[Header], context: CallContext) -> tuple[Header, ...]:
    """Return header lines as they are sent, the two ids first."""
    ids = (("x-amzn-RequestId", context.request_id), ("x-amz-apigw-id", context.extended_request_id))
    return (*ids, *lines)


def _merge_headers(multi: list[Header], single: list[Header]) -> list[Header]:
    """Return both kinds of headers, multi-value headers first; a pair in both is sent once (AWS's documentation)."""
    sent = {(name.lower(), value) for name, value in multi}
    return group_lines([*multi, *((name, value) for name, value in single if (name.lower(), value) not in sent)])


def _status(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return 200 if value is None else status_code(value)


def _is_base64(response: dict[str, Any], request: Request, context: CallContext) -> bool:
    older = response.get("base64Encoded")
    flag = base64_flag(response.get("isBase64Encoded") if older is None else older)
    accepted = first_accepted(request.header("accept"))
    return flag and matches_binary(accepted, context.deployment.binary_media_types)


def _filter_headers(lines: Iterable[Header]) -> list[Header]:
    passed: list[Header] = []
    for name, value in lines:
        key = name.lower()
        if key not in _DROPPED:
            passed.append((f"x-amzn-Remapped-{name}" if key in _REMAPPED else name, value))
    return passed
