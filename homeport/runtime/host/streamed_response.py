"""Streamed responses of functions, which are collected here and handed on whole.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response"
"""The content type of a response that begins with its status and headers, as ``HttpResponseStream.from`` sends it."""

_SEPARATOR = bytes(8)
_ERROR_TYPE = "lambda-runtime-function-error-type"
_ERROR_BODY = "lambda-runtime-function-error-body"


def join_http_response(body: bytes) -> bytes:
    """Return a proxy response as JSON of a body of ``HTTP_INTEGRATION``: JSON, eight zero bytes, the actual body.

    Cookies go where both payload formats of API Gateway look for them. A body of another form is returned as it is.
    """
    head, separator, content = body.partition(_SEPARATOR)
    try:
        prelude = json.loads(head)
    except ValueError:
        return body
    if not separator or not isinstance(prelude, dict):
        return body
    response: dict[str, Any] = {"statusCode": 200, **prelude, **_content(content)}
    if cookies := response.get("cookies"):
        response["multiValueHeaders"] = {**response.get("multiValueHeaders", {}), "Set-Cookie": cookies}
    return json.dumps(response).encode()


def _content(content: bytes) -> dict[str, Any]:
    try:
        return {"body": content.decode()}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}


def read_error_trailers(trailers: Mapping[str, str]) -> tuple[str, bytes] | None:
    """Return the type and the payload of an error that ended a stream, None where none did."""
    kind = trailers.get(_ERROR_TYPE)
    if kind is None:
        return None
    try:
        payload = base64.b64decode(trailers.get(_ERROR_BODY, ""), validate=True)
    except binascii.Error:
        payload = b""
    return kind, payload or json.dumps({"errorType": kind, "errorMessage": ""}).encode()
