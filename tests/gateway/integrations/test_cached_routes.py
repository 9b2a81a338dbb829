"""A stage with a response cache, over a socket: authorization goes before it, and signed callers may renew it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from homeport.gateway.auth.sigv4 import AccessKey, signed_headers
from homeport.http_headers import header_values
from tests.support.gateway import make_request
from tests.support.served_api import ServedApi, served_api
from tests.support.spec import document, operation

SIGV4 = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
STAGE: dict[str, Any] = {
    "flavor": "rest",
    "cache": {"routes": {"POST /a": {}, "GET /off": {"cachingEnabled": False}}},
    "iam": {
        "callers": {
            "ann": {"accessKeyId": "AKIAANN", "secretAccessKey": "s", "allow": "*", "invalidate": "*"},
            "bob": {"accessKeyId": "AKIABOB", "secretAccessKey": "s", "allow": "*"},
        }
    },
}
FRESH = (("Cache-Control", "max-age=0"),)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    page = [{"name": "page", "in": "query", "schema": {"type": "string"}}]
    key = {"type": "aws_proxy", "cacheKeyParameters": ["method.request.querystring.page"]}
    spec = document(
        {
            "/a": {
                "get": operation(parameters=page, **{"x-amazon-apigateway-integration": key}),
                "post": operation(operationId="post"),
                "put": operation(operationId="put"),
            },
            "/off": {"get": operation(operationId="off")},
            "/signed": {"get": operation(operationId="signed", security=[{"sigv4": []}])},
        },
        components={"securitySchemes": {"sigv4": SIGV4}},
    )
    numbers = count(1)
    handlers = ("act", "post", "put", "off", "signed")
    functions = dict.fromkeys(handlers, lambda event: {"statusCode": 200, "body": str(next(numbers))})
    with served_api(tmp_path, spec, stages=STAGE, handlers=handlers, functions=functions) as served:
        yield served


def signed(api: ServedApi, name: str, *headers: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    lines = (("Host", urlsplit(api.url).netloc), *headers)
    request = make_request(method="GET", target="/local/signed", headers=lines, received=time.time())
    return (*headers, *signed_headers(request, AccessKey(f"AKIA{name.upper()}", "s", "us-east-1")))


def test_responses_are_kept_by_method_and_key(api: ServedApi) -> None:
    asked = [api.ask(*call).text for call in (("GET", "/local/a"), ("GET", "/local/a?page=2"), ("POST", "/local/a"))]
    assert asked == ["1", "2", "3"]
    assert api.ask("GET", "/local/a?other=1").text == "1"
    assert api.ask("GET", "/local/a?page=2").text == "2"
    assert api.ask("POST", "/local/a", body=b"{}").text == "3"
    assert [api.ask(*call).text for call in (("PUT", "/local/a"), ("PUT", "/local/a"))] == ["4", "5"]
    assert [api.ask("GET", "/local/off").text for _ in range(2)] == ["6", "7"]


def test_a_call_that_is_not_authorized_gets_nothing_from_the_cache(api: ServedApi) -> None:
    assert api.ask("GET", "/local/signed", signed(api, "bob")).text == "1"
    assert api.ask("GET", "/local/signed").status == 403
    assert api.ask("GET", "/local/signed", signed(api, "bob")).text == "1"


def test_a_signed_caller_needs_the_right_to_renew_a_response(api: ServedApi) -> None:
    first = api.ask("GET", "/local/signed", signed(api, "bob", *FRESH))
    kept = api.ask("GET", "/local/signed", signed(api, "bob", *FRESH))
    assert (first.text, kept.text) == ("1", "1")
    assert all(header_values(each.headers, "warning") for each in (first, kept))
    renewed = api.ask("GET", "/local/signed", signed(api, "ann", *FRESH))
    assert (renewed.text, header_values(renewed.headers, "warning")) == ("2", [])
    assert api.ask("GET", "/local/signed", signed(api, "bob")).text == "2"


def test_an_unsigned_caller_can_renew_nothing(api: ServedApi) -> None:
    answers = [api.ask("GET", "/local/a", FRESH) for _ in range(2)]
    assert [answer.text for answer in answers] == ["1", "1"]
    assert header_values(answers[1].headers, "warning") == [
        "199 Cache-control headers were ignored because the caller was unauthorized."
    ]
