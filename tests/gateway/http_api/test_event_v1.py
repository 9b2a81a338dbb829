from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.http_api.event_v1 import build_authorizer_event, build_event
from tests.support.gateway import (
    SHORT_ID,
    TRACE_ID,
    make_context,
    make_deployment,
    make_match,
    make_operation,
    make_request,
)

HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"


def event_of(*, authorization: Authorization | None = None, **changes: Any) -> dict[str, Any]:
    """The event of a request; changes go to make_request."""
    deployment = make_deployment(payload_format="1.0")
    request = make_request(**({"target": "/items/1"} | changes))
    match = make_match(request=request, operation=make_operation(method=request.method), deployment=deployment)
    return build_event(request, match, make_context(deployment=deployment, authorization=authorization))


def test_a_whole_event_has_every_part() -> None:
    deployment = make_deployment(payload_format="1.0", stage="dev", stage_variables={"table": "t"})
    request = make_request(
        method="POST",
        target="/dev/users/a%20b?tag=b&q=1+2&tag=a",
        headers=[
            ("Host", HOST),
            ("user-agent", "curl/8.5.0"),
            ("Accept", "*/*"),
            ("Cookie", "a=1; b=2"),
            ("CaSeD-Header", "one"),
            ("cased-header", "two"),
            ("content-type", "application/octet-stream"),
            ("content-length", "2"),
            ("Connection", "close"),
        ],
        body=b"hi",
    )
    operation = make_operation(method="POST", path="/users/{user}")
    match = make_match(request=request, operation=operation, deployment=deployment)
    event = build_event(request, match, make_context(deployment=deployment))
    headers = {
        "CaSeD-Header": ["one", "two"],
        "Content-Length": ["2"],
        "Content-Type": ["application/octet-stream"],
        "Cookie": ["a=1; b=2"],
        "Host": [HOST],
        "User-Agent": ["curl/8.5.0"],
        "X-Amzn-Trace-Id": [TRACE_ID],
        "X-Forwarded-For": ["192.0.2.1"],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
        "accept": ["*/*"],
    }
    assert json.dumps(event) == json.dumps(
        {
            "version": "1.0",
            "resource": "/users/{user}",
            "path": "/dev/users/a%20b",
            "httpMethod": "POST",
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": {"tag": "a", "q": "1 2"},
            "multiValueQueryStringParameters": {"tag": ["b", "a"], "q": ["1 2"]},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": HOST,
                "domainPrefix": "a1b2c3d4e5",
                "extendedRequestId": SHORT_ID,
                "httpMethod": "POST",
                "identity": {
                    "accessKey": None,
                    "accountId": None,
                    "caller": None,
                    "cognitoAmr": None,
                    "cognitoAuthenticationProvider": None,
                    "cognitoAuthenticationType": None,
                    "cognitoIdentityId": None,
                    "cognitoIdentityPoolId": None,
                    "principalOrgId": None,
                    "sourceIp": "192.0.2.1",
                    "user": None,
                    "userAgent": "curl/8.5.0",
                    "userArn": None,
                },
                "path": "/dev/users/a b",
                "protocol": "HTTP/1.1",
                "requestId": SHORT_ID,
                "requestTime": "22/Sep/2026:10:58:21 +0000",
                "requestTimeEpoch": 1790074701250,
                "resourceId": "POST /users/{user}",
                "resourcePath": "/users/{user}",
                "stage": "dev",
            },
            "pathParameters": {"user": "a b"},
            "stageVariables": {"table": "t"},
            "body": "aGk=",
            "isBase64Encoded": True,
        }
    )


def test_parts_that_a_request_lacks_are_null() -> None:
    deployment = make_deployment(payload_format="1.0")
    request = make_request(target="/any")
    match = make_match(request=request, operation=make_operation(path="/$default"), deployment=deployment)
    event = build_event(request, match, make_context(deployment=deployment))
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert {key: event[key] for key in absent} == dict.fromkeys(absent)
    assert event["headers"]["Content-Length"] == "0"
    assert event["requestContext"]["identity"]["userAgent"] == ""
    assert (event["resource"], event["requestContext"]["resourceId"]) == ("$default", "$default")


@pytest.mark.parametrize(
    ("authorization", "authorizer"),
    [
        (Authorization("jwt", {"exp": 1}, scopes=("a",)), {"claims": {"exp": "1"}, "scopes": ["a"]}),
        (Authorization("jwt", {"exp": 1}), {"claims": {"exp": "1"}, "scopes": None}),
        (Authorization("lambda", {"tenant": "t"}), {"claims": None, "scopes": None, "tenant": "t"}),
    ],
)
def test_the_request_context_has_the_authorizers_result(
    authorization: Authorization, authorizer: dict[str, Any]
) -> None:
    assert event_of(authorization=authorization)["requestContext"]["authorizer"] == authorizer


def test_an_authorizer_gets_its_identity_twice_and_no_multi_values() -> None:
    deployment = make_deployment(payload_format="1.0")
    request = make_request(target="/items/1?x=1", headers=[("X-Key", "k")])
    match = make_match(request=request, operation=make_operation(), deployment=deployment)
    event = build_authorizer_event(request, match, make_context(deployment=deployment), ["k", "1"])
    assert list(event) == [
        "version",
        "type",
        "methodArn",
        "identitySource",
        "authorizationToken",
        "resource",
        "path",
        "httpMethod",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
        "stageVariables",
    ]
    assert event["identitySource"] == event["authorizationToken"] == "k,1"
    assert event["methodArn"] == "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default/GET/items/1"
    assert event["stageVariables"] == {}
