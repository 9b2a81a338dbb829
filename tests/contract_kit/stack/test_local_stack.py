"""The controls of a real local stack: faults, held calls, stale reads, new environments, stored items and the log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.stack.access import Holds, StackAccess, TracedCall
from homeport.contract.stack.local_stack import ControlledStack, open_stack
from homeport.errors import HomeportError
from homeport.http_client import HttpResponse, send_request
from homeport.http_headers import header_value
from homeport.project.load import load_project
from homeport.runtime.host.launch import has_namespaces
from tests.support.project import PUT_NOTE, notes_project
from tests.support.waiting import LAST_RESORT

pytestmark = pytest.mark.stack

MARK = Path("/tmp/homeport-mark-of-a-function")
# Each environment has a /tmp of its own: held calls reach the test all the same.
OWN_TMP = f"\nopen({str(MARK)!r}, 'w').close()\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlledStack]:
    root = notes_project(tmp_path_factory.mktemp("stack"), put_note=PUT_NOTE + OWN_TMP)
    with open_stack(load_project(root, "local")) as running:
        yield running
    MARK.unlink(missing_ok=True)


@pytest.fixture
def access(stack: ControlledStack) -> StackAccess:
    return stack.access


def send(stack: ControlledStack, method: str, note: str, text: str = "") -> HttpResponse:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))] if text else []
    return send_request(stack.url, method, f"/notes/{note}", headers, text.encode(), timeout=LAST_RESORT)


def read(stack: ControlledStack, note: str) -> tuple[int, str]:
    response = send(stack, "GET", note)
    return response.status, response.body.decode()


def request_id(response: HttpResponse) -> str:
    return header_value(response.headers, "apigw-requestid") or ""


def arrived(holds: Holds, count: int) -> dict[str, Any]:
    """Return so many held writes by their texts."""
    calls = [holds.wait(LAST_RESORT) for _ in range(count)]
    return {call.body["Item"]["text"]["S"]: call for call in calls if call is not None}


@contextmanager
def writers(stack: ControlledStack, note: str, *texts: str) -> Iterator[dict[str, Future[HttpResponse]]]:
    with ThreadPoolExecutor() as threads:
        yield {text: threads.submit(send, stack, "PUT", note, text) for text in texts}


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_order_of_two_writers_decides_what_stays(
    stack: ControlledStack, access: StackAccess, order: tuple[str, str]
) -> None:
    with access.hold("NotesTable.PutItem") as holds, writers(stack, "race", "one", "two") as answers:
        calls = arrived(holds, 2)
        assert {(call.action, call.table, call.function) for call in calls.values()} == {
            ("PutItem", "NotesTable", "put-note")
        }
        for text in order:
            calls[text].release()
            assert answers[text].result().status == 204
    assert read(stack, "race") == (200, order[1])
    assert MARK.exists() != has_namespaces()


def test_held_call_is_found_in_the_log(stack: ControlledStack, access: StackAccess) -> None:
    with access.hold() as holds, writers(stack, "held", "one") as answers:
        call = holds.wait(LAST_RESORT)
        assert call is not None
        call.release()
        logged = access.find_log(request_id(answers["one"].result()))
    assert logged is not None
    assert logged.function_request_id == call.request_id
    assert call.request_id in logged.log


def test_holds_of_two_contexts_stand_side_by_side(stack: ControlledStack, access: StackAccess) -> None:
    with ThreadPoolExecutor() as threads, access.hold("NotesTable.PutItem") as puts:
        with access.hold("NotesTable.GetItem") as gets:
            answers = threads.submit(send, stack, "PUT", "both", "text"), threads.submit(send, stack, "GET", "both")
            put, get = puts.wait(LAST_RESORT), gets.wait(LAST_RESORT)
            assert put is not None
            put.release()
            assert answers[0].result().status == 204
            assert get is not None
        assert answers[1].result().body == b"text"
        threads.submit(send, stack, "PUT", "both", "text")
        assert puts.wait(LAST_RESORT) is not None


def test_stale_read_is_seen_and_then_not(stack: ControlledStack, access: StackAccess) -> None:
    send(stack, "PUT", "stale", "old")
    with access.eventual():
        send(stack, "PUT", "stale", "new")
        send(stack, "PUT", "unseen", "new")
        assert read(stack, "stale") == (200, "old")
        assert read(stack, "unseen") == (404, "none")
    assert read(stack, "stale") == (200, "new")
    assert read(stack, "unseen") == (200, "new")


def test_new_environments_start_cold(stack: ControlledStack, access: StackAccess) -> None:
    cold = []
    for _ in range(2):
        access.new_environments()
        for _ in range(2):
            logged = access.find_log(request_id(send(stack, "GET", "cold")))
            assert logged is not None
            assert ("INIT_START" in logged.log) == logged.is_cold
            cold.append(logged.is_cold)
    assert cold == [True, False, True, False]


def test_faults_end_with_their_context(stack: ControlledStack, access: StackAccess) -> None:
    with access.faults("NotesTable.GetItem=ResourceNotFoundException"):
        with access.faults("NotesTable.PutItem=ResourceNotFoundException"):
            assert send(stack, "GET", "fault").status == 404
            assert send(stack, "PUT", "fault", "text").status == 500
        failed = send(stack, "GET", "fault")
        assert failed.status == 500
    assert send(stack, "PUT", "fault", "text").status == 204
    logged = access.find_log(request_id(failed))
    assert logged is not None
    assert [(call.action, call.error) for call in logged.calls] == [("GetItem", "ResourceNotFoundException")]


def test_log_has_the_calls_with_their_bodies(stack: ControlledStack, access: StackAccess) -> None:
    written = access.find_log(request_id(send(stack, "PUT", "logged", "text")))
    seen = access.find_log(request_id(send(stack, "GET", "logged")))
    assert written is not None
    assert written.event is not None
    assert written.event["pathParameters"] == {"noteId": "logged"}
    table, item = "notes-local-NotesTable", {"noteId": {"S": "logged"}, "text": {"S": "text"}}
    assert written.calls == (TracedCall("PutItem", "NotesTable", request={"TableName": table, "Item": item}),)
    assert seen is not None
    (call,) = seen.calls
    assert (call.action, call.consistent, call.response) == ("GetItem", False, {"Item": item})


def test_long_body_is_left_out_of_the_log(stack: ControlledStack, access: StackAccess) -> None:
    logged = access.find_log(request_id(send(stack, "PUT", "long", "x" * 5000)))
    assert logged is not None
    assert [(call.action, call.request) for call in logged.calls] == [("PutItem", {})]


def test_request_without_a_function_has_no_event(stack: ControlledStack, access: StackAccess) -> None:
    logged = access.find_log(request_id(send(stack, "DELETE", "none")))
    assert logged is not None
    assert (logged.event, logged.calls) == (None, ())


def test_items_are_those_that_are_stored(stack: ControlledStack, access: StackAccess) -> None:
    send(stack, "PUT", "kept", "text")
    assert {"noteId": {"S": "kept"}, "text": {"S": "text"}} in access.items("NotesTable")
    assert access.describe("NotesTable")["BillingMode"] == "PAY_PER_REQUEST"
    with pytest.raises(HomeportError, match="did you mean NotesTable"):
        access.items("NoteTable")


def test_reads_are_stale_with_the_option(tmp_path: Path) -> None:
    project = load_project(notes_project(tmp_path), "local")
    with open_stack(project, options=("--consistency", "eventual:3600000"), bodies=False) as stack:
        assert send(stack, "PUT", "1", "new").status == 204
        assert read(stack, "1") == (404, "none")
        assert len(stack.access.items("NotesTable")) == 1
        logged = stack.access.find_log(request_id(send(stack, "GET", "1")))
        assert logged is not None
        assert logged.calls == (TracedCall("GetItem", "NotesTable"),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--consistency", "eventual", "--dynamodb", "http://127.0.0.1:8000"), "not possible with another DynamoDB"),
        (("--throttle", "--dynamodb", "none"), "not possible with another DynamoDB"),
        (("--consistency", "eventual:soon"), "none of strong, eventual, eventual:MILLISECONDS"),
    ],
)
def test_consistency_that_is_not_possible_is_an_error(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    command = [sys.executable, "-m", "homeport", "dev", "--project", str(notes_project(tmp_path)), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LAST_RESORT, check=False)
    assert done.returncode == 2
    assert message in done.stderr
