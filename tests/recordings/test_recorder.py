"""Everything that goes through ``homeport dev`` is recorded, and held against the spec, on real sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from bench.memory import tree
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.gateway.pipeline import STEP_NAMES
from homeport.recordings.recording import Recording
from homeport.recordings.store import RecordingFilter, Recordings
from tests.support.project import RESOURCES, write_files
from tests.support.waiting import LAST_RESORT, eventually, wait_until

pytestmark = pytest.mark.stack

SPEC = """\
openapi: 3.0.3
info: {title: Notes, version: 1.0.0}
paths:
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getNote
      x-homeport: {access: {NotesTable: [GetItem]}}
      responses:
        "200":
          description: The note.
          content:
            application/json:
              schema:
                type: object
                properties:
                  length: {type: integer}
    put:
      operationId: putNote
      x-homeport: {access: {NotesTable: [PutItem]}}
      responses: {"204": {description: Kept.}}
    delete:
      operationId: deleteNote
      responses: {"204": {description: Gone.}}
  /guarded:
    get:
      operationId: getGuarded
      security: [{guard: []}]
      responses: {"204": {description: You may.}}
components:
  securitySchemes:
    guard:
      type: apiKey
      name: X-Guard
      in: header
      x-amazon-apigateway-authorizer:
        type: request
        identitySource: $request.header.X-Guard
        authorizerUri: arn:aws:lambda:us-east-1:000000000000:function:guard/invocations
        authorizerPayloadFormatVersion: "2.0"
        enableSimpleResponses: true
"""
FILES = {
    "openapi.yaml": SPEC,
    "deploy/resources.yaml": RESOURCES,
    "service/handlers/get_note.py": """
        import json, os, boto3
        client = boto3.client("dynamodb")
        def handler(event, context):
            key = {"noteId": {"S": event["pathParameters"]["noteId"]}}
            found = client.get_item(TableName=os.environ["NOTES_TABLE"], Key=key)
            print("keys", sorted(set(found) - {"ResponseMetadata"}))
            headers = {"content-type": "application/json"}
            return {"statusCode": 200, "headers": headers, "body": json.dumps({"length": found["Item"]["text"]["S"]})}
    """,
    "service/handlers/put_note.py": """
        import os, boto3
        client = boto3.client("dynamodb")
        def handler(event, context):
            item = {"noteId": {"S": event["pathParameters"]["noteId"]}, "text": {"S": event["body"]}}
            client.put_item(TableName=os.environ["NOTES_TABLE"], Item=item)
            return {"statusCode": 204}
    """,
    "service/handlers/delete_note.py": """
        import os, boto3
        client = boto3.client("dynamodb")
        def handler(event, context):
            client.delete_item(TableName=os.environ["NOTES_TABLE"], Key={"noteId": {"S": "x"}})
    """,
    "service/handlers/get_guarded.py": "def handler(event, context):\n    return {'statusCode': 204}\n",
    "service/handlers/guard.py": "def handler(event, context):\n    return {'isAuthorized': True}\n",
}
# NotesTable is named to functions that have access to it.
FILES["service/handlers/delete_note.py"] = FILES["service/handlers/delete_note.py"].replace(
    'os.environ["NOTES_TABLE"]', '"notes-local-NotesTable"'
)


TEXT = {"X-Odd-CASE": "1", "Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("project"), FILES)


@pytest.fixture(scope="module")
def stack(project: Path) -> Iterator[Stack]:
    with running_stack(project, ("--no-data", "--inspected"), state=project / ".homeport") as stack:
        yield stack


Recorded = Callable[[requests.Response], Recording]


@pytest.fixture
def recorded(project: Path) -> Recorded:
    recordings = Recordings(project / ".homeport" / "inspector.db")

    def find(reply: requests.Response) -> Recording:
        deadline = time.monotonic() + LAST_RESORT
        while not (rows := recordings.page(RecordingFilter(text=reply.headers["Apigw-Requestid"])).rows):
            assert time.monotonic() < deadline, "not recorded"
            time.sleep(0.05)
        return recordings.get(rows[0].id)

    return find


def put(stack: Stack, note: str) -> requests.Response:
    reply = requests.put(f"{stack.url}/notes/{note}?a=b%20c", data="text", headers=TEXT, timeout=60)
    assert reply.status_code == 204, reply.text
    return reply


def test_a_request_is_recorded_whole(stack: Stack, recorded: Recorded) -> None:
    found = recorded(put(stack, "whole"))
    summary = found.summary
    assert (summary.method, summary.target, summary.status) == ("PUT", "/notes/whole?a=b%20c", 204)
    assert (summary.route, summary.operation, summary.flavor) == ("PUT /notes/{noteId}", "putNote", "http")
    assert ("X-Odd-CASE", "1") in found.request_headers
    assert found.request_body.data == b"text"
    assert ("Apigw-Requestid", summary.id) in found.reply_headers
    assert found.function is not None
    assert found.function.request_id == summary.function_id
    assert json.loads(found.function.event.text)["requestContext"]["requestId"] == summary.id
    assert json.loads(found.function.payload.text) == {"statusCode": 204}
    assert f"START RequestId: {summary.function_id}" in found.function.log.text
    assert found.base == stack.url


def test_the_stages_times_add_up_to_the_requests(stack: Stack, recorded: Recorded) -> None:
    found = recorded(put(stack, "times"))
    assert [stage.name for stage in found.stages] == list(STEP_NAMES)
    assert 0 < sum(stage.duration_ms for stage in found.stages) <= found.summary.duration_ms
    assert found.stages[-1].duration_ms >= found.function.duration_ms  # type: ignore[union-attr]


def test_a_dynamodb_call_is_recorded_with_its_capacity_which_the_function_does_not_see(
    stack: Stack, recorded: Recorded
) -> None:
    put(stack, "calls")
    found = recorded(requests.get(f"{stack.url}/notes/calls", timeout=60))
    assert found.function is not None
    (call,) = found.function.calls
    assert (call.operation, call.action, call.resource) == ("GetItem", "dynamodb:GetItem", "notes-local-NotesTable")
    assert (call.allowed, call.capacity, call.error) == (True, 0.5, None)
    assert 0 < call.duration_ms < found.summary.duration_ms
    assert "keys ['Item']\n" in found.function.log.text


def test_a_denied_call_is_recorded_as_denied(stack: Stack, recorded: Recorded) -> None:
    reply = requests.delete(f"{stack.url}/notes/denied", timeout=60)
    assert reply.status_code == 500
    found = recorded(reply)
    assert found.function is not None
    (call,) = found.function.calls
    assert (call.operation, call.allowed, call.error) == ("DeleteItem", False, "AccessDeniedException")
    assert found.function.error == "Unhandled"
    assert (found.summary.gateway_error or "").startswith("FUNCTION_FAILED")


def test_an_authorizers_invocation_is_recorded_and_its_credential_is_not(stack: Stack, recorded: Recorded) -> None:
    reply = requests.get(f"{stack.url}/guarded", headers={"X-Guard": "open-sesame-1"}, timeout=60)
    assert reply.status_code == 204
    found = recorded(reply)
    assert found.authorizer is not None
    assert found.authorizer.function == "guard"
    assert json.loads(found.authorizer.event.text)["type"] == "REQUEST"
    assert json.loads(found.authorizer.payload.text) == {"isAuthorized": True}
    assert "open-sesame" not in repr(found)
    assert dict(found.request_headers)["X-Guard"] == "***"


def test_a_drifting_answer_is_a_warning_once_and_goes_out_unchanged(stack: Stack, recorded: Recorded) -> None:
    put(stack, "drift")
    replies = [requests.get(f"{stack.url}/notes/drift", timeout=60) for _ in range(3)]
    assert [(reply.status_code, reply.json()) for reply in replies] == [(200, {"length": "text"})] * 3
    line = 'getNote 200: /length: "text" is not of type "integer" (openapi.yaml:17)'
    for reply in replies:
        assert [violation.line for violation in recorded(reply).violations] == [line]
    assert eventually(lambda: f"drift {line}\n" in stack.read_output())
    assert stack.read_output().count(f"drift {line}\n") == 1


def test_the_gateway_s_own_responses_are_no_drift(stack: Stack, recorded: Recorded) -> None:
    found = recorded(requests.get(f"{stack.url}/nothing", timeout=60))
    assert (found.summary.status, found.summary.gateway_error, found.violations) == (404, "NO_ROUTE", ())
    assert [stage.name for stage in found.stages] == ["limits", "match", "cors", "require_route"]


def test_a_large_body_is_clipped_and_marked(stack: Stack, recorded: Recorded) -> None:
    reply = requests.put(f"{stack.url}/notes/large", data="x" * 350_000, headers=TEXT, timeout=60)
    assert reply.status_code == 204
    body = recorded(reply).request_body
    assert (body.size, body.clipped, len(body.text)) == (350_000, True, 256 * 1024)


def test_the_api_and_the_recording_go_on_after_the_recorder_is_killed(stack: Stack, recorded: Recorded) -> None:
    recorded(put(stack, "before"))
    (recorder,) = recorders(stack.process.pid)
    os.kill(recorder, signal.SIGKILL)
    put(stack, "meanwhile")
    # On a busy machine a killed process still takes what it is sent, until it has run for the last time.
    wait_until(lambda: not is_process(recorder))
    recorded(put(stack, "afterwards"))


def test_a_database_that_was_deleted_is_made_again(stack: Stack, project: Path, recorded: Recorded) -> None:
    for file in (project / ".homeport").glob("inspector.db*"):
        file.unlink()
    recorded(put(stack, "again"))


def test_a_file_that_is_writable_again_gets_recordings_again(stack: Stack, project: Path, recorded: Recorded) -> None:
    database = project / ".homeport" / "inspector.db"
    for part in database.parent.glob("inspector.db*"):
        part.unlink()
    database.mkdir()
    put(stack, "lost")
    assert eventually(lambda: "warning: requests are not recorded" in stack.read_output())
    put(stack, "lost-too")
    time.sleep(0.5)
    database.rmdir()
    recorded(put(stack, "kept"))
    assert eventually(lambda: "requests are recorded again" in stack.read_output())
    assert stack.read_output().count("warning: requests are not recorded") == 1


def test_no_record_stores_nothing(tmp_path: Path) -> None:
    root = write_files(tmp_path / "quiet", FILES)
    with running_stack(root, ("--no-data",), state=root / ".homeport") as stack:
        assert put(stack, "a").status_code == 204
        assert recorders(stack.process.pid) == []
    assert not (root / ".homeport" / "inspector.db").exists()


def test_the_recorder_prints_the_count_of_each_violation_at_its_end(tmp_path: Path) -> None:
    root = write_files(tmp_path / "ended", FILES)
    with running_stack(root, ("--no-data", "--inspected"), state=root / ".homeport") as stack:
        put(stack, "a")
        for _ in range(2):
            requests.get(f"{stack.url}/notes/a", timeout=60)
        recordings = Recordings(root / ".homeport" / "inspector.db")
        assert eventually(lambda: recordings.page().total == 3)
        stack.process.terminate()
        stack.process.wait(LAST_RESORT)
        assert "(openapi.yaml:17): 2 times\n" in stack.read_output()


def recorders(pid: int) -> list[int]:
    """The recorders below a process."""
    shown = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    found = {int(line.split()[0]) for line in shown.splitlines() if "homeport.recordings.recorder" in line}
    return sorted(found & set(tree(pid)))


def is_process(pid: int) -> bool:
    """Return whether there is a process with this id, which may be ending."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
