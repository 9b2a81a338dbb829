"""HTTP APIs, payload format 1.0, over a plain socket: events and replies as seen on AWS."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from homeport.http_headers import Header
from tests.support.made_project import ANSWERS_BODY, Made, Route
from tests.wire.conftest import Serve, Served

INTERNAL = b'{"message":"Internal Server Error"}'
TEXT = "text/plain; charset=utf-8"
ENCODED = base64.b64encode(b"test-data").decode()


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    routes = (Route("POST", "/answer", ANSWERS_BODY), Route("GET", "/{proxy+}"), Route("ANY", "/$default"))
    return serve(Made(routes, payload_format="1.0"))


@pytest.fixture(scope="module")
def staged(serve: Serve) -> Served:
    made = Made((Route("ANY", "/{proxy+}"),), payload_format="1.0", stage_name="dev")
    return serve(made)


def answered(api: Served, answer: Any) -> tuple[int, list[Header], bytes]:
    reply = api.ask("POST", "/answer", [("Content-Type", "application/json")], json.dumps(answer).encode())
    always = ("Date", "Connection", "Content-Length", "Apigw-Requestid")
    assert all(len(reply.values(name)) == 1 for name in always)
    return reply.status, [line for line in reply.headers if line[0] not in always], reply.body


@pytest.mark.parametrize(
    ("answer", "status", "headers", "body"),
    [
        ({"statusCode": 200}, 200, [("Content-Type", TEXT)], b""),
        (
            {"statusCode": 200, "headers": {"test-header": "value", "header-bool": True}},
            200,
            [("Test-Header", "value"), ("Header-Bool", "true"), ("Content-Type", TEXT)],
            b"",
        ),
        ({"statusCode": 200, "wrongValue": "value"}, 200, [("Content-Type", TEXT)], b""),
        ({"statusCode": 200, "cookies": ["a=1"]}, 200, [("Content-Type", TEXT)], b""),
        ({"statusCode": 200, "body": ENCODED, "isBase64Encoded": True}, 200, [("Content-Type", TEXT)], b"test-data"),
        ({"statusCode": 200, "body": ENCODED}, 200, [("Content-Type", TEXT)], ENCODED.encode()),
        (
            {"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}},
            200,
            [("Test-Multi", "value1"), ("Test-Multi", "value2"), ("Content-Type", TEXT)],
            b"",
        ),
        (
            {
                "statusCode": 200,
                "multiValueHeaders": {"test-multi": ["value-multi"]},
                "headers": {"test-multi": "value-solo"},
            },
            200,
            [("Test-Multi", "value-solo"), ("Test-Multi", "value-multi"), ("Content-Type", TEXT)],
            b"",
        ),
        ({"statusCode": "201"}, 201, [("Content-Type", TEXT)], b""),
        (
            {"statusCode": 200, "headers": None, "multiValueHeaders": None, "body": None},
            200,
            [("Content-Type", TEXT)],
            b"",
        ),
    ],
    ids=lambda v: str(v)[:40],
)
def test_an_answer_becomes_this_response(
    api: Served, answer: Any, status: int, headers: list[Header], body: bytes
) -> None:
    assert answered(api, answer) == (status, headers, body)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"statusCode": 0, "body": "x"},
        {"statusCode": "test"},
        {"headers": {"test-header": "value"}},
        {"statusCode": 200, "multiValueHeaders": {"test-multi-invalid": "value1"}},
        "justAString",
        None,
        [1],
    ],
    ids=str,
)
def test_a_malformed_answer_is_500(api: Served, answer: Any) -> None:
    assert answered(api, answer) == (500, [("Content-Type", "application/json")], INTERNAL)


def test_the_whole_event(staged: Served) -> None:
    headers = [
        ("user-agent", "agent/1"),
        ("Cookie", "a=1; b=2"),
        ("X-Many", "1"),
        ("X-Many", "2"),
        ("content-type", "application/octet-stream"),
        ("Accept", "*/*"),
    ]
    event = staged.ask("POST", "/dev/a%20b/%C3%A9?q=1&q=x+y&e=", headers, b"\x00\x01").json()
    context = event["requestContext"]
    for key in ("accountId", "apiId", "extendedRequestId", "requestId", "requestTime", "requestTimeEpoch"):
        assert context.pop(key)
    trace = event["headers"].pop("X-Amzn-Trace-Id")
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", trace)
    assert event["multiValueHeaders"].pop("X-Amzn-Trace-Id") == [trace]
    host = staged.stack.url.split("/")[2]
    multi = {
        "Content-Length": ["2"],
        "Content-Type": ["application/octet-stream"],
        "Cookie": ["a=1; b=2"],
        "Host": [host],
        "User-Agent": ["agent/1"],
        "X-Forwarded-For": ["127.0.0.1"],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
        "X-Many": ["1", "2"],
        "accept": ["*/*"],
    }
    assert event == {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": "/dev/a%20b/%C3%A9",
        "httpMethod": "POST",
        "headers": {name: values[-1] for name, values in multi.items()},
        "multiValueHeaders": multi,
        "queryStringParameters": {"q": "x y", "e": ""},
        "multiValueQueryStringParameters": {"q": ["1", "x y"], "e": [""]},
        "requestContext": {
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
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
                "sourceIp": "127.0.0.1",
                "user": None,
                "userAgent": "agent/1",
                "userArn": None,
            },
            "path": "/dev/a b/é",
            "protocol": "HTTP/1.1",
            "resourceId": "ANY /{proxy+}",
            "resourcePath": "/{proxy+}",
            "stage": "dev",
        },
        "pathParameters": {"proxy": "a b/é"},
        "stageVariables": None,
        "body": "AAE=",
        "isBase64Encoded": True,
    }


def test_parts_that_a_request_lacks_are_null(api: Served) -> None:
    event = api.ask("POST", "/elsewhere").json()
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert {key: event[key] for key in absent} == dict.fromkeys(absent)
    assert (event["resource"], event["requestContext"]["resourceId"]) == ("$default", "$default")
    assert event["headers"]["Content-Length"] == "0"
