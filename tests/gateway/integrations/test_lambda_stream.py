"""Lambda proxy integrations whose response is a stream, with a function that sends it part by part."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import closing

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, StreamBroken
from homeport.http_headers import header_values
from homeport.project.integrations import LambdaProxy
from homeport.runtime.api import Invocation, Sink, Throttled
from tests.support.auth import FakeRuntime, raises
from tests.support.gateway import make_invocation
from tests.support.rest_calls import call

ZEROS = bytes(8)


class StreamingFake(FakeRuntime):
    """A runtime whose function sends ``parts``; the last one when ``released`` is set."""

    def __init__(self, parts: Iterable[bytes], end: Invocation | None = None) -> None:
        super().__init__({"work": end or make_invocation(b"")})
        self._parts = list(parts)
        self.released, self.ended = threading.Event(), threading.Event()

    def invoke_streaming(self, function: str, event: bytes, sink: Sink, *, trace_id: str | None = None) -> Invocation:
        for part in self._parts[:-1]:
            sink(part)
        assert self.released.wait(60)
        for part in self._parts[-1:]:
            sink(part)
        found = super().invoke(function, event, trace_id=trace_id)
        self.ended.set()
        return found


def stream(*parts: bytes, end: Invocation | None = None, released: bool = True) -> tuple[Reply, StreamingFake]:
    runtime = StreamingFake(parts, end)
    if released:
        runtime.released.set()
    return call(LambdaProxy("work", streams=True), runtime=runtime), runtime


def whole(reply: Reply) -> bytes:
    assert reply.stream is not None
    with closing(reply.stream) as found:
        return b"".join(found)


def test_status_and_headers_come_before_the_body() -> None:
    head = b'{"statusCode": 201, "headers": {"X-Own": "1", "Content-Type": "text/plain"}, "cookies": ["a=1", "b=2"],'
    head += b'"multiValueHeaders": {"x-m": ["1", "2"]}}'
    reply, _ = stream(head[:20], head[20:] + ZEROS[:3], ZEROS[3:] + b"first ", b"last")
    assert reply.status == 201
    assert header_values(reply.headers, "x-own") == ["1"]
    assert header_values(reply.headers, "x-m") == ["1", "2"]
    assert header_values(reply.headers, "set-cookie") == ["a=1", "b=2"]
    assert header_values(reply.headers, "content-type") == ["text/plain"]
    assert whole(reply) == b"first last"


def test_the_first_part_is_there_before_the_last_is_made() -> None:
    reply, runtime = stream(b"{}" + ZEROS + b"first", b"last", released=False)
    assert reply.status == 200
    assert reply.stream is not None
    parts = iter(reply.stream)
    assert next(parts) == b"first"
    assert not runtime.ended.is_set()
    runtime.released.set()
    assert list(parts) == [b"last"]


def test_bytes_are_passed_on_as_they_are() -> None:
    reply, _ = stream(b"{}" + ZEROS, b"\x89\x00" * 9)
    assert whole(reply) == b"\x89\x00" * 9


def test_a_function_goes_on_when_the_client_is_gone() -> None:
    reply, runtime = stream(b"{}" + ZEROS, *[b"x" * 1000] * 200, b"end", released=False)
    assert reply.stream is not None
    reply.stream.close()
    runtime.released.set()
    assert runtime.ended.wait(60)


def test_a_function_that_fails_on_the_way_breaks_the_body() -> None:
    reply, _ = stream(b"{}" + ZEROS + b"first", b"", end=raises("no more"))
    with pytest.raises(StreamBroken):
        whole(reply)


@pytest.mark.parametrize(
    ("parts", "end", "kind"),
    [
        ([b"no zeros"], None, GatewayResponseType.MALFORMED_PROXY_RESPONSE),
        ([b"x" * 16385, b"y", b"z"], None, GatewayResponseType.MALFORMED_PROXY_RESPONSE),
        ([b"{broken" + ZEROS, b""], None, GatewayResponseType.MALFORMED_PROXY_RESPONSE),
        ([b"[]" + ZEROS, b""], None, GatewayResponseType.MALFORMED_PROXY_RESPONSE),
        ([b'{"body": "x"}' + ZEROS, b""], None, GatewayResponseType.MALFORMED_PROXY_RESPONSE),
        ([b'{"statusCode": 99}' + ZEROS, b""], None, GatewayResponseType.MALFORMED_PROXY_RESPONSE),
        ([], raises("at once"), GatewayResponseType.FUNCTION_FAILED),
        ([], make_invocation({"statusCode": 200}), GatewayResponseType.MALFORMED_PROXY_RESPONSE),
    ],
)
def test_a_response_without_a_head_is_a_gateway_error(
    parts: list[bytes], end: Invocation | None, kind: GatewayResponseType
) -> None:
    with pytest.raises(GatewayError) as error:
        stream(*parts, end=end)
    assert error.value.type is kind


def test_a_refused_invocation_is_a_gateway_error() -> None:
    runtime = StreamingFake([])
    runtime.released.set()
    runtime.answers["work"] = Throttled("busy")
    with pytest.raises(GatewayError) as error:
        call(LambdaProxy("work", streams=True), runtime=runtime)
    assert error.value.type is GatewayResponseType.INTEGRATION_THROTTLED


def test_a_function_that_sends_no_head_in_time_is_given_up() -> None:
    runtime = StreamingFake([b"late"])
    with pytest.raises(GatewayError) as error:
        call(LambdaProxy("work", timeout=0.05, streams=True), runtime=runtime)
    runtime.released.set()
    assert error.value.type is GatewayResponseType.INTEGRATION_TIMEOUT


def test_a_runtime_without_streams_has_no_head() -> None:
    with pytest.raises(GatewayError) as error:
        call(LambdaProxy("work", streams=True), runtime=FakeRuntime({"work": {"statusCode": 200}}))
    assert error.value.type is GatewayResponseType.MALFORMED_PROXY_RESPONSE
