"""CORS of a REST API, from the same ``x-amazon-apigateway-cors`` that HTTP APIs read.

REST APIs have no CORS of their own. This module adds the same parts to the local gateway and to the deployed API: an
OPTIONS method with a mock integration on every resource that has none, and CORS headers on gateway responses, so that a
browser shows their status. A function's response is sent unchanged: the function adds its own CORS headers.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html

The headers of a mock integration are fixed. If several origins are allowed, its response template returns the origin of
the request (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html)
if it is allowed, else the first of the list, which a browser rejects. Gateway responses have no such template: they
name the first origin that is written out (docs/decisions/0017-cors-of-gateway-responses.md), and ``check`` says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.gateway.context import CallContext
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.rest_api.reply import finished_headers
from homeport.http_headers import Header
from homeport.project.cors import Cors
from homeport.project.integrations import Mock
from homeport.project.model import Api, GatewayResponse, Operation

_ORIGIN = "Access-Control-Allow-Origin"
_CREDENTIALS = "Access-Control-Allow-Credentials"


def preflight_operations(api: Api) -> tuple[Operation, ...]:
    """Return an OPTIONS method with a mock integration for each path that has none, if the API has CORS."""
    if api.cors is None:
        return ()
    with_options = {operation.path for operation in api.operations if operation.method == "OPTIONS"}
    first = {operation.path: operation for operation in reversed(api.operations) if operation.path not in with_options}
    mock = Mock(api.cors)
    return tuple(
        Operation(id=f"OPTIONS {path}", method="OPTIONS", path=path, integration=mock, source=operation.source)
        for path, operation in sorted(first.items())
    )


def preflight_reply(cors: Cors, request: Request, context: CallContext) -> Reply:
    """Return the reply of the mock integration of ``preflight_method``."""
    headers = dict(_fixed_headers(cors))
    origin = request.header("origin")
    if origin and _reflects_origin(cors) and cors.allowed_origin(origin):
        headers[_ORIGIN] = origin
    return Reply(200, finished_headers([("Content-Type", "application/json"), *headers.items()], context))


def preflight_method(cors: Cors) -> dict[str, Any]:
    """Return the OPTIONS method of a resource, as an OpenAPI operation for API Gateway to import."""
    headers = _fixed_headers(cors)
    template = _response_template(cors) if _reflects_origin(cors) else ""
    return {
        "responses": {
            "200": {
                "description": "The CORS headers",
                "headers": {name: {"schema": {"type": "string"}} for name, _ in headers},
            }
        },
        "security": [],
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_match",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {
                "default": {
                    "statusCode": "200",
                    "responseParameters": {f"method.response.header.{name}": f"'{value}'" for name, value in headers},
                    "responseTemplates": {"application/json": template},
                }
            },
        },
    }


def with_cors(responses: Mapping[str, GatewayResponse], cors: Cors | None) -> Mapping[str, GatewayResponse]:
    """Return the gateway responses with CORS headers; the headers that the project sets win."""
    if cors is None or cors.written_origin is None:
        return responses
    plain = {"DEFAULT_4XX": GatewayResponse(None), "DEFAULT_5XX": GatewayResponse(None)}
    added = {_ORIGIN: f"'{cors.written_origin}'"}
    if cors.allow_credentials:
        added[_CREDENTIALS] = "'true'"
    if cors.expose_headers:
        added["Access-Control-Expose-Headers"] = f"'{','.join(cors.expose_headers)}'"
    return {kind: _with_headers(response, added) for kind, response in {**plain, **responses}.items()}


def _with_headers(response: GatewayResponse, added: Mapping[str, str]) -> GatewayResponse:
    own = {name.lower() for name in response.headers}
    missing = {name: value for name, value in added.items() if name.lower() not in own}
    return replace(response, headers={**response.headers, **missing})


def _reflects_origin(cors: Cors) -> bool:
    several = len(cors.allow_origins) > 1 or bool(cors.allowed_schemes)
    return several and "*" not in cors.allow_origins


def _fixed_origin(cors: Cors) -> str:
    return "*" if "*" in cors.allow_origins else cors.allow_origins[0]


def _fixed_headers(cors: Cors) -> tuple[Header, ...]:
    headers: list[Header] = []
    if cors.allow_origins:
        headers.append((_ORIGIN, _fixed_origin(cors)))
    if cors.allow_credentials:
        headers.append((_CREDENTIALS, "true"))
    if _reflects_origin(cors):
        headers.append(("Vary", "Origin"))
    if cors.allow_methods:
        headers.append(("Access-Control-Allow-Methods", ",".join(cors.allow_methods)))
    if cors.allow_headers:
        headers.append(("Access-Control-Allow-Headers", ",".join(cors.allow_headers)))
    if cors.max_age is not None:
        headers.append(("Access-Control-Max-Age", str(cors.max_age)))
    return tuple(headers)


def _response_template(cors: Cors) -> str:
    """Return the VTL of the mock's response. It prints nothing, so that the body stays empty."""
    exact = (f"$origin == {_vtl_string(entry)}" for entry in cors.allow_origins if not entry.endswith("://*"))
    by_scheme = (f"$origin.startsWith({_vtl_string(scheme)})" for scheme in cors.allowed_schemes)
    return (
        '#set($origin = $input.params("Origin"))'
        '#if($origin == "")#set($origin = $input.params("origin"))#end'
        f"#if({' || '.join((*exact, *by_scheme))})"
        f"#set($context.responseOverride.header.{_ORIGIN} = $origin)"
        "#end"
    )


def _vtl_string(text: str) -> str:
    return json.dumps(text)
