"""Connections: kept, closed, pipelined, broken off; requests that never become one."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.made_project import ANSWERS_BODY, Made, Route, sleeps
from tests.support.waiting import SlownessMeter
from tests.support.wire import Wire, request_bytes
from tests.wire.conftest import Serve, Served

ROUTES = (Route("ANY", "/{proxy+}"), Route("POST", "/answer", ANSWERS_BODY), Route("GET", "/slow", sleeps(0.3)))


@pytest.fixture(scope="module")
def http(serve: Serve) -> Served:
    return serve(Made(ROUTES))


@pytest.fixture(scope="module")
def rest(serve: Serve) -> Served:
    return serve(Made(ROUTES, flavor="rest", stage_name="prod"))


def test_a_connection_is_kept_for_many_requests(http: Served) -> None:
    with Wire(http.stack.url) as wire:
        for number in range(50):
            answer = wire.ask("POST", f"/x/{number}", [("Content-Type", "text/plain")], str(number).encode())
            assert (answer.status, answer.json()["body"]) == (200, str(number))
            assert answer.header("Connection") == "keep-alive"


def test_requests_that_come_at_once_are_answered_in_order(http: Served) -> None:
    with Wire(http.stack.url) as wire:
        wire.send(b"".join(request_bytes("GET", f"/x/{n}", [], None, host=wire.host) for n in range(10)))
        assert [wire.read().json()["rawPath"] for _ in range(10)] == [f"/x/{n}" for n in range(10)]


@pytest.mark.parametrize("named", ["close", "Close", "keep-alive, close", "te , CLOSE"])
def test_the_client_may_end_a_connection(http: Served, named: str) -> None:
    with Wire(http.stack.url) as wire:
        answer = wire.ask("GET", "/x", [("Connection", named)])
        assert (answer.status, answer.header("Connection")) == (200, "close")
        assert wire.is_closed()


def test_http_1_0_ends_the_connection_unless_asked_to_keep_it(http: Served) -> None:
    with Wire(http.stack.url) as wire:
        wire.send(b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
        answer = wire.read()
        assert (answer.status, answer.json()["requestContext"]["http"]["protocol"]) == (200, "HTTP/1.0")
        assert wire.is_closed()


def test_a_chunked_body_arrives_whole(http: Served, rest: Served) -> None:
    head = "Host: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    for served, target in ((http, "/x"), (rest, "/prod/x")):
        with Wire(served.stack.url) as wire:
            wire.send(f"POST {target} HTTP/1.1\r\n{head}".encode() + b"3\r\nabc\r\n")
            wire.send(b"2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n")
            event = wire.read().json()
        assert event["body"] == "abcde"
        assert "transfer-encoding" not in {name.lower() for name in event["headers"]}
        assert event["headers"].get("content-length", "5") == "5"


def test_a_client_that_waits_for_leave_gets_it(http: Served) -> None:
    with Wire(http.stack.url) as wire:
        wire.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n")
        wire.send(b"Content-Length: 2\r\n\r\n")
        assert wire.reads_bytes(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(b"ok")
        assert wire.read().json()["body"] == "ok"


def test_leave_to_send_no_body_is_not_given(rest: Served) -> None:
    with Wire(rest.stack.url) as wire:
        wire.send(b"GET /prod/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        assert wire.reads_bytes(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("status", [204, 304])
def test_a_reply_without_a_body_has_no_length_and_keeps_the_connection(http: Served, status: int) -> None:
    with Wire(http.stack.url) as wire:
        body = json.dumps({"statusCode": status, "body": "dropped"}).encode()
        answer = wire.ask("POST", "/answer", [("Content-Type", "application/json")], body)
        assert (answer.status, answer.values("Content-Length")) == (status, [])
        assert wire.ask("GET", "/x").status == 200


def test_head_has_the_headers_of_get_and_no_body(http: Served) -> None:
    with Wire(http.stack.url) as wire:
        answer = wire.ask("HEAD", "/x")
        assert answer.status == 200 and int(answer.header("Content-Length") or 0) > 300
        assert wire.ask("GET", "/x").status == 200


UNREADABLE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /x\r\n\r\n",
    b"GET /x HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /x HTTP/1.1\r\n: empty\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: a\r\nsp ace: 1\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"GET /x HTTP/2.0\r\nHost: a\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.mark.parametrize("data", UNREADABLE, ids=lambda data: repr(data)[:60])
def test_malformed_request_is_rejected_in_the_flavors_words(http: Served, rest: Served, data: bytes) -> None:
    for served, name in ((http, "Apigw-Requestid"), (rest, "x-amzn-RequestId")):
        with Wire(served.stack.url) as wire:
            wire.send(data)
            answer = wire.read()
            assert 400 <= answer.status < 502 and answer.json().keys() == {"message"}
            assert len(answer.values(name)) == 1
            wire.end_sending()
            assert wire.is_closed()
    assert "Traceback" not in http.stack.read_output() + rest.stack.read_output()


def test_a_client_that_sends_no_more_still_gets_its_answer(http: Served, rest: Served) -> None:
    large = b"a" * 2_000_000
    for served, prefix in ((http, ""), (rest, "/prod")):
        for target, body in ((f"{prefix}/x", None), (f"{prefix}/slow", None), (f"{prefix}/x", large)):
            with Wire(served.stack.url) as wire:
                method = "GET" if body is None else "POST"
                wire.send(request_bytes(method, target, [("Content-Type", "text/plain")], body, host=wire.host))
                wire.end_sending()
                assert wire.read().status in (200, 502)
                assert wire.is_closed()


def test_a_client_that_leaves_does_no_harm(http: Served) -> None:
    for part in (b"", b"GE", b"GET /x HTTP/1.1\r\nHost", b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"):
        with Wire(http.stack.url) as wire:
            wire.send(part)
    with Wire(http.stack.url) as wire:
        wire.send(request_bytes("GET", "/slow", [], None, host=wire.host))
    assert http.ask("GET", "/x").status == 200
    assert "Traceback" not in http.stack.read_output()


def test_slow_functions_run_beside_each_other(http: Served) -> None:
    http.ask("GET", "/slow")
    started = time.monotonic()
    with SlownessMeter() as meter, ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: http.ask("GET", "/slow").status, range(6)))
        seconds = time.monotonic() - started
    assert answers == [200] * 6
    assert seconds < 1.5 * meter.worst
