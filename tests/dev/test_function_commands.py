"""``homeport logs``, ``invoke`` and ``event`` beside a stack that runs, as a person uses them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from homeport.commands.json_output import FIELDS
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.dev.running_instance import RunningInstance, announce
from homeport.environment import STATE_FILES
from tests.support.cloud import pointed_at
from tests.support.commands import assert_one_clear_line, homeport, homeport_here
from tests.support.project import PUT_NOTE, notes_project
from tests.support.waiting import eventually, wait_until

PRINTS = PUT_NOTE.replace("def handler(event, context):\n", "def handler(event, context):\n    print('note made')\n")
FAILS = (
    "import logging\n\ndef handler(event, context):\n    logging.warning('so it goes')\n    raise ValueError('boom')\n"
)
SPEC = """
openapi: 3.0.3
info: {title: Notes, version: 1.0.0}
paths:
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getNote
      x-homeport: {access: {NotesTable: [GetItem]}}
      responses: {"200": {description: The note.}}
    put:
      operationId: putNote
      x-homeport: {access: {NotesTable: [PutItem]}}
      responses: {"204": {description: Kept.}}
    delete:
      operationId: failNote
      responses: {"500": {description: Never works.}}
"""
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (put-note|get-note|fail-note) .*")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = notes_project(tmp_path_factory.mktemp("project"), spec=SPEC, put_note=PRINTS)
    (root / "service/handlers/fail_note.py").write_text(FAILS)
    return root


@pytest.fixture(scope="module")
def stack(project: Path) -> Iterator[Stack]:
    with running_stack(project, state=project / ".homeport") as stack:
        assert requests.put(f"{stack.url}/notes/a", data="text", timeout=60).status_code == 204
        assert requests.get(f"{stack.url}/notes/a", timeout=60).status_code == 200
        assert requests.delete(f"{stack.url}/notes/a", timeout=60).status_code == 500
        # A function's lines reach its file after its response.
        files = [project / ".homeport" / "logs" / f"{name}.log" for name in ("put-note", "get-note", "fail-note")]
        wait_until(lambda: all(file.exists() and "REPORT RequestId" in file.read_text() for file in files))
        yield stack


def logs(project: Path, *options: str) -> list[str]:
    done = homeport_here(project, "logs", *options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_all_functions_lines_come_in_the_order_of_time(project: Path, stack: Stack) -> None:
    lines = logs(project)
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines == sorted(lines, key=lambda line: line[:24])
    kinds = [line.split()[1] for line in lines if "REPORT" in line]
    assert kinds[:3] == ["put-note", "get-note", "fail-note"]


@pytest.mark.parametrize("name", ["put-note", "putNote", "put_note"])
def test_a_function_is_found_by_any_of_its_names(project: Path, stack: Stack, name: str) -> None:
    texts = [line.partition(" ")[2] for line in logs(project, name)]
    assert texts[2] == "note made"
    assert texts[1].startswith("START RequestId: ")


def test_lines_are_filtered_by_text_or_by_a_regular_expression(project: Path, stack: Stack) -> None:
    assert [line.split(" ", 2)[2] for line in logs(project, "--filter", "[ERROR]")] == ["[ERROR] ValueError: boom"]
    assert len(logs(project, "--filter", "%note (made|kept)%")) >= 1


def test_lines_are_json_for_programs(project: Path, stack: Stack) -> None:
    lines = [json.loads(line) for line in logs(project, "getNote", "--filter", "REPORT", "--json")]
    assert all(line.keys() == {"version", *FIELDS["logs"]} for line in lines)
    assert {line["function"] for line in lines} == {"get-note"}
    assert all(line["text"].startswith("REPORT RequestId") for line in lines)


def test_state_folder_has_only_what_the_reference_lists(project: Path, stack: Stack) -> None:
    assert {file.name for file in (project / ".homeport").iterdir()} <= set(STATE_FILES)


def test_a_time_before_which_nothing_is_shown(project: Path, stack: Stack) -> None:
    later = homeport_here(project, "logs", "--since", "2999-01-01")
    assert later.stdout == ""
    assert "nothing was logged since 2999-01-01; the last line is of 2" in later.stderr
    assert logs(project, "--since", "1h")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["getNot"], ["no function 'getNot'", "did you mean getNote?"]),
        (["--stage", "dve"], ["dve"]),
        (["--since", "yesterday"], ["'yesterday' is no time", "5m"]),
        (["--filter", "%[%"], ["is no regular expression"]),
    ],
)
def test_wrong_arguments_of_logs_are_one_clear_line(
    project: Path, stack: Stack, options: list[str], expected: list[str]
) -> None:
    assert_one_clear_line(homeport_here(project, "logs", *options), *expected)


def test_other_stages_logs_are_on_aws(tmp_path: Path) -> None:
    root = notes_project(tmp_path, stages="stages: {local: {}, prod: {region: eu-west-1}}\n")
    with pointed_at("http://127.0.0.1:1"):
        done = homeport_here(root, "logs", "--stage", "prod")
    assert_one_clear_line(done, "sts does not answer in eu-west-1", "check AWS_ENDPOINT_URL")


def test_before_anything_ran_there_is_nothing(tmp_path: Path) -> None:
    done = homeport_here(notes_project(tmp_path), "logs")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing has been logged yet" in done.stderr


def test_follow_goes_on_with_what_comes(project: Path, stack: Stack) -> None:
    command = [sys.executable, "-m", "homeport", "logs", "--project", str(project), "--follow", "--filter", "note made"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        requests.put(f"{stack.url}/notes/follow", data="text", timeout=60)
        while (line := process.stdout.readline()) <= first:
            assert line
        process.send_signal(2)
        assert process.wait(10) == 0
    assert line.endswith(" put-note note made\n")


def test_the_terminal_shows_the_functions_lines_under_the_request(stack: Stack) -> None:
    assert eventually(lambda: "ValueError: boom" in stack.read_output())
    printed = stack.read_output()
    assert re.search(r" 204 +[\d.]+ ms PUT    /notes/a cold \S{8}\n {9}note made\n", printed)
    assert re.search(r" 500 +[\d.]+ ms DELETE /notes/a cold \S{8}\n(.*\n)*? {9}START RequestId", printed)
    assert " [WARNING] so it goes\n" in printed
    assert "\x1b[" not in printed


def test_invoke_prints_the_result_and_the_log_and_uses_the_running_dynamodb(project: Path, stack: Stack) -> None:
    made = homeport(project, "invoke", "putNote", "--path", "noteId=b", "--body", "from invoke")
    assert (made.returncode, json.loads(made.stdout)) == (0, {"statusCode": 204})
    assert "note made" in made.stderr.splitlines()
    assert made.stderr.splitlines()[-1].startswith("REPORT RequestId: ")
    assert requests.get(f"{stack.url}/notes/b", timeout=60).content == b"from invoke"
    event = {"pathParameters": {"noteId": "b"}}
    got = homeport(project, "invoke", "get-note", "--event", "-", stdin=json.dumps(event))
    assert json.loads(got.stdout)["statusCode"] == 200
    assert eventually(lambda: len(logs(project, "put-note", "--filter", "note made")) >= 2)


def test_invoke_and_export_ask_which_of_two_homeport_dev_is_meant_and_say_which_they_use(
    project: Path, stack: Stack
) -> None:
    port = str(urlsplit(stack.url).port)
    get = ("invoke", "getNote", "--path", "noteId=a")
    with announce(project, RunningInstance("http://127.0.0.1:1/rest", "http://127.0.0.1:2", "rest")):
        both = (
            "2 homeport dev of this project run",
            "stage rest at http://127.0.0.1:1/rest",
            f"stage local at {stack.url}",
        )
        assert_one_clear_line(homeport_here(project, *get), *both, "choose by --stage, or --port")
        assert_one_clear_line(homeport_here(project, "export", "--postman"), *both)
        chosen = homeport(project, *get, "--port", port)
        exported = homeport_here(project, "export", "--openapi", "--stage", "local")
    assert json.loads(chosen.stdout)["statusCode"] == 200
    assert f"homeport: the DynamoDB is that of homeport dev, stage local at {stack.url}" in chosen.stderr.splitlines()
    assert json.loads(exported.stdout)["servers"] == [{"url": stack.url}]
    assert exported.stderr == f"homeport: the URL is that of homeport dev, stage local at {stack.url}\n"
    assert homeport(project, *get).returncode == 0


def test_invoke_fails_when_the_function_does(project: Path, stack: Stack) -> None:
    done = homeport(project, "invoke", "failNote", "--event", "-", stdin="{}")
    assert done.returncode == 1
    assert json.loads(done.stdout)["errorMessage"] == "boom"
    assert "[ERROR] ValueError: boom" in done.stderr


def test_invoke_prints_its_result_as_json_for_programs(project: Path, stack: Stack) -> None:
    done = homeport(project, "invoke", "failNote", "--path", "noteId=a", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found.keys() == {"version", *FIELDS["invoke"]}
    assert (found["function"], found["error"], found["payload"]["errorMessage"]) == ("fail-note", "Unhandled", "boom")
    assert any("so it goes" in line for line in found["log"])


def test_invoke_without_a_stack_says_that_there_is_no_dynamodb(tmp_path: Path) -> None:
    root = notes_project(tmp_path, get_note="def handler(event, context):\n    return event\n")
    (tmp_path / "event.json").write_text('{"a": 1}')
    done = homeport(root, "invoke", "getNote", "--event", str(tmp_path / "event.json"))
    assert (done.returncode, done.stdout) == (0, '{"a": 1}\n')
    assert "homeport: no homeport dev runs here, so there is no DynamoDB" in done.stderr


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["getNot", "--event", "-"], ["no function 'getNot'", "did you mean getNote?"]),
        (["getNote", "--event", "nowhere.json"], ["nowhere.json can't be read"]),
        (["getNote", "--event", "-"], ["the event in - is not JSON"]),
        (["getNote", "--event", "-", "--body", "x"], ["--event is a whole event"]),
        (["getNote"], ["getNote needs the path's variables: noteId", "--path noteId=VALUE"]),
    ],
)
def test_wrong_arguments_of_invoke_are_one_clear_line(project: Path, options: list[str], expected: list[str]) -> None:
    assert_one_clear_line(homeport_here(project, "invoke", *options, stdin="{"), *expected)


def test_event_prints_what_the_function_would_get(project: Path) -> None:
    options = ("--path", "noteId=1", "--body", "@-", "--header", "Content-Type: text/plain", "--query", "a=b")
    done = homeport_here(project, "event", "putNote", *options, stdin="text")
    event = json.loads(done.stdout)
    assert (event["routeKey"], event["body"], event["rawQueryString"]) == ("PUT /notes/{noteId}", "text", "a=b")
    assert event["headers"]["content-type"] == "text/plain"


def test_event_of_what_is_not_there_is_one_clear_line(project: Path) -> None:
    assert_one_clear_line(homeport_here(project, "event", "putNot"), "no operation 'putNot'", "did you mean putNote?")
    assert_one_clear_line(homeport_here(project, "event", "putNote", "--body", "@nowhere"), "nowhere can't be read")
