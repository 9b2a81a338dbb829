from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.http_api.event import build_authorizer_event, build_event
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


def event_of(**changes: Any) -> dict[str, Any]:
    """The event of a request to ``path`` (an operation's), in ``stage``; the rest goes to make_request."""
    stage, path = changes.pop("stage", None), changes.pop("path", "/items/{itemId}")
    deployment = make_deployment(stage=stage, stage_variables=changes.pop("stage_variables", None))
    context = make_context(deployment=deployment, authorization=changes.pop("authorization", None))
    request = make_request(**({"target": "/items/1"} | changes))
    operation = make_operation(method=request.method, path=path)
    match = make_match(request=request, operation=operation, deployment=deployment)
    return build_event(request, match, context)


def test_a_plain_get_has_none_of_the_optional_parts() -> None:
    event = event_of(headers=[("Host", HOST), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*")])
    assert json.dumps(event) == json.dumps(
        {
            "version": "2.0",
            "routeKey": "GET /items/{itemId}",
            "rawPath": "/items/1",
            "rawQueryString": "",
            "headers": {
                "accept": "*/*",
                "content-length": "0",
                "host": HOST,
                "user-agent": "curl/8.5.0",
                "x-amzn-trace-id": TRACE_ID,
                "x-forwarded-for": "192.0.2.1",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
            },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": HOST,
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "GET",
                    "path": "/items/1",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "curl/8.5.0",
                },
                "requestId": SHORT_ID,
                "routeKey": "GET /items/{itemId}",
                "stage": "$default",
                "time": "22/Sep/2026:10:58:21 +0000",
                "timeEpoch": 1790074701250,
            },
            "pathParameters": {"itemId": "1"},
            "isBase64Encoded": False,
        }
    )


def test_a_whole_event_has_every_part() -> None:
    event = event_of(
        method="POST",
        stage="dev",
        path="/users/{user}/files/{proxy+}",
        target="/dev/users/a%20b/files/x%2Fy/z?tag=b&q=1+2%2B&tag=a&empty=",
        headers=[
            ("Cookie", "a=1; b=2"),
            ("X-Twice", "one"),
            ("x-twice", "two"),
            ("cookie", "c=3"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", "99"),
            ("X-Forwarded-For", "198.51.100.7"),
            ("X-Forwarded-Proto", "gopher"),
            ("Connection", "keep-alive"),
        ],
        body='{"é": 1}'.encode(),
        stage_variables={"table": "t"},
    )
    assert json.dumps(event) == json.dumps(
        {
            "version": "2.0",
            "routeKey": "POST /users/{user}/files/{proxy+}",
            "rawPath": "/dev/users/a b/files/x/y/z",
            "rawQueryString": "tag=b&q=1+2%2B&tag=a&empty=",
            "cookies": ["a=1", "b=2", "c=3"],
            "headers": {
                "content-length": "9",
                "content-type": "application/json; charset=utf-8",
                "x-amzn-trace-id": TRACE_ID,
                "x-forwarded-for": "198.51.100.7, 192.0.2.1",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
                "x-twice": "one,two",
            },
            "queryStringParameters": {"empty": "", "q": "1 2+", "tag": "b,a"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": HOST,
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "POST",
                    "path": "/dev/users/a b/files/x/y/z",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "",
                },
                "requestId": SHORT_ID,
                "routeKey": "POST /users/{user}/files/{proxy+}",
                "stage": "dev",
                "time": "22/Sep/2026:10:58:21 +0000",
                "timeEpoch": 1790074701250,
            },
            "body": '{"é": 1}',
            "pathParameters": {"proxy": "x/y/z", "user": "a b"},
            "isBase64Encoded": False,
            "stageVariables": {"table": "t"},
        }
    )


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("text/plain", "hi", False),
        ("TEXT/anything; charset=latin-1", "hi", False),
        ("application/json", "hi", False),
        ("application/xml", "hi", False),
        ("application/javascript", "hi", False),
        ("application/x-www-form-urlencoded", "aGk=", True),
        ("application/problem+json", "aGk=", True),
        ("image/svg+xml", "aGk=", True),
        ("multipart/form-data; boundary=x", "aGk=", True),
        (None, "aGk=", True),
    ],
)
def test_bodies_are_text_only_for_the_few_types_that_aws_counts_as_text(
    content_type: str | None, body: str, encoded: bool
) -> None:
    headers = [("Content-Type", content_type)] if content_type else []
    event = event_of(method="POST", headers=headers, body=b"hi")
    assert (event["body"], event["isBase64Encoded"]) == (body, encoded)


def test_a_text_that_is_no_utf8_arrives_with_replacement_characters() -> None:
    event = event_of(method="POST", headers=[("Content-Type", "text/plain")], body=b"a\xffb")
    assert (event["body"], event["isBase64Encoded"]) == ("a\ufffdb", False)


def test_an_empty_body_of_a_binary_type_is_no_body() -> None:
    event = event_of(method="POST", headers=[("Content-Type", "image/png")])
    assert "body" not in event
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("authorization", "authorizer"),
    [
        (
            Authorization("jwt", {"sub": "u1", "exp": 1787996002}),
            {"jwt": {"claims": {"sub": "u1", "exp": "1787996002"}, "scopes": None}},
        ),
        (
            Authorization("jwt", {"scope": "a b"}, scopes=("a",)),
            {"jwt": {"claims": {"scope": "a b"}, "scopes": ["a"]}},
        ),
        (Authorization("lambda", {"n": 1, "l": [1]}), {"lambda": {"n": 1, "l": [1]}}),
        (Authorization("lambda", {}), {"lambda": None}),
    ],
)
def test_the_request_context_has_the_authorizers_result(
    authorization: Authorization, authorizer: dict[str, Any]
) -> None:
    event = event_of(authorization=authorization)
    assert event["requestContext"]["authorizer"] == authorizer
    assert list(event["requestContext"])[:3] == ["accountId", "apiId", "authorizer"]


def test_the_default_route_has_its_own_key_and_no_path_parameters() -> None:
    event = event_of(path="/$default", target="/any/thing")
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "$default"
    assert "pathParameters" not in event


def test_an_authorizer_gets_the_event_without_body() -> None:
    deployment = make_deployment()
    request = make_request(method="POST", target="/items/a%20b?x=1", headers=[("X-Key", "k")], body=b"{}")
    match = make_match(request=request, operation=make_operation(method="POST"), deployment=deployment)
    event = build_authorizer_event(request, match, make_context(deployment=deployment), ["k", "1"])
    assert list(event) == [
        "version",
        "type",
        "routeArn",
        "identitySource",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
    ]
    assert event["type"] == "REQUEST"
    assert event["identitySource"] == ["k", "1"]
    assert event["routeArn"] == "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default/POST/items/a b"
