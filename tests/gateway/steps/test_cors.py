from __future__ import annotations

from dataclasses import replace

import pytest

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.cors import http_cors
from homeport.http_headers import Header
from homeport.project.cors import Cors
from homeport.project.model import Operation, Security
from tests.support.gateway import SHORT_ID, make_exchange, make_operation, make_request

SITE = "https://www.example.com"
CORS = Cors(allow_origins=(SITE,), allow_methods=("POST",))
PREFLIGHT: tuple[Header, ...] = (("Origin", SITE), ("Access-Control-Request-Method", "POST"))
ANSWER = Reply(
    204,
    (
        ("Apigw-Requestid", SHORT_ID),
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", SITE),
        ("Access-Control-Allow-Methods", "POST"),
    ),
)
LOCKED = (Security("jwt"),)


def _exchange(headers: tuple[Header, ...], operation: Operation | None = None, method: str = "OPTIONS") -> Exchange:
    return make_exchange(request=make_request(method=method, target="/items", headers=headers), operation=operation)


def _route(method: str, path: str, security: tuple[Security, ...] = ()) -> Operation:
    return replace(make_operation(method=method, path=path), security=security)


@pytest.mark.parametrize("operation", [None, _route("ANY", "/items"), _route("ANY", "/$default")])
def test_preflight_is_answered_by_the_gateway_itself(operation: Operation | None) -> None:
    assert http_cors(CORS)(_exchange(PREFLIGHT, operation)) == ANSWER


@pytest.mark.parametrize(
    "operation",
    [
        _route("OPTIONS", "/items"),
        _route("OPTIONS", "/{proxy+}"),
        _route("ANY", "/items", LOCKED),
        _route("ANY", "/$default", LOCKED),
    ],
)
def test_a_route_for_options_or_one_with_an_authorizer_keeps_preflight(operation: Operation) -> None:
    exchange = _exchange(PREFLIGHT, operation)
    assert http_cors(CORS)(exchange) is exchange


@pytest.mark.parametrize("headers", [(), PREFLIGHT[:1], (("Origin", "https://elsewhere.org"), PREFLIGHT[1])])
def test_options_without_a_route_is_answered_even_if_it_is_no_welcome_preflight(headers: tuple[Header, ...]) -> None:
    reply = http_cors(CORS)(_exchange(headers))
    allowed = (("Vary", "Origin"), ("Access-Control-Allow-Origin", SITE)) if headers == PREFLIGHT[:1] else ()
    assert reply == Reply(204, (("Apigw-Requestid", SHORT_ID), *allowed))


def test_options_that_is_no_preflight_goes_to_its_route() -> None:
    exchange = _exchange(PREFLIGHT[:1], _route("ANY", "/items"))
    assert http_cors(CORS)(exchange) is exchange


def test_other_methods_pass() -> None:
    exchange = _exchange(PREFLIGHT, method="POST")
    assert http_cors(CORS)(exchange) is exchange


def test_an_options_request_passes_without_cors() -> None:
    exchange = _exchange(PREFLIGHT)
    assert http_cors(None)(exchange) is exchange
