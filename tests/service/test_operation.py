"""service/operation.py: what every handler has around it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from service.errors import Changed, Conflict, KeyReused, NotFound, ServiceError, TooLarge, Unavailable
from service.operation import operation
from service.proxy import Response
from service.validation import Call
from tests.support.service import REQUEST_ID, Context, make_event_v2

INSTANCE = f"urn:uuid:{REQUEST_ID}"


def answer_of(answer: Callable[[Call], Response], **request: Any) -> dict[str, Any]:
    return operation("getItem")(answer)(make_event_v2(**{"item_id": "1", **request}), Context())


def raising(error: Exception) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        raise error

    return answer


def test_the_answer_to_a_valid_call_goes_out_as_it_is() -> None:
    assert answer_of(lambda call: Response(200, call.path)) == {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"itemId":"1"}',
    }


def test_an_invalid_request_never_reaches_the_handler() -> None:
    answer = answer_of(raising(AssertionError("it did")), item_id="-")
    assert answer["statusCode"] == 400
    assert answer["headers"] == {"content-type": "application/problem+json"}
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "The request has an error.",
        "instance": INSTANCE,
        "errors": [
            {"in": "path", "pointer": "/itemId", "detail": "must match the pattern ^[A-Za-z0-9_][A-Za-z0-9_.~-]*$"}
        ],
    }


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (NotFound("Why."), 404, "Not Found"),
        (Conflict("Why."), 409, "Conflict"),
        (Changed(), 412, "Precondition Failed"),
        (TooLarge("Why."), 413, "Content Too Large"),
        (KeyReused(), 422, "Unprocessable Content"),
    ],
)
def test_an_error_becomes_problem_details(error: ServiceError, status: int, title: str) -> None:
    answer = answer_of(raising(error))
    assert answer["statusCode"] == status
    assert answer["headers"] == {"content-type": "application/problem+json"}
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": error.detail,
        "instance": INSTANCE,
    }


def test_an_unavailable_response_has_a_retry_after_header() -> None:
    answer = answer_of(raising(Unavailable("Busy.")))
    assert answer["statusCode"] == 503
    assert answer["headers"] == {"content-type": "application/problem+json", "retry-after": "1"}


def test_a_bug_is_in_the_log_and_not_in_the_response(capsys: pytest.CaptureFixture[str]) -> None:
    answer = answer_of(raising(KeyError("secret")))
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong here. The log says what, under the id of this request.",
        "instance": INSTANCE,
    }
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert logged["level"] == "ERROR"
    assert logged["error"].endswith("KeyError: 'secret'\n")
    assert logged["error"].count("Traceback") == 1


def test_an_event_that_api_gateway_never_sends_is_a_mistake_too() -> None:
    answer = operation("getItem")(lambda call: Response(200))({}, Context())
    assert answer["statusCode"] == 500


def test_each_request_is_one_line_of_the_log_without_its_body(capsys: pytest.CaptureFixture[str]) -> None:
    answer_of(lambda call: Response(200, {"name": "secret"}), body={"name": "secret"})
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert logged.pop("latencyMs") >= 0
    assert logged == {"level": "INFO", "operation": "getItem", "requestId": REQUEST_ID, "status": 200, "items": 0}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"itemId": "1", "name": "secret"}, 1),
        ({"items": [{"itemId": "1"}, {"itemId": "2"}], "missing": ["3"]}, 2),
        ({"items": []}, 0),
        (None, 0),
    ],
)
def test_the_log_counts_the_items_of_an_answer(capsys: pytest.CaptureFixture[str], body: Any, count: int) -> None:
    answer_of(lambda call: Response(200, body))
    assert json.loads(capsys.readouterr().out)["items"] == count


def test_an_operation_gets_its_deadline() -> None:
    deadlines = []

    def answer(call: Call) -> Response:
        deadlines.append(call.deadline - time.monotonic())
        return Response(204)

    answer_of(answer)
    assert 9 < deadlines[0] <= 10


def test_reason_of_an_unavailable_database_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(call: Call) -> Response:
        raise Unavailable("Busy.") from TimeoutError("no answer in 1.5 s")

    answer_of(answer)
    assert json.loads(capsys.readouterr().out)["error"] == "TimeoutError: no answer in 1.5 s\n"
