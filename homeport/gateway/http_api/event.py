"""Events of HTTP APIs in payload format 2.0: requests as functions and Lambda authorizers get them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from homeport.gateway.auth import Authorization
from homeport.gateway.context import CallContext, Match
from homeport.gateway.http.message import Request, essence
from homeport.gateway.http.uri import parse_query, percent_decode, percent_encode_rest, split_target
from homeport.gateway.ids import epoch_milliseconds, request_time
from homeport.gateway.proxy_event import forwarded_for, jwt_claims
from homeport.http_headers import CONNECTION_HEADERS

# Recorded. All other types (`+json` and forms too) and a body without a type arrive base64-encoded.
_TEXT = frozenset({"application/javascript", "application/json", "application/xml"})


def event_body(request: Request) -> tuple[str | None, bool]:
    """Return ``body`` and ``isBase64Encoded``, in either format. Bytes of a text that are no UTF-8 become U+FFFD."""
    if not request.body:
        return None, False
    kind = essence(request.header("content-type") or "")
    if kind.startswith("text/") or kind in _TEXT:
        return request.body.decode("utf-8", "replace"), False
    return b64encode(request.body).decode("ascii"), True


# Recorded: events have no hop-by-hop headers, and content-length is that of the body, chunked or not.
_DROPPED = CONNECTION_HEADERS | {"content-length", "cookie", "expect", "x-forwarded-for"}


def build_event(request: Request, match: Match, context: CallContext) -> dict[str, Any]:
    """Return the event for a function. Keys of parts that the request lacks are absent."""
    query = split_target(request.target)[1]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.operation.route_key,
        "rawPath": percent_decode(_raw_path(match, context)),
        "rawQueryString": percent_encode_rest(query),
    }
    if cookies := _cookies(request):
        event["cookies"] = cookies
    event["headers"] = _headers(request, context)
    if parameters := _query_parameters(query):
        event["queryStringParameters"] = parameters
    event["requestContext"] = request_context(request, match, context)
    body, encoded = event_body(request)
    if body is not None:
        event["body"] = body
    if match.path_parameters:
        event["pathParameters"] = path_parameters(match)
    event["isBase64Encoded"] = encoded
    if context.deployment.stage_variables:
        event["stageVariables"] = dict(context.deployment.stage_variables)
    return event


def build_authorizer_event(
    request: Request, match: Match, context: CallContext, identity: Sequence[str]
) -> dict[str, Any]:
    """Return the event for a Lambda authorizer, format 2.0; ``identity`` are the values of its identity sources.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    event = build_event(request, match, context)
    event.pop("body", None)
    del event["isBase64Encoded"]
    first = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": route_arn(request, match, context),
        "identitySource": list(identity),
    }
    return first | event


def route_arn(request: Request, match: Match, context: CallContext) -> str:
    """Return the ARN that authorizer policies name: ``arn:aws:execute-api:…:a1b2c3/$default/GET/items/1``."""
    return f"{context.deployment.execute_arn}/{request.method}{percent_decode(match.path)}"


def request_context(request: Request, match: Match | None, context: CallContext) -> dict[str, Any]:
    """Return ``requestContext``. Without a route it has fewer keys."""
    deployment = context.deployment
    values: dict[str, Any] = {"accountId": deployment.account_id, "apiId": deployment.api_id}
    if context.authorization is not None:
        values["authorizer"] = _authorizer(context.authorization)
    values["domainName"] = context.domain_name
    values["domainPrefix"] = context.domain_name.partition(".")[0]
    path = _raw_path(match, context) if match else split_target(request.target)[0]
    values["http"] = {
        "method": request.method,
        "path": percent_decode(path),
        "protocol": request.protocol,
        "sourceIp": context.source_ip,
        "userAgent": request.header("user-agent") or "",
    }
    values["requestId"] = context.request_id
    if match is not None:
        values["routeKey"] = match.operation.route_key
    values["stage"] = deployment.stage
    values["time"] = request_time(context.received)
    values["timeEpoch"] = epoch_milliseconds(context.received)
    return values


def _raw_path(match: Match, context: CallContext) -> str:
    """Return the path with the stage; a custom domain's base path is in format 1.0 alone, as AWS documents it."""
    if match.base_path is None:
        return match.full_path
    stage = context.deployment.stage
    return match.path if stage == "$default" else f"/{stage}{match.path}"


def path_parameters(match: Match) -> dict[str, str]:
    """Return the path's variables by name, decoded (``%2F`` is ``/``)."""
    return {name: percent_decode(value) for name, value in sorted(match.path_parameters.items())}


def _authorizer(authorization: Authorization) -> dict[str, Any]:
    if authorization.kind == "lambda":
        return {"lambda": dict(authorization.values) or None}
    if authorization.kind == "iam":
        return {"iam": dict(authorization.values)}
    scopes = authorization.scopes
    return {"jwt": {"claims": jwt_claims(authorization.values), "scopes": None if scopes is None else list(scopes)}}


def _cookies(request: Request) -> list[str]:
    pieces: list[str] = []
    for name, value in request.headers:
        if name.lower() == "cookie":
            pieces += [piece for piece in map(str.strip, value.split(";")) if piece]
    return pieces


def _headers(request: Request, context: CallContext) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers:
        key = name.lower()
        if key not in _DROPPED:
            headers[key] = f"{headers[key]},{value}" if key in headers else value
    headers["content-length"] = str(len(request.body))
    headers["x-amzn-trace-id"] = context.trace_id
    headers["x-forwarded-for"] = forwarded_for(request, context.source_ip)
    headers["x-forwarded-port"] = str(context.port)
    headers["x-forwarded-proto"] = context.scheme
    return dict(sorted(headers.items()))


def _query_parameters(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_query(query):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return dict(sorted(parameters.items()))
