"""The same requests to another emulator of API Gateway, ministack: both find the same route and tell the same story.

It is cruder than AWS's recordings ask for. Where it is known to differ, the difference is taken out before the two
stories are compared, and named here; what is left must be equal.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from homeport.http_headers import Header
from tests.support.made_project import Made, Route
from tests.support.ministack import Emulated, ministack
from tests.support.wire import Answer, ask
from tests.wire.conftest import Serve, Served

ROUTES = (
    Route("GET", "/items/{id}"),
    Route("PUT", "/items/{id}"),
    Route("POST", "/items"),
    Route("ANY", "/items/{id}/parts/{part}"),
    Route("GET", "/static/deep"),
    Route("ANY", "/files/{proxy+}"),
)
REQUESTS = 150
_SEGMENTS = ("a", "b%20c", "caf%C3%A9", "x+y", "t@x.com", "1", "parts", "deep")
_STARTS = ("/items/1", "/items", "/items/a%20b/parts/2", "/static/deep", "/files/a", "/files", "/nowhere")
_QUERIES = ("a=1", "b=", "c=x+y", "d=%20%26%3D", "e=f=g", "%C3%A9=%E2%98%95", "g=%2B")
_NAMES = ("Accept", "X-Custom", "tEsT-HEADeR", "Authorization", "Referer", "Range", "If-None-Match")
_KINDS = ("application/json", "text/plain; charset=utf-8", "application/octet-stream")

Story = dict[str, Any]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with ministack(tmp_path_factory.mktemp("second"), ROUTES) as running:
        yield running


def requests(seed: int) -> Iterator[tuple[str, str, list[Header], bytes | None]]:
    r = random.Random(seed)
    for _ in range(REQUESTS):
        target = r.choice(_STARTS) + "".join(f"/{r.choice(_SEGMENTS)}" for _ in range(r.choice((0, 0, 1, 2))))
        query = r.sample(_QUERIES, r.choice((0, 0, 1, 3)))
        headers = [(name, r.choice(("1", "a, b", "text/html"))) for name in r.sample(_NAMES, r.choice((0, 1, 3)))]
        body = None
        if r.random() < 0.4:
            body = r.choice((b"abc", b'{"a": 1}', "\u00e9".encode()))
            headers.append(("Content-Type", r.choice(_KINDS)))
        method = r.choice(("GET", "POST", "PUT", "DELETE", "PATCH"))
        yield method, target + ("?" + "&".join(query) if query else ""), headers, body


def rest_story(answer: Answer) -> Story:
    """A REST API's event. ministack decodes paths, which AWS leaves encoded, and lower-cases header names.

    Where there is no route, AWS says what is wrong with a header Authorization that is no signature.
    """
    if answer.status != 200:
        message = answer.json()["message"]
        unsigned = answer.status == 403 and "in Authorization header: " in message
        return {"status": answer.status, "message": "Missing Authentication Token" if unsigned else message}
    event = answer.json()
    parameters = event["pathParameters"] or {}
    return {
        "resource": event["resource"],
        "path": unquote(event["path"]),
        "method": event["httpMethod"],
        "parameters": {name: unquote(value) for name, value in parameters.items()},
        "query": event["multiValueQueryStringParameters"],
        "single": event["queryStringParameters"],
        "headers": own_headers(event["headers"]),
        "body": (event["body"], event["isBase64Encoded"]),
        "stage": event["requestContext"]["stage"],
    }


def http_story(answer: Answer) -> Story:
    """An HTTP API's event."""
    if answer.status != 200:
        return {"status": answer.status, "message": answer.json()["message"]}
    event = answer.json()
    return {
        "route": event["routeKey"],
        "path": event["rawPath"],
        "query": event["rawQueryString"],
        "single": event.get("queryStringParameters"),
        "method": event["requestContext"]["http"]["method"],
        "parameters": event.get("pathParameters") or {},
        "headers": own_headers(event["headers"]),
        "body": (event.get("body"), event["isBase64Encoded"]),
    }


def own_headers(headers: dict[str, str]) -> dict[str, str]:
    """Those of the client: AWS adds X-Forwarded-* and X-Amzn-Trace-Id, which ministack does not."""
    added = ("host", "content-length", "x-amzn-trace-id")
    named = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in named.items() if name not in added and not name.startswith("x-forwarded")}


def compare(served: Served, other: Emulated, host: str, prefix: str, story: Callable[[Answer], Story]) -> list[str]:
    different = []
    for method, target, headers, body in requests(seed=11):
        ours = story(served.ask(method, prefix + target, headers, body))
        theirs = story(ask(other.url, method, prefix + target, [("Host", host), *headers], body))
        if ours != theirs:
            keys = [key for key in ours if ours.get(key) != theirs.get(key)]
            different.append(f"{method} {target}: {[(key, ours.get(key), theirs.get(key)) for key in keys]}")
    return different


def test_rest_apis_tell_the_same_story(serve: Serve, other: Emulated) -> None:
    served = serve(Made(ROUTES, flavor="rest", stage_name="prod"))
    assert compare(served, other, other.rest, "/prod", rest_story) == []


def test_http_apis_tell_the_same_story(serve: Serve, other: Emulated) -> None:
    assert compare(serve(Made(ROUTES)), other, other.http, "", http_story) == []
