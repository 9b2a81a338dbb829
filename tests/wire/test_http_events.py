"""HTTP APIs, payload format 2.0, over a plain socket: routes, stages and events as seen on AWS."""

from __future__ import annotations

import base64
import re

import pytest

from homeport.http_headers import Header
from tests.support.made_project import Made, Route
from tests.wire.conftest import Serve, Served


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    routes = (
        Route("GET", "/{proxy+}"),
        Route("ANY", "/$default"),
        Route("GET", "/pets/dog/1"),
        Route("GET", "/pets/dog/{id}"),
        Route("GET", "/pets/{proxy+}"),
        Route("ANY", "/any"),
        Route("POST", "/any"),
        Route("DELETE", "/things/{a}/parts/{b}"),
    )
    return serve(Made(routes))


@pytest.fixture(scope="module")
def plain(serve: Serve) -> Served:
    return serve(Made((Route("ANY", "/any"), Route("DELETE", "/things/{a}/parts/{b}"))))


@pytest.fixture(scope="module")
def staged(serve: Serve) -> Served:
    routes = (Route("ANY", "/{proxy+}"), Route("GET", "/"))
    return serve(Made(routes, stage_name="dev", stage={"variables": {"color": "blue"}}))


@pytest.mark.parametrize(
    ("kind", "body", "seen", "encoded"),
    [
        ("text/html", b"Hello", "Hello", False),
        ("text/plain; charset=utf-8", b"my test body", "my test body", False),
        ("text/javascript", b"my test body", "my test body", False),
        ("text/binary", b"my test body", "my test body", False),
        ("application/json", b"my test body", "my test body", False),
        ("application/json; charset=UTF-8", b"{}", "{}", False),
        ("application/xml", b"<a/>", "<a/>", False),
        ("application/javascript", b"a()", "a()", False),
        ("application/test", b"my test body", base64.b64encode(b"my test body").decode(), True),
        ("application/vnd.ms-excel", b"my test body", base64.b64encode(b"my test body").decode(), True),
        ("application/x-www-form-urlencoded", b"a=1&b=2", base64.b64encode(b"a=1&b=2").decode(), True),
        ("multipart/form-data; boundary=x", b"--x", base64.b64encode(b"--x").decode(), True),
        ("image/svg+xml", b"<svg/>", base64.b64encode(b"<svg/>").decode(), True),
        (None, b"my test body", base64.b64encode(b"my test body").decode(), True),
    ],
    ids=str,
)
def test_a_body_is_text_for_these_types_only(
    api: Served, kind: str | None, body: bytes, seen: str, encoded: bool
) -> None:
    headers = [("Content-Type", kind)] if kind else []
    event = api.ask("POST", "/elsewhere", headers, body).json()
    assert (event["body"], event["isBase64Encoded"]) == (seen, encoded)
    assert event["headers"]["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("method", "target", "route", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", None),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("GET", "/test/5", "GET /{proxy+}", {"proxy": "test/5"}),
        ("POST", "/test/5", "$default", None),
        ("POST", "/any", "POST /any", None),
        ("GET", "/any", "ANY /any", None),
        ("OPTIONS", "/any", "ANY /any", None),
        ("GET", "/", "GET /{proxy+}", {"proxy": ""}),
        ("POST", "/", "$default", None),
        ("DELETE", "/things/a%2Fb/parts/%C3%A9%20x+y", "DELETE /things/{a}/parts/{b}", {"a": "a/b", "b": "é x+y"}),
        ("GET", "/%70ets/dog/1", "GET /pets/dog/1", None),
    ],
)
def test_the_most_specific_route_wins(
    api: Served, method: str, target: str, route: str, parameters: dict[str, str] | None
) -> None:
    event = api.ask(method, target).json()
    assert (event["routeKey"], event.get("pathParameters")) == (route, parameters)
    assert event["requestContext"]["routeKey"] == route


HEADERS: list[Header] = [
    ("User-Agent", "agent/1"),
    ("Cookie", "a=1; b=2"),
    ("cookie", "c=3"),
    ("X-Many", "1"),
    ("x-many", "2, 3"),
    ("CaSeD", "Value"),
    ("Content-Type", "application/json"),
    ("X-Forwarded-For", "192.0.2.7"),
]


def test_the_whole_event(staged: Served) -> None:
    target = "/dev/caf%C3%A9/a%2Fb?q=x+y&q=z%26&flag&empty=&%C3%A9=1"
    answer = staged.ask("PUT", target, HEADERS, b"{}")
    event = answer.json()
    context = event["requestContext"]
    made = {key: context.pop(key) for key in ("accountId", "apiId", "requestId", "time", "timeEpoch")}
    assert answer.header("Apigw-Requestid") == made["requestId"]
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", made["time"])
    assert re.fullmatch(r"[0-9]{12}", made["accountId"]) and re.fullmatch(r"[a-z0-9]{10}", made["apiId"])
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", event["headers"].pop("x-amzn-trace-id"))
    host = staged.stack.url.split("/")[2]
    assert event == {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": "/dev/café/a/b",
        "rawQueryString": "q=x+y&q=z%26&flag&empty=&%C3%A9=1",
        "cookies": ["a=1", "b=2", "c=3"],
        "headers": {
            "cased": "Value",
            "content-length": "2",
            "content-type": "application/json",
            "host": host,
            "user-agent": "agent/1",
            "x-forwarded-for": "192.0.2.7, 127.0.0.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            "x-many": "1,2, 3",
        },
        "queryStringParameters": {"empty": "", "flag": "", "q": "x y,z&", "é": "1"},
        "requestContext": {
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "http": {
                "method": "PUT",
                "path": "/dev/café/a/b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "agent/1",
            },
            "routeKey": "ANY /{proxy+}",
            "stage": "dev",
        },
        "body": "{}",
        "pathParameters": {"proxy": "café/a/b"},
        "isBase64Encoded": False,
        "stageVariables": {"color": "blue"},
    }


def test_parts_that_a_request_lacks_are_absent(api: Served) -> None:
    event = api.ask("POST", "/").json()
    assert sorted(event) == [
        "headers",
        "isBase64Encoded",
        "rawPath",
        "rawQueryString",
        "requestContext",
        "routeKey",
        "version",
    ]
    assert event["headers"]["content-length"] == "0"
    assert (event["rawQueryString"], event["requestContext"]["http"]["userAgent"]) == ("", "")


@pytest.mark.parametrize("target", ["/", "/x", "/devel/x", "/prod/x", "//x"])
def test_a_named_stage_answers_under_its_name_only(staged: Served, target: str) -> None:
    answer = staged.ask("GET", target)
    assert (answer.status, answer.body, answer.header("content-type")) == (
        404,
        b'{"message":"Not Found"}',
        "application/json",
    )


@pytest.mark.parametrize(("target", "route"), [("/dev", "GET /"), ("/dev/", "GET /"), ("/dev/x", "ANY /{proxy+}")])
def test_a_named_stage_is_no_part_of_the_route(staged: Served, target: str, route: str) -> None:
    assert staged.ask("GET", target).json()["routeKey"] == route


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/things/1/parts/2"),
        ("HEAD", "/things/1/parts/2"),
        ("OPTIONS", "/things/1/parts/2"),
        ("DELETE", "/things/1/parts"),
        ("DELETE", "/things/1/parts/2/"),
        ("DELETE", "/Things/1/parts/2"),
        ("TRACE", "/any"),
        ("PROPFIND", "/any"),
    ],
)
def test_request_without_a_route_is_404(plain: Served, method: str, target: str) -> None:
    answer = plain.ask(method, target)
    assert answer.status == 404
    assert answer.body == (b"" if method == "HEAD" else b'{"message":"Not Found"}')
    assert answer.header("Content-Length") == "23"
