"""Events of REST APIs: requests as functions and Lambda authorizers get them, payload format 1.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.gateway.auth import Authorization
from homeport.gateway.context import CallContext, Match
from homeport.gateway.http.message import Request, matches_binary
from homeport.gateway.http.uri import percent_encode_rest, split_target
from homeport.gateway.ids import epoch_milliseconds, request_time, resource_id
from homeport.gateway.proxy_event import (
    ADDED_HEADERS,
    added_headers,
    authorizer_event,
    cognito_claims,
    iam_identity,
    last_values,
    query_parameters,
    rest_context,
)
from homeport.http_headers import Header, merge_headers

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html, and recorded.
_DROPPED = ADDED_HEADERS | {
    *("connection", "content-length", "content-md5", "expect", "max-forwards", "proxy-authenticate", "server", "te"),
    *("trailer", "transfer-encoding", "upgrade", "www-authenticate"),
}
# Recorded: any other name keeps the client's case.
_SPELLING = {"authorization": "Authorization", "host": "Host", "user-agent": "User-Agent"}

QUERY_SEPARATORS = "&;"
"""``;`` splits a query string as ``&`` does (api-gateway-known-issues.html)."""


def build_event(request: Request, match: Match, context: CallContext) -> dict[str, Any]:
    """Return the event for a function: all twelve keys, null where the request lacks the part."""
    headers = visible_headers(request, context)
    single, multi = query_parameters(split_target(request.target)[1], QUERY_SEPARATORS)
    body, encoded = _body(request, context)
    return {
        "resource": match.operation.path,
        # The base path of a custom domain stays: https://github.com/localstack/localstack/pull/12296
        "path": percent_encode_rest(f"{match.base_path or ''}{match.path}"),
        "httpMethod": request.method,
        "headers": last_values(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": single,
        "multiValueQueryStringParameters": multi,
        "pathParameters": _path_parameters(match.path_parameters),
        "stageVariables": dict(context.deployment.stage_variables) or None,
        "requestContext": request_context(request, match, context),
        "body": body,
        "isBase64Encoded": encoded,
    }


def build_authorizer_event(
    request: Request, match: Match, context: CallContext, identity: Sequence[str]
) -> dict[str, Any]:
    """Return the event for a Lambda authorizer of type REQUEST, which does not show its identity sources.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    """
    first = {"type": "REQUEST", "methodArn": method_arn(request, match, context)}
    return authorizer_event(build_event(request, match, context), first)


def build_token_authorizer_event(
    request: Request, match: Match, context: CallContext, identity: Sequence[str]
) -> dict[str, Any]:
    """Return the event for a Lambda authorizer of type TOKEN; its one identity is the whole header value."""
    return {"type": "TOKEN", "authorizationToken": identity[0], "methodArn": method_arn(request, match, context)}


def method_arn(request: Request, match: Match, context: CallContext) -> str:
    """Return the ARN that authorizer policies name, with the requested path: ``arn:…:a1b2c3/prod/GET/items/1``."""
    return f"{context.deployment.execute_arn}/{request.method}{percent_encode_rest(match.path)}"


def request_context(request: Request, match: Match | None, context: CallContext) -> dict[str, Any]:
    """Return ``requestContext``. Without a resource it has fewer keys, as ``$context`` in a gateway response."""
    deployment = context.deployment
    values: dict[str, Any] = {}
    if match is not None:
        values["resourceId"] = resource_id(deployment.api_id, match.operation.path)
    if context.authorization is not None and context.authorization.kind != "iam":
        values["authorizer"] = _authorizer(context.authorization)
    if match is not None:
        values["resourcePath"] = match.operation.path
    path = match.full_path if match else split_target(request.target)[0]
    values |= {
        "httpMethod": request.method,
        "extendedRequestId": context.extended_request_id,
        "requestTime": request_time(context.received),
        "path": percent_encode_rest(path),
        "accountId": deployment.account_id,
        "protocol": request.protocol,
        "stage": deployment.stage,
        "domainPrefix": context.domain_name.partition(".")[0],
        "requestTimeEpoch": epoch_milliseconds(context.received),
        "requestId": context.request_id,
        "identity": _identity(request, context),
        "domainName": context.domain_name,
        "deploymentId": deployment.deployment_id,
        "apiId": deployment.api_id,
    }
    return values


def _identity(request: Request, context: CallContext) -> dict[str, Any]:
    identity: dict[str, Any] = {
        "cognitoIdentityPoolId": None,
        "accountId": None,
        "cognitoIdentityId": None,
        "caller": None,
        "sourceIp": context.source_ip,
        "principalOrgId": None,
        "accessKey": None,
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": None,
        "userAgent": request.header("user-agent"),
        "user": None,
    }
    if context.authorization is not None and context.authorization.kind == "iam":
        identity |= iam_identity(context.authorization)
    if context.api_key is not None:
        identity |= {"apiKey": context.api_key, "apiKeyId": context.api_key_id}
    return identity


def _authorizer(authorization: Authorization) -> dict[str, Any]:
    if authorization.kind == "lambda":
        found: dict[str, Any] = dict(rest_context(authorization.values))
        return found | {"principalId": authorization.principal_id, "integrationLatency": authorization.latency}
    return {"claims": cognito_claims(authorization.values)}


def _path_parameters(parameters: Mapping[str, str]) -> dict[str, str] | None:
    return {name: percent_encode_rest(value) for name, value in parameters.items()} or None


def visible_headers(request: Request, context: CallContext) -> dict[str, list[str]]:
    """Return the headers that functions and mapping templates see, by name: the client's and API Gateway's own."""
    kept: list[Header] = list(added_headers(request, context))
    for name, value in request.headers:
        key = name.lower()
        if key in _DROPPED or (key == "authorization" and value.startswith("AWS4-HMAC-SHA256")):
            continue
        kept.append((_SPELLING.get(key, name), value))
    return dict(sorted(merge_headers(kept).items(), key=lambda item: item[0].lower()))


def _body(request: Request, context: CallContext) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if matches_binary(request.header("content-type"), context.deployment.binary_media_types):
        return b64encode(request.body).decode("ascii"), True
    return request.body.decode("utf-8", "replace"), False
