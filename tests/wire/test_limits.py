"""What is too slow, too large or too long, over a plain socket."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.made_project import ECHO, Made, Route, lambda_scheme, returns, sleeps
from tests.support.waiting import SlownessMeter
from tests.support.wire import Answer, Wire
from tests.wire.conftest import Serve, Served

MB = 1024 * 1024
INTEGRATION = "x-amazon-apigateway-integration"
IMPATIENT = {INTEGRATION: {"type": "aws_proxy", "timeoutInMillis": 300}, "x-homeport": {"timeout": 5}}
LENGTH = 'def handler(event, context):\n    return {"statusCode": 200, "body": str(len(event.get("body") or ""))}\n'
LARGE = 'def handler(event, context):\n    return {"statusCode": 200, "body": "a" * int(event["headers"]["x-size"])}\n'
ENDS = "import os\n\ndef handler(event, context):\n    os._exit(3)\n"
EXITS = "import sys\n\ndef handler(event, context):\n    sys.exit(0)\n"
ALLOWS = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    return {"principalId": "a", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
BROKEN = "def handler(event, context:\n"
ROUTES = (
    Route("GET", "/slow", sleeps(1.5), IMPATIENT),
    Route("GET", "/late", sleeps(5), {"x-homeport": {"timeout": 1}}),
    Route("GET", "/ends", ENDS),
    Route("GET", "/exits", EXITS),
    Route("GET", "/broken", "import nothing_of_this_name\n" + ECHO),
    Route("POST", "/length", LENGTH),
    Route("GET", "/large", LARGE),
    Route("GET", "/throttled", returns("x"), {"x-homeport": {"reservedConcurrency": 0}}),
    Route("GET", "/guarded/{x}", extra={"security": [{"who": []}]}),
)
HTTP_500 = b'{"message":"Internal Server Error"}'
REST_500 = b'{"message": "Internal server error"}'


@pytest.fixture(scope="module")
def http(serve: Serve) -> Served:
    schemes = {"who": lambda_scheme("request", "allows", identitySource="$request.header.Authorization")}
    return serve(Made(ROUTES, schemes=schemes, modules={"allows": ALLOWS}))


@pytest.fixture(scope="module")
def rest(serve: Serve) -> Served:
    schemes = {"who": lambda_scheme("token", "allows")}
    faulty = {INTEGRATION: {"type": "AWS_PROXY", "httpMethod": "GET"}}
    mapped = {"integration.request.header.Authorization": "method.request.header.x"}
    mapping = {INTEGRATION: {"type": "AWS_PROXY", "httpMethod": "POST", "requestParameters": mapped}}
    harmless = {"integration.request.header.x": "method.request.header.y"}
    ignored = {INTEGRATION: {"type": "AWS_PROXY", "httpMethod": "POST", "requestParameters": harmless}}
    more = (
        Route("GET", "/faulty", extra=faulty),
        Route("GET", "/mapped", extra=mapping),
        Route("GET", "/harmless", extra=ignored),
    )
    made = Made((*ROUTES, *more), flavor="rest", stage_name="prod", schemes=schemes, modules={"allows": ALLOWS})
    return serve(made)


@pytest.fixture(params=["http", "rest"])
def either(request: pytest.FixtureRequest, http: Served, rest: Served) -> Iterator[tuple[Served, str, bool]]:
    """A stack, its stage's path, and whether it is an HTTP API."""
    yield (http, "", True) if request.param == "http" else (rest, "/prod", False)


def test_the_gateway_waits_for_the_integration_no_longer_than_it_is_told(either: tuple[Served, str, bool]) -> None:
    served, stage, is_http = either
    started = time.monotonic()
    with SlownessMeter() as meter:
        answer = served.ask("GET", f"{stage}/slow")
        seconds = time.monotonic() - started
    assert 0.3 <= seconds < 1.4 * meter.worst
    if is_http:
        assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')
    else:
        assert (answer.status, answer.body) == (504, b'{"message": "Endpoint request timed out"}')
        assert answer.header("x-amzn-ErrorType") == "InternalServerErrorException"


@pytest.mark.parametrize("path", ["/late", "/ends", "/exits", "/broken"])
def test_a_function_that_ends_badly_is_the_function_s_fault(either: tuple[Served, str, bool], path: str) -> None:
    served, stage, is_http = either
    for _ in range(2):
        answer = served.ask("GET", stage + path)
        assert (answer.status, answer.body) == ((500, HTTP_500) if is_http else (502, REST_500))


def test_a_function_without_concurrency_is_500(either: tuple[Served, str, bool]) -> None:
    served, stage, is_http = either
    answer = served.ask("GET", f"{stage}/throttled")
    assert (answer.status, answer.body) == (500, HTTP_500 if is_http else REST_500)


@pytest.mark.parametrize("path", ["/faulty", "/mapped"])
def test_an_integration_that_can_t_work_is_500(rest: Served, path: str) -> None:
    answer = rest.ask("GET", f"/prod{path}")
    assert (answer.status, answer.body) == (500, REST_500)
    assert answer.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_a_mapping_of_parameters_does_nothing(rest: Served) -> None:
    headers = rest.ask("GET", "/prod/harmless", [("y", "1")]).json()["headers"]
    assert "x" not in headers and headers["y"] == "1"


def test_five_megabytes_pass_both_ways(either: tuple[Served, str, bool]) -> None:
    served, stage, _ = either
    text = [("Content-Type", "text/plain")]
    assert served.ask("POST", f"{stage}/length", text, b"a" * (5 * MB)).text == str(5 * MB)
    answer = served.ask("GET", f"{stage}/large", [("x-size", str(5 * MB))])
    assert (answer.status, len(answer.body)) == (200, 5 * MB)


def test_more_than_lambda_takes_is_413(either: tuple[Served, str, bool]) -> None:
    served, stage, is_http = either
    answer = served.ask("POST", f"{stage}/length", [("Content-Type", "text/plain")], b"a" * (7 * MB))
    body = b'{"message":"Request Entity Too Large"}' if is_http else b'{"message": "Request Too Long"}'
    assert (answer.status, answer.body) == (413, body)


def test_more_than_lambda_answers_with_is_the_function_s_fault(either: tuple[Served, str, bool]) -> None:
    served, stage, is_http = either
    answer = served.ask("GET", f"{stage}/large", [("x-size", str(7 * MB))])
    assert (answer.status, answer.body) == ((500, HTTP_500) if is_http else (502, REST_500))


def test_more_than_ten_megabytes_are_413_whether_announced_or_not(either: tuple[Served, str, bool]) -> None:
    served, stage, is_http = either
    for answer in (too_large(served, stage, announced=True), too_large(served, stage, announced=False)):
        assert answer.status == 413
        if is_http:
            assert answer.body == b'{"message":"Request Entity Too Large"}'
        else:
            assert answer.header("Content-Type") == "text; charset=utf-8"
            assert answer.body == b"HTTP content length exceeded 10485760 bytes."
            assert not answer.header("x-amzn-RequestId") and not answer.header("x-amzn-ErrorType")


def too_large(served: Served, stage: str, *, announced: bool) -> Answer:
    size = 10 * MB + 1
    with Wire(served.stack.url) as wire:
        head = f"POST {stage}/length HTTP/1.1\r\nHost: {wire.host}\r\n"
        if announced:
            wire.send(f"{head}Content-Length: {size}\r\n\r\n".encode() + b"a" * size)
        else:
            wire.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            wire.send(f"{size:x}\r\n".encode() + b"a" * size + b"\r\n0\r\n\r\n")
        return wire.read()


def test_long_headers_and_long_lines_are_refused_in_the_flavor_s_words(either: tuple[Served, str, bool]) -> None:
    served, stage, is_http = either
    for answer, status in (
        (served.ask("POST", f"{stage}/length", [("x-long", "a" * 10_300)]), 431),
        (served.ask("POST", f"{stage}/length?{'a' * 8000}"), 414),
    ):
        assert answer.status == status and answer.json().keys() == {"message"}
        assert bool(answer.values("Apigw-Requestid")) is is_http
        assert bool(answer.values("x-amzn-RequestId")) is not is_http
    assert served.ask("POST", f"{stage}/length", [("x-long", "a" * 9_000)]).status == 200
    assert served.ask("POST", f"{stage}/length?{'a' * 7000}").status == 200


def test_an_arn_that_is_too_long_for_a_policy_is_414(http: Served, rest: Served) -> None:
    path = "/guarded/" + "a" * 1600
    who = [("Authorization", "x")]
    assert rest.ask("GET", f"/prod{path}", who).status == 414
    assert http.ask("GET", path, who).status == 200
