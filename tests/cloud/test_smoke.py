"""The smoke test after a deploy: its result, and the advice that follows from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, ClassVar

import pytest

from homeport.cloud.aws.bucket import Manifest
from homeport.cloud.deploy import SmokeResult, advice_after_failure, smoke_test
from homeport.project.project import Project
from tests.support.cloud import RecordedPrompt
from tests.support.spec import document, load, operation, write_document, write_project

FIRST = Manifest("1", "prod", "items-prod", "items-prod/code/1.zip", "t1", "s1", "alice")
SECOND = replace(FIRST, id="2", code="items-prod/code/2.zip")
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def ends_with(status: int, output: str = "", errors: str = "") -> Callable[..., CompletedProcess[str]]:
    """A stand-in for ``subprocess.run``."""
    return lambda command, **_: CompletedProcess(command, status, output, errors)


def project_with(root: Path, **methods: Any) -> Project:
    return load(
        write_project(
            root, spec=json.dumps(document({"/things/{id}": methods})), resources=None, handlers=("read_thing",)
        )
    )


def read(**more: Any) -> dict[str, Any]:
    return {**operation(), "operationId": "readThing", "parameters": [ID], **more}


@pytest.mark.parametrize(
    ("status", "output", "result", "said"),
    [
        (0, "1 passed", "passed", "smoke test: passed"),
        (1, "Network Error", "failed", "smoke test: failed"),
        (2, "No test cases were generated", "untested", "smoke test: nothing was asked: the parameters of these"),
        (2, "No such option", "broken", "smoke test: could not run; the deploy itself is done"),
        (-9, "", "broken", "smoke test: could not run; the deploy itself is done"),
    ],
)
def test_the_verdict_tells_a_failure_from_nothing_to_ask(
    tmp_path: Path, status: int, output: str, result: SmokeResult, said: str
) -> None:
    recorded = RecordedPrompt()
    project = project_with(tmp_path, get=read())
    assert smoke_test(project, "https://api.example", recorded.prompt, ends_with(status, output)) == result
    assert recorded.lines[-1].startswith(said)


def test_an_error_of_the_test_itself_is_shown(tmp_path: Path) -> None:
    recorded = RecordedPrompt()
    run = ends_with(2, errors="ModuleNotFoundError: no hooks")
    assert smoke_test(project_with(tmp_path, get=read()), "https://api.example", recorded.prompt, run) == "broken"
    assert "  ModuleNotFoundError: no hooks" in recorded.lines


def test_an_api_that_only_writes_is_not_asked(tmp_path: Path) -> None:
    recorded = RecordedPrompt()
    project = project_with(tmp_path, post=read())
    assert smoke_test(project, "https://api.example", recorded.prompt, ends_with(1)) == "untested"
    assert recorded.lines == ["smoke test: nothing was asked: it asks operations that only read, and there is none"]


def test_operations_that_ask_for_credentials_are_named_and_not_asked(tmp_path: Path) -> None:
    recorded = RecordedPrompt()
    key = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}}
    paths = {"/things/{id}": {"get": read(security=[{"key": []}])}}
    root = write_document(tmp_path, document(paths, components=key), flavor="rest", handlers=("read_thing",))
    assert smoke_test(load(root), "https://api.example", recorded.prompt, ends_with(1)) == "untested"
    assert recorded.lines == [
        "smoke test: nothing was asked: it asks operations that only read, "
        "and each of them asks for credentials: GET /things/{id}"
    ]


def test_a_first_deploy_is_not_told_to_go_back() -> None:
    assert advice_after_failure("prod", [FIRST]) == (
        "homeport logs --stage prod shows what the functions logged; mend it and deploy again"
    )
    again = replace(FIRST, id="2")
    assert "rollback" not in advice_after_failure("prod", [FIRST, again])


def test_a_later_deploy_is_told_which_one_it_can_go_back_to() -> None:
    assert advice_after_failure("prod", [FIRST, SECOND]) == "homeport rollback --stage prod goes back to the deploy 1"


@pytest.mark.stack
def test_schemathesis_without_an_example_is_nothing_to_ask(tmp_path: Path) -> None:
    recorded = RecordedPrompt()
    assert smoke_test(project_with(tmp_path, get=read()), "http://127.0.0.1:9", recorded.prompt) == "untested"
    exampled = project_with(tmp_path, get=read(parameters=[{**ID, "example": "x"}]))
    assert smoke_test(exampled, "http://127.0.0.1:9", recorded.prompt) == "failed"


class Answering(BaseHTTPRequestHandler):
    """Answers every request with 200."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Note the path."""
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""


@pytest.mark.stack
def test_operation_that_needs_nothing_is_asked_and_one_without_examples_is_named(tmp_path: Path) -> None:
    recorded = RecordedPrompt()
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    paths = {
        "/things": {"get": read(operationId="listThings", parameters=[limit])},
        "/things/{id}": {"get": read()},
    }
    root = write_project(
        tmp_path, spec=json.dumps(document(paths)), resources=None, handlers=("list_things", "read_thing")
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert smoke_test(load(root), url, recorded.prompt) == "passed"
        server.shutdown()
    assert "/things" in Answering.asked
    assert recorded.lines[1:] == [
        "smoke test: not asked, for want of examples of their parameters: GET /things/{id}",
        "smoke test: passed",
    ]
