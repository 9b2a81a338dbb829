"""REST APIs over a plain socket: what becomes of a function's answer, as recorded from AWS."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from homeport.http_headers import Header
from tests.support.made_project import ANSWERS_BODY, RAISES, Made, Route
from tests.wire.conftest import Serve, Served

INTERNAL = b'{"message": "Internal server error"}'
JSON = ("Content-Type", "application/json")
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/wIAAgkBAyMAlYwAAAAASUVORK5CYII="
PIXEL = base64.b64decode(IMAGE)
IDS = {
    "x-amzn-RequestId": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "x-amz-apigw-id": r"[A-Za-z0-9_-]{15}=",
}
TRACE = r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0"


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    routes = (Route("POST", "/answer", ANSWERS_BODY), Route("GET", "/raises", RAISES), Route("ANY", "/{proxy+}"))
    return serve(Made(routes, flavor="rest", stage_name="test"))


@pytest.fixture(scope="module")
def binary(serve: Serve) -> Served:
    routes = (Route("POST", "/answer", ANSWERS_BODY), Route("ANY", "/{proxy+}"))
    kinds = ["image/png", "application/*", "image/jpg"]
    spec = {"x-amazon-apigateway-binary-media-types": kinds}
    return serve(Made(routes, flavor="rest", stage_name="test", spec=spec))


def answered(api: Served, answer: Any) -> tuple[int, list[Header], bytes]:
    """What the client gets of a function's answer: status, the headers that are its own, body."""
    reply = api.ask("POST", "/test/answer", [JSON], json.dumps(answer).encode())
    lines = list(reply.headers)
    for name, pattern in {**IDS, "X-Amzn-Trace-Id": TRACE}.items():
        if reply.status < 500 or name in IDS:
            (value,) = reply.values(name)
            assert re.fullmatch(pattern, value)
    always = ("Date", "Connection", "Content-Length", *IDS, "X-Amzn-Trace-Id")
    assert reply.header("Content-Length") == str(len(reply.body))
    return reply.status, [line for line in lines if line[0] not in always], reply.body


@pytest.mark.parametrize(
    ("answer", "status", "headers", "body"),
    [
        ({"statusCode": 200}, 200, [JSON], b""),
        ({}, 200, [JSON], b""),
        ({"headers": {"test-header": "value"}}, 200, [("test-header", "value"), JSON], b""),
        (
            {"statusCode": 200, "headers": {"test-header": "value", "header-bool": True, "number": 1.5}},
            200,
            [("test-header", "value"), ("header-bool", "true"), ("number", "1.5"), JSON],
            b"",
        ),
        ({"statusCode": 200, "headers": None, "multiValueHeaders": None, "body": None}, 200, [JSON], b""),
        ({"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": True}, 200, [JSON], b"dGVzdC1kYXRh"),
        ({"statusCode": "201", "body": "x"}, 201, [JSON], b"x"),
        (
            {"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}},
            200,
            [("test-multi", "value1"), ("test-multi", "value2"), JSON],
            b"",
        ),
        (
            {"multiValueHeaders": {"tesT-Multi": ["value-multi"]}, "headers": {"test-multi": "value-solo"}},
            200,
            [("tesT-Multi", "value-multi"), ("tesT-Multi", "value-solo"), JSON],
            b"",
        ),
        (
            {"multiValueHeaders": {"a": ["1", "2"]}, "headers": {"A": "1", "b": "3"}},
            200,
            [("a", "1"), ("a", "2"), ("b", "3"), JSON],
            b"",
        ),
        (
            {
                "statusCode": 204,
                "headers": {"Content-Type": "text/plain"},
                "multiValueHeaders": {"Set-Cookie": ["a=1"]},
            },
            204,
            [("Set-Cookie", "a=1"), ("Content-Type", "text/plain")],
            b"",
        ),
        ({"statusCode": 404, "body": "é", "headers": {"x-a": "b,c"}}, 404, [("x-a", "b,c"), JSON], "é".encode()),
    ],
    ids=lambda v: str(v)[:40],
)
def test_an_answer_becomes_this_response(
    api: Served, answer: Any, status: int, headers: list[Header], body: bytes
) -> None:
    if status == 204:
        reply = api.ask("POST", "/test/answer", [JSON], json.dumps(answer).encode())
        assert (reply.status, reply.values("Content-Length"), reply.body) == (204, [], b"")
        assert [line for line in reply.headers if line in headers] == headers
        return
    assert answered(api, answer) == (status, headers, body)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 200, "wrongValue": "value"},
        {"statusCode": 200, "cookies": []},
        {"statusCode": 200, "multiValueHeaders": {"test-multi-invalid": "value1"}},
        {"statusCode": "test"},
        {"statusCode": 0, "body": "x"},
        "justAString",
        None,
        [],
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "headers": {"x": ["a"]}},
    ],
    ids=str,
)
def test_a_malformed_answer_is_502(api: Served, answer: Any) -> None:
    wrong = [("x-amzn-ErrorType", "InternalServerErrorException"), JSON]
    assert answered(api, answer) == (502, wrong, INTERNAL)


def test_a_handler_that_raises_is_502_and_leaks_nothing(api: Served) -> None:
    reply = api.ask("GET", "/test/raises")
    assert (reply.status, reply.body) == (502, INTERNAL)
    assert len(reply.body) == 36
    assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_headers_of_a_reply_are_renamed_or_dropped_as_aws_lists_them(api: Served) -> None:
    renamed = ("Authorization", "Connection", "Content-MD5", "Date", "Max-Forwards", "Server", "User-Agent")
    dropped = ("Expect", "Host", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Via")
    names = (*renamed, "WWW-Authenticate", *dropped, "x-kept")
    status, headers, _ = answered(api, {"statusCode": 200, "headers": dict.fromkeys(names, "1")})
    wanted = [f"x-amzn-Remapped-{name}" for name in (*renamed, "WWW-Authenticate")]
    assert (status, [name for name, _ in headers]) == (200, [*wanted, "x-kept", "Content-Type"])


@pytest.mark.parametrize(
    ("accept", "decoded"),
    [
        ("image/png", True),
        ("image/png, text/html", True),
        ("image/png;q=0.5", True),
        ("application/test", True),
        ("application/*", True),
        ("image/jpg", True),
        ("*/*", False),
        ("image/*", False),
        ("text/html, image/png", False),
        ("image/gif", False),
        (None, False),
    ],
)
def test_base64_is_decoded_when_the_first_accepted_type_is_binary(
    binary: Served, accept: str | None, decoded: bool
) -> None:
    answer = {"statusCode": 200, "body": IMAGE, "isBase64Encoded": True, "headers": {"Content-Type": "text/html"}}
    headers = [("Accept", accept)] if accept else []
    reply = binary.ask("POST", "/test/answer", headers, json.dumps(answer).encode())
    assert (reply.status, reply.body) == (200, PIXEL if decoded else IMAGE.encode())


def test_base64_that_is_none_is_500(binary: Served) -> None:
    answer = {"statusCode": 200, "body": "èé+à)(", "isBase64Encoded": True}
    reply = binary.ask("POST", "/test/answer", [("Accept", "image/png")], json.dumps(answer).encode())
    assert (reply.status, reply.body) == (500, INTERNAL)


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [("image/png", True), ("application/json; a=b", True), ("image/PNG", True), ("text/plain", False), (None, False)],
)
def test_a_body_is_base64_if_its_type_is_binary(binary: Served, kind: str | None, encoded: bool) -> None:
    headers = [("Content-Type", kind)] if kind else []
    event = binary.ask("PUT", "/test/x", headers, b"abc").json()
    assert (event["body"], event["isBase64Encoded"]) == (("YWJj" if encoded else "abc"), encoded)


def test_a_client_s_trace_is_passed_on(api: Served) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    reply = api.ask("GET", "/test/x", [("X-Amzn-Trace-Id", trace)])
    assert reply.json()["headers"]["X-Amzn-Trace-Id"] == trace
    assert (reply.header("X-Amzn-Trace-Id") or "").startswith(trace)
