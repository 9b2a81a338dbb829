"""The projects that the wire is fuzzed against: both kinds of API, every payload format, everything switched on."""

from __future__ import annotations

from typing import Any

from tests.support.made_project import Made, Route, lambda_scheme

API_KEY = "the-key-of-the-fuzzer"

# Marks its answers, so that no answer of the gateway's own is taken for the function's.
_MARKED_ECHO = """
import json

def handler(event, context):
    body = json.dumps({"path": event.get("rawPath", event.get("path")), "keys": sorted(event)})
    return {"statusCode": 200, "headers": {"x-by-function": "1", "content-type": "application/json"}, "body": body}
"""
# Says whatever the client wants it to say; a request that wants nothing gets an answer like any other.
_ANSWERS = """
import base64
import json

def handler(event, context):
    body = event.get("body") or ""
    try:
        return json.loads(base64.b64decode(body) if event["isBase64Encoded"] else body)
    except (ValueError, RecursionError):
        return {"statusCode": 200, "body": "nothing to say"}
"""
_DECIDES = """
def handler(event, context):
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    token = str(event.get("authorizationToken") or headers.get("authorization") or "")
    effect = "Allow" if len(token) % 3 else "Deny"
    if len(token) % 7 == 6:
        return {"principalId": token}
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "u", "policyDocument": policy, "context": {"token": token[:50]}}
"""
_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["a"],
                    "properties": {"a": {"type": "integer"}, "b": {"oneOf": [{"type": "null"}, {"type": "string"}]}},
                }
            }
        }
    },
    "parameters": [
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "x-h", "in": "header", "required": True, "schema": {"type": "string"}},
    ],
}
_CORS = {
    "allowOrigins": ["https://a.example", "https://b.example"],
    "allowMethods": ["GET", "POST"],
    "allowHeaders": ["authorization"],
    "exposeHeaders": ["x-by-function"],
    "maxAge": 60,
    "allowCredentials": True,
}


def fuzzed_projects() -> dict[str, Made]:
    """The projects by name."""
    return {
        "http-2.0": _http("2.0", None),
        "http-1.0": _http("1.0", "v1"),
        "rest": _rest(binary=["image/png", "application/octet-stream"]),
        "rest-binary": _rest(binary=["*/*"]),
    }


def _routes(*guards: str, checked: dict[str, Any]) -> tuple[Route, ...]:
    guarded = tuple(Route("ANY", f"/{name}", _MARKED_ECHO, {"security": [{name: []}]}) for name in guards)
    return (
        *guarded,
        Route("GET", "/items/{itemId}", _MARKED_ECHO),
        Route("POST", "/items", _MARKED_ECHO),
        Route("POST", "/answer", _ANSWERS),
        Route("POST", "/checked", _MARKED_ECHO, checked),
        Route("ANY", "/files/{proxy+}", _MARKED_ECHO),
    )


def _http(payload_format: str, stage_name: str | None) -> Made:
    jwt = {
        "type": "oauth2",
        "flows": {},
        "x-amazon-apigateway-authorizer": {
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"audience": ["app"]},
        },
    }
    lambda_source = {"identitySource": "$request.header.Authorization, $request.querystring.q"}
    return Made(
        _routes("token", "lambda", checked={}),
        payload_format=payload_format,
        stage_name=stage_name,
        spec={"x-amazon-apigateway-cors": _CORS},
        stage={"variables": {"color": "blue"}},
        schemes={"token": jwt, "lambda": lambda_scheme("request", "decides", **lambda_source)},
        modules={"decides": _DECIDES},
    )


def _rest(binary: list[str]) -> Made:
    pool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI"
    cognito = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [pool]},
    }
    validator = "x-amazon-apigateway-request-validator"
    responses = {
        "UNAUTHORIZED": {"responseTemplates": {"application/json": '{"message":$context.error.messageString}'}}
    }
    return Made(
        _routes("token", "lambda", "key", checked={**_BODY, validator: "all"}),
        flavor="rest",
        stage_name="prod",
        spec={
            "x-amazon-apigateway-cors": _CORS,
            "x-amazon-apigateway-binary-media-types": binary,
            "x-amazon-apigateway-gateway-responses": responses,
            f"{validator}s": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
        },
        stage={
            "usagePlans": {"free": {}},
            "apiKeys": {"fuzzer": {"value": API_KEY, "usagePlan": "free"}},
        },
        schemes={
            "token": cognito,
            "lambda": lambda_scheme("token", "decides"),
            "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        },
        modules={"decides": _DECIDES},
    )
