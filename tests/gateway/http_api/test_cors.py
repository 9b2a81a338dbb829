from __future__ import annotations

import pytest

from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.cors import apply_cors, is_preflight
from homeport.http_headers import Header
from homeport.project.cors import Cors
from tests.support.gateway import make_request

SITE = "https://www.example.com"
FULL = Cors(
    allow_origins=(SITE, "http://*"),
    allow_methods=("GET", "POST"),
    allow_headers=("authorization", "x-a"),
    expose_headers=("date", "x-id"),
    max_age=300,
    allow_credentials=True,
)
ASKING = (("Origin", SITE), ("Access-Control-Request-Method", "POST"))


def _apply(cors: Cors, headers: tuple[Header, ...], reply: Reply, method: str = "GET") -> Reply:
    return apply_cors(cors, make_request(method=method, headers=headers), reply)


def test_a_reply_to_a_cors_request_names_the_origin_and_the_exposed_headers() -> None:
    assert _apply(FULL, (("origin", SITE),), Reply(200, (("Content-Type", "text/plain"),), b"ok")) == Reply(
        200,
        (
            ("Content-Type", "text/plain"),
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", SITE),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", "date,x-id"),
        ),
        b"ok",
    )


def test_a_preflight_reply_lists_allowed_methods_and_headers() -> None:
    assert _apply(FULL, ASKING, Reply(204, ()), "OPTIONS") == Reply(
        204,
        (
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", SITE),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Methods", "GET,POST"),
            ("Access-Control-Allow-Headers", "authorization,x-a"),
            ("Access-Control-Max-Age", "300"),
        ),
    )


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (("*",), SITE, "*"),
        (("*",), "null", "*"),
        ((SITE, "*"), SITE, "*"),
        ((SITE,), SITE, SITE),
        ((SITE,), "https://www.example.com.evil.org", None),
        ((SITE,), "null", None),
        (("https://*",), "https://a.b:8443", "https://a.b:8443"),
        (("https://*",), "http://a.b", None),
        (("http://*", SITE), "http://localhost:3000", "http://localhost:3000"),
        ((), SITE, None),
    ],
)
def test_the_allowed_origin_is_the_one_that_matched(origins: tuple[str, ...], origin: str, allowed: str | None) -> None:
    reply = _apply(Cors(allow_origins=origins), (("Origin", origin),), Reply(200, ()))
    assert dict(reply.headers).get("Access-Control-Allow-Origin") == allowed
    assert ("Vary" in dict(reply.headers)) is (allowed not in (None, "*"))


@pytest.mark.parametrize("headers", [(), (("Origin", "https://elsewhere.org"),)])
def test_the_functions_own_cors_headers_are_ignored(headers: tuple[Header, ...]) -> None:
    own = (("access-control-allow-origin", "*"), ("X-A", "1"), ("Access-Control-Max-Age", "1"))
    assert _apply(FULL, headers, Reply(200, own, b"x")) == Reply(200, (("X-A", "1"),), b"x")


def test_a_reply_to_a_request_without_origin_is_unchanged() -> None:
    reply = Reply(200, (("X-A", "1"),), b"x")
    assert _apply(FULL, (), reply) is reply


@pytest.mark.parametrize("vary", ["Origin", "accept, ORIGIN", "*"])
def test_vary_is_not_sent_twice(vary: str) -> None:
    reply = _apply(FULL, (("Origin", SITE),), Reply(200, (("vary", vary),)))
    assert [value for name, value in reply.headers if name.lower() == "vary"] == [vary]


def test_applying_twice_changes_nothing() -> None:
    once = _apply(FULL, ASKING, Reply(204, ()), "OPTIONS")
    assert _apply(FULL, ASKING, once, "OPTIONS") == once


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [("OPTIONS", ASKING, True), ("OPTIONS", ASKING[:1], False), ("OPTIONS", ASKING[1:], False), ("GET", ASKING, False)],
)
def test_preflight_is_options_with_an_origin_and_a_method(
    method: str, headers: tuple[Header, ...], expected: bool
) -> None:
    assert is_preflight(make_request(method=method, headers=headers)) is expected
