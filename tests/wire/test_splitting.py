"""What a client sends can't become headers, or a second response, of the answer."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.support.made_project import ANSWERS_BODY, Made, Route
from tests.support.wire import Wire
from tests.wire.conftest import Serve, Served

REFLECTS = """
def handler(event, context):
    query = event["queryStringParameters"]
    value = query["v"]
    return {
        "value": {"statusCode": 200, "headers": {"X-Value": value}},
        "name": {"statusCode": 200, "headers": {value: "x"}},
        "cookie": {"statusCode": 200, "cookies": [value], "multiValueHeaders": {"Set-Cookie": [value]}},
        "type": {"statusCode": 200, "headers": {"Content-Type": value}, "body": "x"},
        "location": {"statusCode": 302, "headers": {"Location": value}},
    }[query["where"]]
"""
ROUTES = (Route("GET", "/reflect", REFLECTS), Route("POST", "/answer", ANSWERS_BODY))
INJECTIONS = [
    "a\r\nX-Injected: 1",
    "a\nX-Injected: 1",
    "a\rX-Injected: 1",
    "a\r\n\r\nHTTP/1.1 200 OK\r\nX-Injected: 1\r\n\r\n",
    "a\x00b",
]


@pytest.fixture(scope="module")
def http(serve: Serve) -> Served:
    return serve(Made(ROUTES))


@pytest.fixture(scope="module")
def rest(serve: Serve) -> Served:
    return serve(Made(ROUTES, flavor="rest", stage_name="prod"))


@pytest.mark.parametrize("where", ["value", "name", "cookie", "type", "location"])
@pytest.mark.parametrize("injection", INJECTIONS, ids=["crlf", "lf", "cr", "a whole response", "nul"])
def test_a_line_break_in_a_header_is_the_function_s_fault(
    http: Served, rest: Served, where: str, injection: str
) -> None:
    for served, target, status in ((http, "/reflect", 500), (rest, "/prod/reflect", 502)):
        with Wire(served.stack.url) as wire:
            answer = wire.ask("GET", f"{target}?where={where}&v={quote(injection)}")
            assert answer.status == status and answer.json().keys() == {"message"}
            assert answer.values("X-Injected") == []
            assert wire.glance(0.05) == b""


@pytest.mark.parametrize("name", ["Transfer-Encoding", "Content-Length", "Connection"])
def test_a_function_does_not_frame_the_response(http: Served, rest: Served, name: str) -> None:
    value = {"Transfer-Encoding": "chunked", "Content-Length": "1", "Connection": "close"}[name]
    body = json.dumps({"statusCode": 200, "headers": {name: value}, "body": "four"}).encode()
    for served, target in ((http, "/answer"), (rest, "/prod/answer")):
        with Wire(served.stack.url) as wire:
            answer = wire.ask("POST", target, [("Content-Type", "application/json")], body)
            assert answer.values("Transfer-Encoding") == [] and answer.header("Connection") == "keep-alive"
            assert answer.status in (500, 502) or (answer.values("Content-Length"), answer.body) == (["4"], b"four")
            assert wire.ask("GET", f"{target}/none").status in (403, 404)


@pytest.mark.parametrize("target", ["/x%0d%0aX-Injected:%201", "/%0d%0a%0d%0aHTTP/1.1", "/reflect?%0d%0aX-Injected:1"])
def test_a_target_with_line_breaks_comes_back_nowhere(http: Served, rest: Served, target: str) -> None:
    for served, prefix in ((http, ""), (rest, "/prod")):
        answer = served.ask("GET", prefix + target, [("Origin", "https://a.example")])
        assert answer.values("X-Injected") == [] and 400 <= answer.status < 503
