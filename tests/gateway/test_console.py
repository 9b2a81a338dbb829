"""What the developer reads: a line a request, the functions' own lines under it."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.observers.console import Console
from homeport.project.integrations import LambdaProxy
from homeport.runtime.api import Invocation
from homeport.terminal import Palette
from tests.support.gateway import (
    RECEIVED,
    UUID_ID,
    make_answered,
    make_exchange,
    make_invocation,
    make_operation,
    make_request,
)
from tests.support.waiting import eventually

LOG = (
    f"START RequestId: {UUID_ID} Version: $LATEST\n"
    f"[INFO]\t2026-09-22T10:58:21.250Z\t{UUID_ID}\tmade\tan item\n\n"
    "\u00a0\u00a0indented\x1b[2J\n"
    f"END RequestId: {UUID_ID}\n"
    f"REPORT RequestId: {UUID_ID}\tDuration: 1.00 ms\t\n"
)


def shown(
    invocation: Invocation | None = None,
    *,
    authorizer: Invocation | None = None,
    error: GatewayError | None = None,
    status: int = 200,
    logs: bool = True,
    colours: bool = False,
) -> list[str]:
    out = io.StringIO()
    exchange = make_exchange(request=make_request(target="/items/\x1b1"))
    exchange.trace.invocation, exchange.trace.error = invocation, error
    exchange.trace.authorizer = authorizer
    console = Console(out, Palette(colours), logs=logs)
    console.on_reply(make_answered(exchange, Reply(status, ()), at=RECEIVED + 0.0031))
    console.flush()
    return [line.partition(" ")[2] if number == 0 else line for number, line in enumerate(out.getvalue().splitlines())]


def logged(log: str, error: str | None = None) -> Invocation:
    return replace(make_invocation({}, error=error), log=log.encode())


def test_a_request_is_one_line_without_control_characters() -> None:
    assert shown() == ["200      3.1 ms GET    /items/\\x1b1 JCJgriq-"]


def test_the_functions_own_lines_stand_under_it() -> None:
    assert shown(logged(LOG))[1:] == [
        "         [INFO] made an item",
        "           indented\\x1b[2J",
    ]


def test_lambdas_own_lines_are_shown_for_a_failed_function() -> None:
    lines = shown(logged(LOG, error="Unhandled"))
    assert lines[1] == f"         START RequestId: {UUID_ID} Version: $LATEST"
    assert lines[-1].startswith(f"         REPORT RequestId: {UUID_ID}")


def test_a_lambda_authorizers_lines_come_before_the_functions() -> None:
    assert shown(logged("mine\n"), authorizer=logged("who?\n"))[1:] == ["         who?", "         mine"]


def test_the_reason_of_a_gateway_error_is_shown() -> None:
    (line,) = shown(error=GatewayError(GatewayResponseType.NO_ROUTE, "because"), status=404)[1:]
    assert line.endswith("because")


def test_a_function_error_is_shown_with_the_last_frame_of_its_own_code() -> None:
    frames = [
        '  File "/var/task/service/handlers/get_note.py", line 7, in handler\n    return read(event)\n',
        '  File "/var/task/service/store.py", line 31, in read\n    json.loads(text)\n',
        '  File "/var/lang/lib/python3.13/json/__init__.py", line 346, in loads\n    return decode(s)\n',
    ]
    payload = {"errorMessage": "boom", "errorType": "ValueError", "requestId": UUID_ID, "stackTrace": frames}
    assert shown(make_invocation(payload, error="Unhandled"))[1:] == [
        "         ValueError: boom (service/store.py:31 in read)"
    ]


def test_an_error_of_a_library_is_shown_at_the_functions_own_line() -> None:
    packages = "/home/me/.cache/homeport/functions-py3.13-e111e1f1dfcdfde8"
    frames = [
        '  File "/home/me/bookings/service/handlers/get_note.py", line 8, in handler\n    table.get_item()\n',
        f'  File "{packages}/boto3/resources/factory.py", line 581, in do_action\n    response = action(self)\n',
        f'  File "{packages}/botocore/client.py", line 1094, in _make_api_call\n    raise error_class()\n',
    ]
    payload = {"errorMessage": "denied", "errorType": "ClientError", "requestId": UUID_ID, "stackTrace": frames}
    assert shown(make_invocation(payload, error="Unhandled"))[1:] == [
        "         ClientError: denied (service/handlers/get_note.py:8 in handler)"
    ]


def test_an_error_names_the_folder_of_its_file_in_full() -> None:
    frames = ['  File "/home/me/cart/shopping-service/add_item.py", line 7, in handler\n    return read(event)\n']
    payload = {"errorMessage": "boom", "errorType": "ValueError", "requestId": UUID_ID, "stackTrace": frames}
    assert shown(make_invocation(payload, error="Unhandled"))[1:] == [
        "         ValueError: boom (shopping-service/add_item.py:7 in handler)"
    ]


def test_an_error_without_a_frame_of_its_own_is_left_to_the_log() -> None:
    payload = {"errorMessage": "no module", "errorType": "Runtime.ImportModuleError", "stackTrace": []}
    assert shown(make_invocation(payload, error="Unhandled"))[1:] == []


def test_a_cold_start_is_shown() -> None:
    assert shown(replace(make_invocation({}), init_ms=120.0)) == ["200      3.1 ms GET    /items/\\x1b1 cold JCJgriq-"]


def test_many_lines_are_cut() -> None:
    lines = shown(logged("x\n" * 70))
    assert len(lines) == 52
    assert lines[-1] == "         … 20 more lines: homeport logs"


def test_logs_can_be_left_to_a_debuggers_terminal() -> None:
    assert len(shown(logged(LOG), logs=False)) == 1


@pytest.mark.parametrize(("status", "code"), [(200, "32"), (404, "33"), (502, "31")])
def test_the_colour_depends_on_the_status(status: int, code: str) -> None:
    assert f"\x1b[{code}m{status}\x1b[0m" in shown(status=status, colours=True)[0]


def test_an_error_line_is_red() -> None:
    lines = shown(logged("plain\n[ERROR] ValueError: boom\n"), colours=True)
    assert lines[1:] == ["         \x1b[90mplain\x1b[0m", "         \x1b[31m[ERROR] ValueError: boom\x1b[0m"]


def test_lines_are_written_soon_and_in_order() -> None:
    out = io.StringIO()
    console = Console(out, Palette(False), logs=False)
    for number in range(3):
        exchange = make_exchange(request=make_request(target=f"/{number}"))
        console.on_reply(make_answered(exchange, Reply(200, ())))
    assert eventually(lambda: out.getvalue().count("\n") == 3)
    assert [line.split()[5] for line in out.getvalue().splitlines()] == ["/0", "/1", "/2"]


def base64_lines(body: bytes, content_type: str | None, *, encoded: bool = True) -> list[str]:
    """The lines under a request whose event says whether its body is in base64."""
    out = io.StringIO()
    headers = [("content-type", content_type)] if content_type else []
    exchange = make_exchange(request=make_request(method="POST", headers=headers, body=body))
    exchange.trace.event = json.dumps({"isBase64Encoded": encoded}).encode()
    console = Console(out, Palette(False), logs=False)
    console.on_reply(make_answered(exchange, Reply(400, ())))
    console.flush()
    return [line.strip() for line in out.getvalue().splitlines()[1:]]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", None])
def test_json_that_a_function_got_in_base64_has_a_hint(content_type: str | None) -> None:
    (hint,) = base64_lines(b' {"name": "Lamp"}', content_type)
    assert f"its content type is {content_type or 'none'}: send -H 'content-type: application/json'" in hint


@pytest.mark.parametrize(
    ("body", "content_type", "encoded"),
    [(b"a=b", "application/x-www-form-urlencoded", True), (b"{}", "application/json", False), (b"", None, False)],
)
def test_another_body_has_no_hint(body: bytes, content_type: str | None, encoded: bool) -> None:
    assert base64_lines(body, content_type, encoded=encoded) == []


def test_hints_stand_under_the_request() -> None:
    exchange = make_exchange(operation=replace(make_operation(path="/"), integration=LambdaProxy("writer")))
    exchange.trace.invocation = make_invocation({})
    out = io.StringIO()
    console = Console(out, Palette(False), logs=False, hints=lambda function, invocation: [f"let {function} do it"])
    console.on_reply(make_answered(exchange, Reply(200, ())))
    console.flush()
    assert out.getvalue().splitlines()[1:] == ["         let writer do it"]


def shown_event(invocation: Invocation, *, hints: tuple[str, ...] = ()) -> list[str]:
    out = io.StringIO()
    console = Console(out, Palette(False), logs=True, clock=lambda: RECEIVED, hints=lambda *_: hints)
    console.on_event("sqs jobs", "ship-order", invocation)
    console.flush()
    return [line.partition(" ")[2] if number == 0 else line for number, line in enumerate(out.getvalue().splitlines())]


def test_event_of_a_trigger_is_one_line_with_the_functions_own_lines_under_it() -> None:
    invocation = replace(logged(LOG), duration_ms=3.14, request_id=UUID_ID)
    first, *rest = shown_event(invocation)
    assert first == f"ok       3.1 ms sqs jobs > ship-order {UUID_ID[:8]}"
    assert rest == ["         [INFO] made an item", "           indented\\x1b[2J"]


def test_failed_event_is_marked_with_what_raised() -> None:
    failed = replace(
        make_invocation({"errorMessage": "boom", "errorType": "ValueError"}, error="Unhandled"), init_ms=9.0
    )
    first, *_ = shown_event(failed)
    assert first.startswith("err ")
    assert " cold " in first


def test_hints_stand_under_the_event_of_a_trigger() -> None:
    _, line = shown_event(logged(""), hints=("allow it",))
    assert line.strip() == "allow it"


def test_error_of_a_function_is_said_once_where_its_place_is_known() -> None:
    frames = ['  File "/var/task/service/store.py", line 7, in read\n    return read(event)\n']
    payload = {"errorMessage": "boom", "errorType": "ValueError", "stackTrace": frames}
    error = GatewayError(GatewayResponseType.FUNCTION_FAILED, "ValueError: boom")
    assert shown(make_invocation(payload, error="Unhandled"), error=error, status=500)[1:] == [
        "         ValueError: boom (service/store.py:7 in read)"
    ]
