"""HTTP APIs, payload format 2.0, over a plain socket: what becomes of a function's answer, as seen on AWS."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from tests.support.made_project import ANSWERS_BODY, Made, Route
from tests.wire.conftest import Serve, Served

INTERNAL = b'{"message":"Internal Server Error"}'
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    return serve(Made((Route("POST", "/answer", ANSWERS_BODY),)))


def answered(api: Served, answer: Any) -> tuple[int, dict[str, list[str]], bytes]:
    """What the client gets of a function's answer, the headers that differ with time left out."""
    reply = api.ask("POST", "/answer", [("Content-Type", JSON)], json.dumps(answer).encode())
    headers: dict[str, list[str]] = {}
    for name, value in reply.headers:
        headers.setdefault(name, []).append(value)
    assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", headers.pop("Apigw-Requestid")[0])
    for name in ("Date", "Connection"):
        assert len(headers.pop(name)) == 1
    assert headers.pop("Content-Length") == [str(len(reply.body))]
    return reply.status, headers, reply.body


ENCODED = base64.b64encode(b"test-data").decode()
ACCEPTED: list[tuple[Any, int, dict[str, list[str]], bytes]] = [
    ({"statusCode": 200}, 200, {"Content-Type": [TEXT]}, b""),
    (
        {"statusCode": 200, "headers": {"test-header": "value", "header-bool": True}},
        200,
        {"Test-Header": ["value"], "Header-Bool": ["true"], "Content-Type": [TEXT]},
        b"",
    ),
    ({"statusCode": 200, "headers": None, "cookies": None}, 200, {"Content-Type": [TEXT]}, b""),
    ({"statusCode": 200, "wrongValue": "value", "body": "x"}, 200, {"Content-Type": [TEXT]}, b"x"),
    ({"statusCode": 200, "body": ENCODED, "isBase64Encoded": True}, 200, {"Content-Type": [TEXT]}, b"test-data"),
    ({"statusCode": 200, "body": ENCODED}, 200, {"Content-Type": [TEXT]}, ENCODED.encode()),
    (
        {"statusCode": 200, "cookies": ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2", "c=3"]},
        200,
        {"Set-Cookie": ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2", "c=3"], "Content-Type": [TEXT]},
        b"",
    ),
    ({"statusCode": "201"}, 201, {"Content-Type": [TEXT]}, b""),
    (
        {"statusCode": 201, "body": '{"key":"value"}', "headers": {"Content-Type": "application/xml"}},
        201,
        {"Content-Type": ["application/xml"]},
        b'{"key":"value"}',
    ),
    (
        {"statusCode": 200, "headers": {"content-type": "image/png", "myheader": "a,b", "X-CUSTOM-header": "c"}},
        200,
        {"Content-Type": ["image/png"], "Myheader": ["a,b"], "X-Custom-Header": ["c"]},
        b"",
    ),
    ({"statusCode": 200, "multiValueHeaders": {"x": ["1"]}}, 200, {"Content-Type": [TEXT]}, b""),
    ("justAString", 200, {"Content-Type": [JSON]}, b"justAString"),
    ('Special "quoted" text', 200, {"Content-Type": [JSON]}, b'Special "quoted" text'),
    ("", 200, {"Content-Type": [JSON]}, b""),
    ("null", 200, {"Content-Type": [JSON]}, b"null"),
    ("errorMessage", 200, {"Content-Type": [JSON]}, b"errorMessage"),
    (None, 200, {"Content-Type": [JSON]}, b"null"),
    (42, 200, {"Content-Type": [JSON]}, b"42"),
    (True, 200, {"Content-Type": [JSON]}, b"true"),
    ([1, 2, "a b"], 200, {"Content-Type": [JSON]}, b'[1,2,"a b"]'),
    ({}, 200, {"Content-Type": [JSON]}, b"{}"),
    ({"headers": {"test-header": "value"}}, 200, {"Content-Type": [JSON]}, b'{"headers":{"test-header":"value"}}'),
    ({"random": {"json-body": "é"}}, 200, {"Content-Type": [JSON]}, '{"random":{"json-body":"é"}}'.encode()),
]


@pytest.mark.parametrize(("answer", "status", "headers", "body"), ACCEPTED, ids=lambda v: str(v)[:40])
def test_an_answer_becomes_this_response(
    api: Served, answer: Any, status: int, headers: dict[str, list[str]], body: bytes
) -> None:
    assert answered(api, answer) == (status, headers, body)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 0},
        {"statusCode": "test"},
        {"statusCode": 200.5, "body": "Hello", "headers": {"Content-Type": "text/plain"}},
        {"statusCode": 200, "cookies": {"invalid": "value1"}},
        {"statusCode": 200, "headers": {"x": ["a", "b"]}},
        {"statusCode": 200, "headers": "text"},
        {"statusCode": 200, "body": {"an": "object"}},
        {"errorMessage": "as if the function had failed"},
    ],
    ids=str,
)
def test_a_malformed_answer_is_500(api: Served, answer: Any) -> None:
    assert answered(api, answer) == (500, {"Content-Type": [JSON]}, INTERNAL)
