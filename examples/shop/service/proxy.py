"""Between API Gateway's proxy events and the handlers: one shape for payload 1.0 (REST and HTTP APIs) and 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from service import exact_json

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the client meant it: texts are decoded, header names lower case.

    ``path`` is that of the URL, the stage's name included. ``body`` is empty if there is none.
    """

    path: str
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """``body`` is anything that JSON can hold, None for no body at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def read_event(event: Event) -> Request:
    """The request in an event of either payload format."""
    return _read_v2(event) if event.get("version") == "2.0" else _read_v1(event)


def reply(response: Response) -> dict[str, Any]:
    """The answer for API Gateway: one that both payload formats understand alike."""
    if response.body is None:
        return {"statusCode": response.status, "headers": dict(response.headers), "body": ""}
    headers = {"content-type": response.content_type, **response.headers}
    return {"statusCode": response.status, "headers": headers, "body": exact_json.dumps(response.body)}


def _read_v2(event: Event) -> Request:
    # Only the raw query string tells ?tag=a&tag=b from ?tag=a,b.
    return Request(
        path=event["rawPath"],
        path_parameters=event.get("pathParameters") or {},
        query=_grouped(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True)),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=_body(event),
    )


def _read_v1(event: Event) -> Request:
    # An HTTP API decodes path parameters, a REST API, whose events have no version, doesn't.
    parameters = event.get("pathParameters") or {}
    if "version" not in event:
        parameters = {name: unquote(value) for name, value in parameters.items()}
    headers = event.get("multiValueHeaders") or {}
    return Request(
        path=event["requestContext"]["path"],
        path_parameters=parameters,
        query=event.get("multiValueQueryStringParameters") or {},
        headers={name.lower(): ",".join(values) for name, values in headers.items()},
        body=_body(event),
    )


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    # A lone surrogate in the event stays one: reading the JSON refuses it.
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
