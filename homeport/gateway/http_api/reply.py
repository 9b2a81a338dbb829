"""Replies of HTTP APIs, from the proxy responses of functions in payload formats 2.0 and 1.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Literal

from homeport.gateway.context import CallContext
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.proxy_response import (
    base64_flag,
    body_bytes,
    group_lines,
    header_line,
    multi_headers,
    parse_proxy_response,
    raise_malformed,
    single_headers,
    status_code,
)
from homeport.http_headers import CONNECTION_HEADERS, Header, drop_headers, has_header
from homeport.runtime.api import FunctionResult

_DEFAULT_TYPE = "text/plain; charset=utf-8"
_INFERRED_TYPE = "application/json"

# These headers belong to the connection, or the server writes them. AWS documents a renaming of response headers for
# REST APIs only; the function's own Server, WWW-Authenticate and the like are sent.
_DROPPED = CONNECTION_HEADERS | {"apigw-requestid", "content-length", "date"}

_BETWEEN_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+', re.DOTALL)


def to_reply(answer: FunctionResult, request: Request, context: CallContext) -> Reply:
    """Return the reply for a function's proxy response in the deployment's payload format. Raises GatewayError."""
    return reply_in_format(context.deployment.payload_format, answer, request, context)


def reply_in_format(
    payload_format: Literal["1.0", "2.0"], answer: FunctionResult, request: Request, context: CallContext
) -> Reply:
    """Return the reply for a function's proxy response. Raises GatewayError."""
    response = parse_proxy_response(answer)
    if not isinstance(response, dict) or "statusCode" not in response:
        if payload_format == "1.0":
            raise_malformed("payload format 1.0 needs an object with a statusCode")
        if isinstance(response, dict) and "errorMessage" in response:
            # Observed: without a statusCode, API Gateway takes such an object for the error of a function that failed.
            raise_malformed("an object with errorMessage and no statusCode counts as a failed function")
        return _infer_reply(response, answer.payload, context)
    status = status_code(response["statusCode"])
    decode = base64_flag(response.get("isBase64Encoded"))
    body = body_bytes(response.get("body"), decode=decode, status=status)
    lines = _lines(response, payload_format)
    if status not in (204, 304) and not has_header(lines, "content-type"):
        lines.append(("Content-Type", _DEFAULT_TYPE))
    return Reply(status, finished_headers(lines, context), body)


def finished_headers(lines: list[Header], context: CallContext) -> tuple[Header, ...]:
    """Return header lines as they are sent over HTTP/1.1: Title-Case, and the request's id last (recorded)."""
    cased = [(_title_case(name), value) for name, value in lines]
    return (*cased, ("Apigw-Requestid", context.request_id))


def _infer_reply(response: Any, payload: bytes, context: CallContext) -> Reply:
    body = response if isinstance(response, str) else _compact(payload.decode("utf-8", "replace"))
    return Reply(200, finished_headers([("Content-Type", _INFERRED_TYPE)], context), body.encode("utf-8", "replace"))


def _compact(text: str) -> str:
    """Return JSON without the white space between its tokens; numbers and escapes stay as they are."""
    return _BETWEEN_TOKENS.sub(r"\1", text)


def _lines(response: dict[str, Any], payload_format: Literal["1.0", "2.0"]) -> list[Header]:
    lines = single_headers(response.get("headers"))
    if payload_format == "1.0":
        lines = group_lines([*lines, *multi_headers(response.get("multiValueHeaders"))])
    else:
        lines += _cookies(response.get("cookies"))
    return list(drop_headers(lines, _DROPPED))


def _cookies(value: Any) -> list[Header]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(cookie, str) for cookie in value):
        raise_malformed(f"cookies is {json.dumps(value)[:80]}, not a list of texts")
    return [header_line("Set-Cookie", cookie) for cookie in value]


@lru_cache(maxsize=1024)
def _title_case(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
