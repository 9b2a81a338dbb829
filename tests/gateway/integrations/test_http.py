"""HTTP integrations of REST APIs against a real backend."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import StreamBroken
from homeport.http_headers import header_values
from homeport.project.integrations.rest_api import (
    HttpCustom,
    HttpProxy,
)
from tests.support.backend import Backend, running_backend
from tests.support.gateway import make_deployment
from tests.support.rest_calls import call, mapped, mapping

OK = mapping()


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


def names_of(backend: Backend) -> set[str]:
    (request,) = backend.seen
    return {name.lower() for name, _ in request.headers}


def test_a_custom_integration_sends_no_header_of_the_client_but_the_content_type(backend: Backend) -> None:
    headers = (("Content-Type", "text/csv"), ("X-Own", "1"), ("Accept", "text/html"), ("Cookie", "a=1"))
    call(HttpCustom(f"{backend.url}/to", "PUT", OK), headers=headers, body=b"a;b")
    (request,) = backend.seen
    assert (request.method, request.target, request.body) == ("PUT", "/to", b"a;b")
    assert names_of(backend) == {
        *("accept", "content-length", "content-type", "host", "user-agent"),
        *("x-amzn-apigateway-api-id", "x-amzn-trace-id"),
    }
    assert request.values("content-type") == ["text/csv"]
    assert request.values("accept") == ["application/json"]
    assert request.values("user-agent") == ["AmazonAPIGateway_a1b2c3d4e5"]


def test_a_request_without_a_body_has_no_content_type_but_a_length(backend: Backend) -> None:
    call(HttpCustom(f"{backend.url}/to", "POST", OK), headers=(("Content-Type", "text/csv"),))
    (request,) = backend.seen
    assert "content-type" not in names_of(backend)
    assert request.values("content-length") == ["0"]


def test_a_get_has_neither_body_nor_length(backend: Backend) -> None:
    call(HttpCustom(f"{backend.url}/to", "GET", OK), body=b"{}")
    assert backend.seen[0].body == b""
    assert not {"content-type", "content-length"} & names_of(backend)


def test_a_custom_integration_answers_with_the_mapped_status_and_type(backend: Backend) -> None:
    backend.status, backend.headers, backend.body = 404, [("Content-Type", "text/html"), ("X-Own", "1")], b"gone"
    reply = call(HttpCustom(backend.url, "GET", OK))
    assert (reply.status, reply.body) == (200, b"gone")
    assert [name for name, _ in reply.headers] == [
        *("x-amzn-RequestId", "x-amz-apigw-id", "Content-Type", "X-Amzn-Trace-Id"),
    ]
    assert header_values(reply.headers, "content-type") == ["application/json"]


def test_a_proxy_passes_the_request_on(backend: Backend) -> None:
    headers = (("Host", "api"), ("X-Own", "1"), ("x-own", "2"), ("TE", "trailers"), ("X-Amzn-Trace-Id", "Root=1"))
    call(
        HttpProxy(f"{backend.url}/to?own=1", "ANY"),
        method="PATCH",
        target="/prod/items/1?x=a%20b;y=2",
        headers=headers,
        body=b"body",
    )
    (request,) = backend.seen
    assert (request.method, request.target, request.body) == ("PATCH", "/to?own=1&x=a%20b;y=2", b"body")
    assert request.values("x-own") == ["1", "2"]
    assert request.values("host") == [backend.url.removeprefix("http://")]
    assert "te" not in names_of(backend)
    assert request.values("x-amzn-trace-id") != ["Root=1"]


def test_a_proxy_passes_the_response_back(backend: Backend) -> None:
    backend.status, backend.body = 418, b"short"
    backend.headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Server", "pot"), ("Content-Type", "text/plain")]
    reply = call(HttpProxy(backend.url, "GET"))
    assert (reply.status, reply.body) == (418, b"short")
    assert header_values(reply.headers, "set-cookie") == ["a=1", "b=2"]
    assert header_values(reply.headers, "x-amzn-Remapped-Server") == ["pot"]
    assert header_values(reply.headers, "content-type") == ["text/plain"]


def test_a_response_in_chunks_is_collected(backend: Backend) -> None:
    backend.chunks = [b"a", b"b" * 70_000]
    assert call(HttpProxy(backend.url, "GET")).body == b"a" + b"b" * 70_000


def test_a_head_request_gets_no_body(backend: Backend) -> None:
    backend.headers = [("Content-Length", "12")]
    assert call(HttpProxy(backend.url, "HEAD"), method="HEAD").body == b""


def test_a_mapped_header_replaces_the_clients(backend: Backend) -> None:
    parameter = mapped("header", "X-Own", "context.identity.sourceIp")
    call(HttpProxy(backend.url, "POST", (parameter,)), headers=(("x-own", "mine"),))
    assert backend.seen[0].values("x-own") == ["192.0.2.1"]


def test_a_path_variable_is_passed_as_the_client_encoded_it(backend: Backend) -> None:
    parameters = (mapped("path", "id", "method.request.path.itemId"), mapped("path", "static", "'a b/c'"))
    call(HttpProxy(f"{backend.url}/{{id}}/{{static}}", "GET", parameters), target="/prod/items/a%2Fb%20c")
    assert backend.seen[0].target == "/a%2Fb%20c/a%20b/c"


def test_a_client_can_not_add_a_header_by_a_mapped_value(backend: Backend) -> None:
    parameter = mapped("header", "X-Own", "method.request.querystring.q")
    call(HttpProxy(backend.url, "GET", (parameter,)), target="/prod/items/1?q=a%0D%0AX-Evil:%201")
    assert "x-evil" not in names_of(backend)
    assert backend.seen[0].values("x-own") == ["a X-Evil: 1"]


def test_binary_bodies_of_a_proxy_need_binary_media_types(backend: Backend) -> None:
    backend.headers, backend.body = [("Content-Type", "image/png")], b"\x89PNG"
    plain, binary = (make_deployment(flavor="rest", binary_media_types=types) for types in ((), ("image/png",)))
    accepts = (("Accept", "image/png"),)
    assert call(HttpProxy(backend.url, "GET"), headers=accepts, deployment=plain).body == "\ufffdPNG".encode()
    assert call(HttpProxy(backend.url, "GET"), headers=accepts, deployment=binary).body == b"\x89PNG"
    assert call(HttpProxy(backend.url, "GET"), deployment=binary).body == b"iVBORw=="


def test_a_stage_variable_that_makes_no_host_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(GatewayError) as error:
        call(HttpProxy("http://${stageVariables.none}/x", "GET"))
    assert error.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


def test_a_backend_that_is_not_there_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(GatewayError, match=url) as error:
            call(HttpCustom(url, "GET", OK))
    assert error.value.type is GatewayResponseType.BACKEND_UNREACHABLE


def test_a_backend_that_is_too_slow_is_given_up(backend: Backend) -> None:
    backend.chunks, backend.pause = [b"a", b"b"], 5
    with pytest.raises(GatewayError) as error:
        call(HttpProxy(backend.url, "GET", timeout=0.1))
    assert error.value.type is GatewayResponseType.INTEGRATION_TIMEOUT


def test_a_response_over_10_mb_is_not_passed_on(backend: Backend) -> None:
    backend.body = b"x" * (10 * 1024 * 1024 + 1)
    with pytest.raises(GatewayError, match="10485761 bytes"):
        call(HttpProxy(backend.url, "GET"))


def test_a_streamed_response_is_there_before_its_end(backend: Backend) -> None:
    backend.status, backend.chunks, backend.pause = 201, [b"first", b"last"], 60
    reply = call(HttpProxy(backend.url, "GET", streams=True))
    assert (reply.status, reply.body) == (201, b"")
    assert reply.stream is not None
    assert next(iter(reply.stream)) == b"first"
    reply.stream.close()
    assert reply.stream.sent == b"first"


def test_a_streamed_body_is_left_as_it_is(backend: Backend) -> None:
    backend.headers, backend.body = [("Content-Type", "image/png")], b"\x89PNG" * 100_000
    reply = call(HttpProxy(backend.url, "GET", streams=True))
    assert reply.stream is not None
    with closing(reply.stream) as stream:
        assert b"".join(stream) == backend.body


def test_a_streamed_response_that_breaks_off_is_no_whole_one(backend: Backend) -> None:
    backend.headers, backend.body = [("Content-Length", "100")], b"short"
    backend.closes = True
    reply = call(HttpProxy(backend.url, "GET", streams=True))
    assert reply.stream is not None
    with closing(reply.stream) as stream, pytest.raises(StreamBroken, match=backend.url):
        list(stream)
