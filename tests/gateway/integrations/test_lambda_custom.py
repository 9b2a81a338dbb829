"""Lambda custom integrations: the event, the answer and the choice of the response."""

from __future__ import annotations

import json
import threading

import pytest

from homeport.gateway.context import CallNotes
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.http_headers import header_values
from homeport.project.integrations.rest_api import LambdaCustom
from homeport.runtime.api import Invocation, Throttled
from tests.support.auth import FakeRuntime, raises
from tests.support.gateway import make_invocation
from tests.support.rest_calls import call, handler_of, mapped, mapping, response, rest_exchange


def test_the_body_is_the_event_and_the_result_the_body() -> None:
    runtime = FakeRuntime({"work": make_invocation(b'{"statusCode": 500, "body": "x"}')})
    reply = call(LambdaCustom("work", mapping()), runtime=runtime, body=b'{"a": 1}')
    assert runtime.calls == [("work", {"a": 1})]
    assert (reply.status, reply.body) == (200, b'{"statusCode": 500, "body": "x"}')
    assert header_values(reply.headers, "content-type") == ["application/json"]
    assert len(header_values(reply.headers, "x-amzn-trace-id")) == 1


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_an_empty_event(body: bytes) -> None:
    runtime = FakeRuntime({"work": None})
    assert call(LambdaCustom("work", mapping()), runtime=runtime, body=body).body == b"null"
    assert runtime.calls == [("work", {})]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"abc def", "Unrecognized token 'abc': was expecting ('true', 'false' or 'null')"),
        (b"{a", "Unexpected character ('a' (code 97))"),
        (b'{"a": ', "Unexpected end-of-input"),
    ],
)
def test_an_event_that_is_no_json_is_refused(body: bytes, message: str) -> None:
    runtime = FakeRuntime({"work": None})
    with pytest.raises(GatewayError) as error:
        call(LambdaCustom("work", mapping()), runtime=runtime, body=body)
    assert error.value.type is GatewayResponseType.BAD_REQUEST
    assert (error.value.message or "").startswith("Could not parse request body into json: ")
    assert runtime.calls == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"errorMessage": "Not found"}, 200),
        (raises("Not found: 7"), 404),
        (raises("first line\nNot found"), 200),
        (raises("anything"), 200),
    ],
)
def test_the_error_message_chooses_the_response(answer: object, status: int) -> None:
    made = mapping(response(), response("Not found.*", 404))
    assert call(LambdaCustom("work", made), runtime=FakeRuntime({"work": answer})).status == status


def test_a_pattern_that_fits_everything_replaces_the_default() -> None:
    made = mapping(response(status=200), response(".*", 201))
    assert call(LambdaCustom("work", made), runtime=FakeRuntime({"work": {}})).status == 201


def test_the_lowest_status_of_those_that_fit_is_chosen() -> None:
    made = mapping(response("a.+", 405), response(".+", 502), response())
    assert call(LambdaCustom("work", made), runtime=FakeRuntime({"work": raises("ab")})).status == 405


def test_a_call_without_a_fitting_response_fails() -> None:
    with pytest.raises(GatewayError, match="no integration response for 'x'"):
        call(LambdaCustom("work", mapping(response("Y", 400))), runtime=FakeRuntime({"work": raises("x")}))


def test_a_status_that_the_method_does_not_declare_fails() -> None:
    with pytest.raises(GatewayError, match="declares no response 200"):
        call(LambdaCustom("work", mapping(statuses=frozenset({201}))), runtime=FakeRuntime({"work": {}}))


def test_a_json_error_message_is_read_for_headers() -> None:
    answer = raises(json.dumps({"code": 7, "more": {"a": [1]}}))
    made = mapping(
        response(
            X_Code="integration.response.body.errorMessage.code",
            X_More="integration.response.body.errorMessage.more",
            X_Type="integration.response.body.errorType",
            X_None="integration.response.body.none",
            X_Error="integration.response.header.X-Amz-Function-Error",
        )
    )
    reply = call(LambdaCustom("work", made), runtime=FakeRuntime({"work": answer}))
    found = {name: value for name, value in reply.headers if name.startswith("X-") and name != "X-Amzn-Trace-Id"}
    assert found == {"X-Code": "7", "X-More": '{"a":[1]}', "X-Type": "Exception", "X-Error": "Unhandled"}


class LateRuntime(FakeRuntime):
    """A runtime whose functions end when ``end`` is set."""

    def __init__(self) -> None:
        super().__init__({"work": {}})
        self.end, self.ended = threading.Event(), threading.Event()

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        assert self.end.wait(60)
        found = super().invoke(function, event, trace_id=trace_id)
        self.ended.set()
        return found


def test_an_asynchronous_invocation_is_answered_at_once() -> None:
    runtime = LateRuntime()
    made = mapping(parameters=(mapped("header", "X-Amz-Invocation-Type", "'Event'"),))
    reply = call(LambdaCustom("work", made), runtime=runtime, body=b'{"a": 1}')
    assert (reply.status, reply.body, runtime.calls) == (200, b"", [])
    runtime.end.set()
    assert runtime.ended.wait(60)
    assert runtime.calls == [("work", {"a": 1})]


class KeepingRuntime(FakeRuntime):
    """A runtime that keeps the events of asynchronous invocations."""

    def invoke_later(self, function: str, event: bytes) -> str:
        self.calls.append((function, json.loads(event)))
        return "id-1"


def test_an_asynchronous_invocation_is_kept_and_can_be_followed() -> None:
    runtime, exchange = KeepingRuntime(), rest_exchange(body=b'{"a": 1}')
    exchange.trace.notes = CallNotes()
    made = mapping(parameters=(mapped("header", "X-Amz-Invocation-Type", "'Event'"),))
    assert handler_of(LambdaCustom("work", made), runtime=runtime).invoke(exchange).status == 200
    assert runtime.calls == [("work", {"a": 1})]
    ((id, what, _),) = exchange.trace.notes.made
    assert (id, what) == ("lambda:id-1", "lambda Invoke work")


def test_a_function_that_is_too_slow_is_given_up() -> None:
    runtime = LateRuntime()
    handler = handler_of(LambdaCustom("work", mapping(timeout=0.05)), runtime=runtime)
    with pytest.raises(GatewayError) as error:
        handler.invoke(rest_exchange())
    runtime.end.set()
    assert error.value.type is GatewayResponseType.INTEGRATION_TIMEOUT


def test_a_throttled_function_is_a_gateway_error() -> None:
    with pytest.raises(GatewayError) as error:
        call(LambdaCustom("work", mapping()), runtime=FakeRuntime({"work": Throttled("busy")}))
    assert error.value.type is GatewayResponseType.INTEGRATION_THROTTLED
