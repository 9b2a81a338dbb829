"""The Flask application: every request reaches the pipeline, every reply leaves as it stands and is published then."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from homeport.gateway.app import create_app
from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.wsgi import wsgi_environ
from tests.support.gateway import make_exchange, make_request

OK = Reply(200, (("Content-Type", "text/plain"),), b"ok")


def make_app(reply: Reply = OK, published: list[Reply] | None = None) -> Flask:
    def handle(request: Request) -> tuple[Exchange, Reply]:
        return make_exchange(request=request), reply

    def publish(exchange: Exchange, reply: Reply) -> None:
        if published is not None:
            published.append(reply)

    return create_app(handle, publish)


def call(app: Flask, request: Request) -> tuple[str, list[tuple[str, str]], Any]:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        started.append((status, headers))

    body = app(wsgi_environ(request, 8080), start_response)
    return *started[0], body


def test_a_reply_is_published_once_the_server_has_sent_it() -> None:
    published: list[Reply] = []
    _, _, body = call(make_app(published=published), make_request())
    assert (list(body), published) == ([b"ok"], [])
    body.close()
    assert published == [OK]


def test_flasks_own_way_with_a_hook_gives_the_same() -> None:
    seen: list[str] = []
    published: list[Reply] = []
    app = make_app(published=published)
    app.before_request(lambda: seen.append("before"))
    line, headers, body = call(app, make_request())
    assert (line, tuple(headers), b"".join(body), seen) == ("200 OK", OK.headers, b"ok", ["before"])
    body.close()
    assert published == [OK]


@pytest.mark.parametrize("status", [200, 201, 204, 299, 304, 308, 404, 418, 599])
def test_a_reply_leaves_as_it_stands(status: int) -> None:
    headers = (("x-b", "1"), ("X-A", "2"), ("x-b", "3"), ("location", "/a b"), ("Content-Length", "9"), ("Vary", "é"))
    line, sent, body = call(make_app(Reply(status, headers, b"tea")), make_request())
    assert (line.partition(" ")[0], tuple(sent), list(body)) == (str(status), headers, [b"tea"])


@pytest.mark.parametrize("method", ["GET", "get", "HEAD", "OPTIONS", "TRACE", "CONNECT", "FOO", "M-SEARCH"])
@pytest.mark.parametrize(
    "target",
    [
        *("/", "//", "//a", "/a//b", "/a/", "/.", "/..", "/a/../b", "/%2F", "/%2f%2e", "/a%zz", "/%", "/%00", "/%0A"),
        *("/a%0d%0ab", "/%FF%FE", "/\xff", "/a|b", "/?a=1&a=2", "/a?%", "?", "*", "http://other/x", "other:80"),
        *("/" + "a" * 5000, "/<path:x>", "/a;b=1"),
    ],
)
def test_every_method_and_target_reaches_the_pipeline(method: str, target: str) -> None:
    line, headers, body = call(make_app(), make_request(method=method, target=target))
    assert (line, tuple(headers), list(body)) == ("200 OK", OK.headers, [b"ok"])
