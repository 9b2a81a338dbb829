"""Events of HTTP APIs in payload format 1.0: requests as functions and Lambda authorizers get them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from homeport.gateway.auth import Authorization
from homeport.gateway.context import CallContext, Match
from homeport.gateway.http.message import Request
from homeport.gateway.http.uri import percent_decode, percent_encode_rest, split_target
from homeport.gateway.http_api.event import event_body, path_parameters, route_arn
from homeport.gateway.ids import epoch_milliseconds, request_time
from homeport.gateway.proxy_event import (
    ADDED_HEADERS,
    added_headers,
    authorizer_event,
    iam_identity,
    jwt_claims,
    last_values,
    query_parameters,
)
from homeport.http_headers import CONNECTION_HEADERS, Header, merge_headers

_DROPPED = ADDED_HEADERS | CONNECTION_HEADERS | {"content-length", "expect"}
# Recorded: these names have a fixed spelling; any other name stays as it was sent.
_SPELLING = {
    "accept": "accept",
    "accept-encoding": "accept-encoding",
    "accept-language": "accept-language",
    "cache-control": "cache-control",
    "content-type": "Content-Type",
    "host": "Host",
    "user-agent": "User-Agent",
}


def build_event(request: Request, match: Match, context: CallContext) -> dict[str, Any]:
    """Return the event for a function. Parts that the request lacks are null."""
    headers = _headers(request, context)
    single, multi = query_parameters(split_target(request.target)[1])
    body, encoded = event_body(request)
    return {
        "version": "1.0",
        "resource": _resource(match),
        "path": percent_encode_rest(match.full_path),
        "httpMethod": request.method,
        "headers": last_values(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": single,
        "multiValueQueryStringParameters": multi,
        "requestContext": request_context(request, match, context),
        "pathParameters": path_parameters(match) or None,
        "stageVariables": dict(context.deployment.stage_variables) or None,
        "body": body,
        "isBase64Encoded": encoded,
    }


def build_authorizer_event(
    request: Request, match: Match, context: CallContext, identity: Sequence[str]
) -> dict[str, Any]:
    """Return the event for a Lambda authorizer, format 1.0; ``identity`` are the values of its identity sources.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    event = build_event(request, match, context)
    del event["multiValueHeaders"], event["multiValueQueryStringParameters"]
    source = ",".join(identity)
    first = {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": route_arn(request, match, context),
        "identitySource": source,
        "authorizationToken": source,
    }
    return authorizer_event(event, first)


def request_context(request: Request, match: Match, context: CallContext) -> dict[str, Any]:
    """Return ``requestContext``."""
    deployment = context.deployment
    values: dict[str, Any] = {"accountId": deployment.account_id, "apiId": deployment.api_id}
    if context.authorization is not None and context.authorization.kind != "iam":
        values["authorizer"] = _authorizer(context.authorization)
    values |= {
        "domainName": context.domain_name,
        "domainPrefix": context.domain_name.partition(".")[0],
        "extendedRequestId": context.extended_request_id,
        "httpMethod": request.method,
        "identity": _identity(request, context),
        "path": percent_decode(match.full_path),
        "protocol": request.protocol,
        "requestId": context.request_id,
        "requestTime": request_time(context.received),
        "requestTimeEpoch": epoch_milliseconds(context.received),
        "resourceId": match.operation.route_key,
        "resourcePath": _resource(match),
        "stage": deployment.stage,
    }
    return values


def _resource(match: Match) -> str:
    path = match.operation.path
    return "$default" if path == "/$default" else path


def _identity(request: Request, context: CallContext) -> dict[str, Any]:
    identity = {
        "accessKey": None,
        "accountId": None,
        "caller": None,
        "cognitoAmr": None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": context.source_ip,
        "user": None,
        "userAgent": request.header("user-agent") or "",
        "userArn": None,
    }
    if context.authorization is not None and context.authorization.kind == "iam":
        identity |= iam_identity(context.authorization)
    return identity


def _authorizer(authorization: Authorization) -> dict[str, Any]:
    # Recorded: a Lambda authorizer's context is added to the two keys of a JWT authorizer, which are null then.
    if authorization.kind == "lambda":
        return {"claims": None, "scopes": None, **authorization.values}
    scopes = authorization.scopes
    return {"claims": jwt_claims(authorization.values), "scopes": None if scopes is None else list(scopes)}


def _headers(request: Request, context: CallContext) -> dict[str, list[str]]:
    kept: list[Header] = [("Content-Length", str(len(request.body))), *added_headers(request, context)]
    for name, value in request.headers:
        key = name.lower()
        if key not in _DROPPED:
            kept.append((_SPELLING.get(key, name), value))
    return dict(sorted(merge_headers(kept).items()))
