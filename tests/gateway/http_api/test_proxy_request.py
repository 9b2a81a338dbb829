"""HTTP proxy integrations of HTTP APIs: the request to the backend and the reply made of its response."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.backend_request import BackendRequest
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.proxy_request import proxy_reply, proxy_request
from homeport.http_client import HttpResponse
from homeport.http_headers import Header
from homeport.project.integrations.http_api import HttpApiProxy, ParameterMappings
from homeport.project.integrations.parameter_mapping import parse_mapping
from tests.support.gateway import (
    SHORT_ID,
    TRACE_ID,
    make_context,
    make_deployment,
    make_exchange,
    make_operation,
    make_request,
)

HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
FORWARDED = f"for=192.0.2.1;host={HOST};proto=https"
ADDED: tuple[Header, ...] = (
    ("Forwarded", FORWARDED),
    ("Via", "HTTP/1.1 AmazonAPIGateway"),
    ("X-Amzn-Trace-Id", TRACE_ID),
)


def exchange(path: str = "/shop/{proxy+}", variables: dict[str, str] | None = None, **request: Any) -> Exchange:
    return make_exchange(
        request=make_request(**request),
        operation=make_operation(method="ANY", path=path),
        context=make_context(deployment=make_deployment(stage_variables=variables)),
    )


def sent(uri: str, call: Exchange, method: str = "ANY", **mapped: str) -> BackendRequest:
    written = {key.replace("__", ":"): text for key, text in mapped.items()}
    mappings = ParameterMappings(tuple(parse_mapping(key, text, "request") for key, text in written.items()))
    return proxy_request(HttpApiProxy(uri, method, mappings=mappings, written_uri=uri), call)


def test_the_backend_gets_the_request_with_the_variables_of_the_path() -> None:
    call = exchange(
        method="POST",
        target="/shop/a%20b/c?q=1&q=%C3%BC",
        headers=[("Host", "api.example.com"), ("X-Own", "1"), ("Content-Length", "2"), ("Connection", "close")],
        body=b"hi",
    )
    assert sent("https://backend.example.com:8443/v1/{proxy}?key=k", call) == BackendRequest(
        "https://backend.example.com:8443",
        "POST",
        "/v1/a%20b/c?key=k&q=1&q=%C3%BC",
        (("X-Own", "1"), ("Content-Length", "2"), *ADDED),
        b"hi",
    )


def test_a_greedy_variable_may_be_written_with_its_plus() -> None:
    assert sent("http://b.example.com/{proxy+}", exchange(target="/shop/x/y")).target == "/x/y"


def test_a_url_without_variables_gets_its_own_path() -> None:
    assert sent("http://b.example.com", exchange(target="/shop/x/y")).target == "/"
    assert sent("http://b.example.com/echo", exchange(target="/shop/x?a=1")).target == "/echo?a=1"


def test_the_method_of_the_integration_wins() -> None:
    assert sent("http://b.example.com", exchange(target="/shop/x"), "PUT").method == "PUT"


def test_variables_of_the_stage_are_in_the_url() -> None:
    call = exchange(target="/shop/x", variables={"host": "b.example.com", "base": "v2"})
    found = sent("http://${stageVariables.host}/$stageVariables.base/{proxy}", call)
    assert (found.url, found.target) == ("http://b.example.com", "/v2/x")


def test_a_mapped_path_replaces_that_of_the_url() -> None:
    call = exchange(target="/shop/x?a=1")
    assert sent("http://b.example.com/echo?key=k", call, overwrite__path="/v3/$request.path.proxy").target == (
        "/v3/x?key=k&a=1"
    )


def test_proxies_before_the_api_stay_in_the_headers() -> None:
    call = exchange(target="/shop/x", headers=[("Forwarded", "for=203.0.113.9"), ("Via", "1.1 cache")])
    headers = dict(sent("http://b.example.com", call).headers)
    assert headers["Forwarded"] == f"for=203.0.113.9, {FORWARDED}"
    assert headers["Via"] == "1.1 cache, HTTP/1.1 AmazonAPIGateway"


@pytest.mark.parametrize("uri", ["", "http://${stageVariables.none}/a", "ftp://b.example.com"])
def test_a_uri_that_is_no_url_fails(uri: str) -> None:
    with pytest.raises(GatewayError) as caught:
        sent(uri, exchange(target="/shop/x"))
    assert caught.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


def test_the_reply_is_the_response_without_what_belongs_to_its_connection() -> None:
    headers = (
        *(("Date", "now"), ("Server", "s"), ("connection", "close"), ("Content-Length", "2")),
        *(("set-cookie", "a=1"), ("Set-Cookie", "b=2"), ("apigw-requestid", "other")),
    )
    assert proxy_reply(HttpResponse(201, "Created", headers, b"hi"), make_context()) == Reply(
        201, (("Server", "s"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Apigw-Requestid", SHORT_ID)), b"hi"
    )
