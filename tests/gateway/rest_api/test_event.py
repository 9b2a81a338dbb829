from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.context import CallContext, Match
from homeport.gateway.http.message import Request
from homeport.gateway.ids import resource_id
from homeport.gateway.rest_api.event import build_authorizer_event, build_event, build_token_authorizer_event
from tests.support.gateway import (
    SHORT_ID,
    TRACE_ID,
    UUID_ID,
    make_context,
    make_deployment,
    make_match,
    make_operation,
    make_request,
)

HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod"


def call(**changes: Any) -> tuple[Request, Match, CallContext]:
    """A request to ``path`` (an operation's), with parts of the context; the rest goes to make_request."""
    parts = {name: changes.pop(name) for name in ("authorization", "api_key", "api_key_id") if name in changes}
    path = changes.pop("path", "/items/{itemId}")
    deployment = make_deployment(
        flavor="rest",
        stage_variables=changes.pop("stage_variables", None),
        binary_media_types=changes.pop("binary_media_types", ()),
    )
    request = make_request(**({"target": "/prod/items/1"} | changes))
    operation = make_operation(method=request.method, path=path)
    match = make_match(request=request, operation=operation, deployment=deployment)
    return request, match, make_context(deployment=deployment, **parts)


def test_a_whole_event_has_every_part() -> None:
    event = build_event(
        *call(
            method="POST",
            path="/users/{user}/{proxy+}",
            target="/prod//users/a%20b+c/x%2Fy/z/?tag=b&q=1+2;tag=a&empty=",
            headers=[
                ("host", HOST),
                ("user-agent", "curl/8.5.0"),
                ("accept", "*/*"),
                ("aUTHorization", "token"),
                ("tEsT-HEADeR", "one"),
                ("test-header", "two"),
                ("content-length", "2"),
                ("Connection", "keep-alive"),
                ("Content-MD5", "x"),
                ("x-forwarded-for", "198.51.100.7"),
                ("Via", "1.1 proxy"),
            ],
            body=b"hi",
            stage_variables={"table": "t"},
        )
    )
    headers = {
        "accept": ["*/*"],
        "Authorization": ["token"],
        "Host": [HOST],
        "tEsT-HEADeR": ["one", "two"],
        "User-Agent": ["curl/8.5.0"],
        "Via": ["1.1 proxy"],
        "X-Amzn-Trace-Id": [TRACE_ID],
        "X-Forwarded-For": ["198.51.100.7, 192.0.2.1"],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
    }
    assert json.dumps(event) == json.dumps(
        {
            "resource": "/users/{user}/{proxy+}",
            "path": "/users/a%20b+c/x%2Fy/z/",
            "httpMethod": "POST",
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": {"tag": "a", "q": "1 2", "empty": ""},
            "multiValueQueryStringParameters": {"tag": ["b", "a"], "q": ["1 2"], "empty": [""]},
            "pathParameters": {"user": "a%20b+c", "proxy": "x%2Fy/z"},
            "stageVariables": {"table": "t"},
            "requestContext": {
                "resourceId": resource_id("a1b2c3d4e5", "/users/{user}/{proxy+}"),
                "resourcePath": "/users/{user}/{proxy+}",
                "httpMethod": "POST",
                "extendedRequestId": SHORT_ID,
                "requestTime": "22/Sep/2026:10:58:21 +0000",
                "path": "/prod//users/a%20b+c/x%2Fy/z/",
                "accountId": "123456789012",
                "protocol": "HTTP/1.1",
                "stage": "prod",
                "domainPrefix": "a1b2c3d4e5",
                "requestTimeEpoch": 1790074701250,
                "requestId": UUID_ID,
                "identity": {
                    "cognitoIdentityPoolId": None,
                    "accountId": None,
                    "cognitoIdentityId": None,
                    "caller": None,
                    "sourceIp": "192.0.2.1",
                    "principalOrgId": None,
                    "accessKey": None,
                    "cognitoAuthenticationType": None,
                    "cognitoAuthenticationProvider": None,
                    "userArn": None,
                    "userAgent": "curl/8.5.0",
                    "user": None,
                },
                "domainName": HOST,
                "deploymentId": "d1e2f3",
                "apiId": "a1b2c3d4e5",
            },
            "body": "hi",
            "isBase64Encoded": False,
        }
    )


def test_all_twelve_keys_are_there_and_null_where_the_request_has_nothing() -> None:
    event = build_event(*call(path="/items", target="/prod/items"))
    absent = (
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    )
    assert len(event) == 12
    assert {key: event[key] for key in absent} == dict.fromkeys(absent)
    assert event["requestContext"]["identity"]["userAgent"] is None
    assert "Content-Length" not in event["headers"]


@pytest.mark.parametrize(
    ("content_type", "listed", "body", "encoded"),
    [
        ("application/octet-stream", (), "hi", False),
        ("application/octet-stream", ("application/octet-stream",), "aGk=", True),
        ("image/png", ("image/*",), "aGk=", True),
        ("image/png", ("image/jpg",), "hi", False),
        ("application/json", ("*/*",), "aGk=", True),
    ],
)
def test_bodies_are_base64_only_for_binary_media_types(
    content_type: str, listed: tuple[str, ...], body: str, encoded: bool
) -> None:
    event = build_event(
        *call(method="POST", headers=[("Content-Type", content_type)], body=b"hi", binary_media_types=listed)
    )
    assert (event["body"], event["isBase64Encoded"]) == (body, encoded)


def test_an_aws_signature_is_not_in_the_event() -> None:
    event = build_event(*call(headers=[("Authorization", "AWS4-HMAC-SHA256 Credential=x")]))
    assert "Authorization" not in event["headers"]


@pytest.mark.parametrize(
    ("authorization", "authorizer"),
    [
        (
            Authorization("lambda", {"n": 1, "b": True}, principal_id="user", latency=12),
            {"n": "1", "b": "true", "principalId": "user", "integrationLatency": 12},
        ),
        (
            Authorization("cognito", {"sub": "u1", "exp": 1787996002}),
            {"claims": {"sub": "u1", "exp": "Sat Aug 29 09:33:22 UTC 2026"}},
        ),
    ],
)
def test_the_request_context_has_the_authorizers_result(
    authorization: Authorization, authorizer: dict[str, Any]
) -> None:
    assert build_event(*call(authorization=authorization))["requestContext"]["authorizer"] == authorizer


def test_the_identity_has_the_api_key() -> None:
    identity = build_event(*call(api_key="secret", api_key_id="k1"))["requestContext"]["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == ("secret", "k1")


def test_a_token_authorizer_gets_exactly_three_keys() -> None:
    assert build_token_authorizer_event(*call(), ["Bearer x"]) == {
        "type": "TOKEN",
        "authorizationToken": "Bearer x",
        "methodArn": f"{ARN}/GET/items/1",
    }


def test_a_request_authorizer_gets_the_event_without_body_and_without_nulls() -> None:
    event = build_authorizer_event(*call(path="/", target="/prod/"), [])
    assert list(event) == [
        "type",
        "methodArn",
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
    ]
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ARN}/GET/")
    assert event["pathParameters"] == event["queryStringParameters"] == event["stageVariables"] == {}
