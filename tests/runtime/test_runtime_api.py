"""The Runtime API's states and replies, as AWS's runtime interface emulator has them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from homeport.runtime.host.runtime_api import RuntimeApi
from homeport.runtime.host.runtime_http import RuntimeRequest

ARN = "arn:aws:lambda:eu-west-1:000000000000:function:items-local-probe"
BASE = "/2018-06-01/runtime/"
NEXT = RuntimeRequest("GET", f"{BASE}invocation/next")
ACCEPTED = (202, {"status": "OK"})


def make_api(limit: int = 100) -> RuntimeApi:
    return RuntimeApi(ARN, limit)


def running_api(limit: int = 100) -> RuntimeApi:
    """An API whose runtime has taken the event of the request ``id-1``."""
    api = make_api(limit)
    api.reply(NEXT)
    api.take_result()
    api.begin({"id": "id-1", "trace": "Root=1", "deadline": 1700}, b'{"a":1}')
    return api


def post(path: str, body: bytes = b"", trailers: dict[str, str] | None = None, **headers: str) -> RuntimeRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return RuntimeRequest("POST", BASE + path, names, body, len(body), trailers or {})


def response(request_id: str = "id-1", body: bytes = b'"done"', **options: Any) -> RuntimeRequest:
    return post(f"invocation/{request_id}/response", body, **options)


def read(reply: bytes | None) -> tuple[int, Any]:
    """The status and the JSON of a reply."""
    assert reply is not None
    head, _, body = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def refused(state: str, to: str) -> tuple[int, Any]:
    message = f"State transition from {state} to {to} failed for runtime. Error: State transition is not allowed"
    return 403, {"errorMessage": message, "errorType": "InvalidStateTransition"}


def test_the_first_next_says_that_the_runtime_is_ready() -> None:
    api = make_api()
    assert api.take_result() is None
    assert api.reply(NEXT) is None
    assert api.take_result() == ({"ready": True}, b"")
    assert api.take_result() is None


def test_an_event_comes_with_lambdas_headers() -> None:
    api = make_api()
    api.reply(NEXT)
    reply = api.begin({"id": "id-1", "trace": "Root=1;Sampled=0", "deadline": 1700}, b'{"a":1}')
    assert reply.decode().split("\r\n") == [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        "Lambda-Runtime-Aws-Request-Id: id-1",
        "Lambda-Runtime-Deadline-Ms: 1700",
        f"Lambda-Runtime-Invoked-Function-Arn: {ARN}",
        "Lambda-Runtime-Trace-Id: Root=1;Sampled=0",
        "Content-Length: 7",
        "",
        '{"a":1}',
    ]


def test_a_response_is_accepted_once() -> None:
    api = running_api()
    assert read(api.reply(response())) == ACCEPTED
    assert api.take_result() == ({}, b'"done"')
    assert read(api.reply(response())) == refused("ResponseSent", "InvocationResponse")
    assert read(api.reply(post("invocation/id-1/error"))) == refused("ResponseSent", "InvocationErrorResponse")
    assert api.take_result() is None


def test_a_response_of_another_request_is_refused() -> None:
    api = running_api()
    wrong = 400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}
    assert read(api.reply(response("id-2"))) == wrong
    assert read(make_api().reply(response("id-1"))) == wrong
    assert api.take_result() is None


def test_an_error_has_its_type_and_its_payload() -> None:
    api = running_api()
    error = post("invocation/id-1/error", b'{"errorType":"E"}', lambda_runtime_function_error_type="Runtime.Bad")
    assert read(api.reply(error)) == ACCEPTED
    assert api.take_result() == ({"error": "Runtime.Bad"}, b'{"errorType":"E"}')


def test_an_error_without_a_type_is_unknown() -> None:
    api = running_api()
    api.reply(post("invocation/id-1/error", b"{}"))
    assert api.take_result() == ({"error": "Runtime.Unknown"}, b"{}")


def test_a_result_over_the_limit_is_refused() -> None:
    api = running_api(limit=3)
    large = (
        413,
        {
            "errorMessage": "Exceeded maximum allowed payload size (3 bytes).",
            "errorType": "RequestEntityTooLarge",
        },
    )
    assert read(api.reply(response(body=b"1234"))) == large
    assert api.take_result() == ({"too_large": 4}, b"")


def test_next_while_an_event_is_being_worked_on_gives_it_again() -> None:
    api = running_api()
    assert read(api.reply(NEXT)) == (200, {"a": 1})


def test_next_after_a_response_waits_for_the_next_event() -> None:
    api = running_api()
    api.reply(response())
    assert api.reply(NEXT) is None


def test_an_error_of_the_initialisation_is_reported_once_and_nothing_follows() -> None:
    api = make_api()
    error = post("init/error", b'{"errorType":"E"}', lambda_runtime_function_error_type="Runtime.NoSuchHandler")
    assert read(api.reply(error)) == ACCEPTED
    assert api.take_result() == ({"ready": False, "error": "Runtime.NoSuchHandler"}, b'{"errorType":"E"}')
    assert read(api.reply(error)) == refused("InitError", "InitError")
    assert read(api.reply(NEXT)) == refused("InitError", "Ready")


def test_an_error_of_the_initialisation_after_it_is_refused() -> None:
    assert read(running_api().reply(post("init/error"))) == refused("Running", "InitError")


def test_a_streamed_response_is_taken_whole() -> None:
    api = running_api()
    assert read(api.reply(response(lambda_runtime_function_response_mode="streaming"))) == ACCEPTED
    assert api.take_result() == ({}, b'"done"')


def test_an_unknown_response_mode_is_refused_and_ends_the_invocation() -> None:
    api = running_api()
    invalid = {"errorMessage": "Invalid function response mode", "errorType": "InvalidFunctionResponseMode"}
    assert read(api.reply(response(lambda_runtime_function_response_mode="fast"))) == (400, invalid)
    result = api.take_result()
    assert result is not None
    assert result[0] == {"error": "Runtime.InvalidResponseModeHeader"}


def test_trailers_of_a_stream_report_an_error() -> None:
    api = running_api()
    trailers = {
        "lambda-runtime-function-error-type": "Runtime.StreamError",
        "lambda-runtime-function-error-body": base64.b64encode(b'{"errorType":"E"}').decode(),
    }
    api.reply(response(trailers=trailers))
    assert api.take_result() == ({"error": "Runtime.StreamError"}, b'{"errorType":"E"}')


def test_a_stream_that_begins_with_status_and_headers_becomes_a_proxy_response() -> None:
    api = running_api(limit=1000)
    prelude = {"statusCode": 201, "headers": {"Content-Type": "text/html"}, "cookies": ["a=1", "b=2"]}
    body = json.dumps(prelude).encode() + bytes(8) + "<p>é".encode()
    kind = "application/vnd.awslambda.http-integration-response"
    api.reply(response(body=body, content_type=kind))
    result = api.take_result()
    assert result is not None
    assert json.loads(result[1]) == {
        **prelude,
        "body": "<p>é",
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
    }


@pytest.mark.parametrize("body", [b'{"statusCode":200}', b"no JSON" + bytes(8), b"[]" + bytes(8)])
def test_a_stream_of_another_form_is_left_as_it_is(body: bytes) -> None:
    api = running_api()
    api.reply(response(body=body, content_type="application/vnd.awslambda.http-integration-response"))
    assert api.take_result() == ({}, body)


def test_a_binary_stream_is_base64_encoded() -> None:
    api = running_api()
    body = b"{}" + bytes(8) + b"\xff\x00"
    api.reply(response(body=body, content_type="application/vnd.awslambda.http-integration-response"))
    result = api.take_result()
    assert result is not None
    assert json.loads(result[1]) == {"statusCode": 200, "body": "/wA=", "isBase64Encoded": True}


def test_trailers_that_are_no_base64_leave_the_type() -> None:
    api = running_api()
    trailers = {"lambda-runtime-function-error-type": "E", "lambda-runtime-function-error-body": "?"}
    api.reply(response(trailers=trailers))
    assert api.take_result() == ({"error": "E"}, b'{"errorType": "E", "errorMessage": ""}')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/2018-06-01/runtime/invocation"),
        ("GET", "/2020-01-01/extension/event/next"),
        ("POST", "/2018-06-01/runtime/invocation/next"),
        ("GET", "/2019-01-01/runtime/invocation/next"),
    ],
)
def test_any_other_path_is_not_there(method: str, path: str) -> None:
    status, _ = read(running_api().reply(RuntimeRequest(method, path)))
    assert status == 404


def test_a_web_site_gets_no_event() -> None:
    api = running_api()
    status, _ = read(api.reply(RuntimeRequest("GET", NEXT.path, {"sec-fetch-site": "cross-site"})))
    assert status == 403
