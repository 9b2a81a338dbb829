"""A SAM project as it is: run in place, asked, changed, invoked, tested, and left as it was."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.http_client import HttpResponse, send_request
from tests.support.commands import homeport, homeport_here
from tests.support.template_project import CODE, TEMPLATE, notes_template
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notes_template(tmp_path_factory.mktemp("notes"))


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    with running_stack(root, ("--no-data", "--reload", "--inspected"), state=root / ".homeport") as running:
        yield running


def ask(url: str, method: str, target: str, body: bytes = b"", **headers: str) -> HttpResponse:
    pairs = [(name.replace("_", "-"), value.encode()) for name, value in headers.items()]
    return send_request(url, method, target, [*pairs, ("content-length", str(len(body)).encode())], body, timeout=300)


def tree(root: Path) -> list[str]:
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if ".homeport" not in file.parts)


def test_each_api_answers_at_a_port_of_its_own(stack: Stack) -> None:
    assert list(stack.urls) == ["NotesApi", "WebApi"]
    assert json.loads(ask(stack.urls["WebApi"], "GET", "/hello").body) == {"greeting": "hello"}
    assert ask(stack.urls["NotesApi"], "GET", "/notes/none").status == 404


def test_host_names_an_api_at_the_first_port(stack: Stack) -> None:
    first = stack.urls["NotesApi"].removesuffix("/prod")
    assert ask(first, "GET", "/hello").status == 403
    assert ask(first, "GET", "/hello", Host="webapi.localhost:8080").status == 200


def test_template_authorizer_table_and_cors_are_in_force(stack: Stack) -> None:
    url = stack.urls["NotesApi"]
    assert ask(url, "PUT", "/notes/1", b"milk").status == 401
    assert ask(url, "PUT", "/notes/1", b"milk", Authorization="shut").status == 403
    assert ask(url, "PUT", "/notes/1", b"milk", Authorization="open").status == 200
    assert json.loads(ask(url, "GET", "/notes/1").body)["id"] == "1"
    allowed = dict(ask(url, "OPTIONS", "/notes/1").headers)
    assert allowed["Access-Control-Allow-Origin"] == "https://app.example"


def test_function_without_the_policy_is_denied(root: Path, stack: Stack) -> None:
    write_note = CODE.replace('return {"greeting"', 'table.put_item(Item={"id": "2"})\n    return {"greeting"')
    (root / "src" / "app.py").write_text(write_note)
    assert ask(stack.urls["WebApi"], "GET", "/hello").status == 500
    wait_until(lambda: "AccessDenied" in stack.read_output())
    (root / "src" / "app.py").write_text(CODE)


def test_next_request_meets_a_saved_handler_and_a_saved_route(root: Path, stack: Stack) -> None:
    (root / "src" / "app.py").write_text(CODE.replace('"greeting"', '"words"'))
    assert json.loads(ask(stack.urls["WebApi"], "GET", "/hello").body) == {"words": "hello"}
    (root / "template.yaml").write_text(TEMPLATE.replace("Path: /hello", "Path: /salute"))
    assert ask(stack.urls["WebApi"], "GET", "/salute").status == 200
    (root / "src" / "app.py").write_text(CODE)
    (root / "template.yaml").write_text(TEMPLATE)
    assert ask(stack.urls["WebApi"], "GET", "/hello").status == 200
    wait_until(lambda: re.search(r"^reloaded: .*src/app\.py", stack.read_output(), re.MULTILINE) is not None)


def test_template_that_is_wrong_for_a_moment_is_reported_and_the_routes_stay(root: Path, stack: Stack) -> None:
    (root / "template.yaml").write_text(f"{TEMPLATE}  Broken: [\n")
    wait_until(lambda: "something is wrong now" in stack.read_output())
    assert "template.yaml" in stack.read_output().partition("something is wrong now")[2]
    assert ask(stack.urls["WebApi"], "GET", "/hello").status == 200
    (root / "template.yaml").write_text(TEMPLATE)


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3])
def test_template_broken_while_the_tables_are_set_up_again_ends_nothing(
    root: Path, stack: Stack, seconds: float
) -> None:
    before = stack.read_output().count("something is wrong now")
    (root / "template.yaml").write_text(f"{TEMPLATE}\n")
    time.sleep(seconds)
    (root / "template.yaml").write_text(f"{TEMPLATE}  Broken: [\n")
    wait_until(lambda: stack.process.poll() is not None or stack.read_output().count("is wrong now") > before)
    (root / "template.yaml").write_text(TEMPLATE)
    assert ask(stack.urls["NotesApi"], "GET", "/notes/none").status == 404
    assert stack.process.poll() is None, stack.read_output()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["HelloFunction"], {"greeting": "hello"}),
        (["GET /hello"], {"greeting": "hello"}),
        (["GetNote", "--path", "id=none"], {"statusCode": 404, "body": "null"}),
    ],
)
def test_functions_are_invoked_by_their_name_or_route(
    root: Path, stack: Stack, words: Sequence[str], expected: Any
) -> None:
    done = homeport_here(root, "invoke", *words)
    assert (done.returncode, json.loads(done.stdout)) == (0, expected), done.stderr


def test_event_is_that_of_the_apis_own_kind(root: Path) -> None:
    assert json.loads(homeport_here(root, "event", "GetNote", "--path", "id=1").stdout)["resource"] == "/notes/{id}"
    assert json.loads(homeport_here(root, "event", "HelloFunction").stdout)["version"] == "2.0"


def test_recordings_and_the_inspector_name_the_api(stack: Stack) -> None:
    sent = ask(stack.urls["WebApi"], "GET", "/hello?seen=1")
    assert sent.status == 200

    def row() -> str:
        page = ask(stack.inspector, "GET", "/requests?text=seen%3D1").body.decode()
        return page if "seen=1</a>" in page else ""

    wait_until(lambda: bool(row()))
    assert "WebApi" in row()
    for page in ("/docs?api=NotesApi", "/diagram?api=WebApi", "/send?api=NotesApi", "/tables"):
        assert ask(stack.inspector, "GET", page).status == 200
    spec = json.loads(ask(stack.inspector, "GET", "/docs/openapi.json?api=NotesApi").body)
    assert list(spec["paths"]) == ["/notes/{id}"]
    assert spec["servers"] == [{"url": stack.urls["NotesApi"]}]


def test_export_needs_a_choice_and_prints_the_derived_document(root: Path) -> None:
    several = homeport_here(root, "export", "--openapi")
    assert (several.returncode, "--api NAME" in several.stderr) == (2, True)
    assert "/hello" in json.loads(homeport_here(root, "export", "--openapi", "--api", "webapi").stdout)["paths"]


def test_contract_tests_run_on_each_api(tmp_path: Path) -> None:
    alone = notes_template(tmp_path)
    before = tree(alone)
    done = homeport(alone, "test", "--max-examples", "2", "--api", "WebApi")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tree(alone) == before


@pytest.mark.parametrize("command", ["deploy", "status", "destroy", "rollback", "template", "open"])
@pytest.mark.parametrize("stage", [[], ["--stage", "prod"]])
def test_commands_of_deployment_name_the_templates_own_tool(root: Path, command: str, stage: list[str]) -> None:
    done = homeport_here(root, command, *stage)
    assert (done.returncode, "sam deploy" in done.stderr) == (2, True)


def test_check_and_doctor_take_a_template(root: Path) -> None:
    assert "0 errors" in homeport_here(root, "check").stdout
    assert "can be served" in homeport_here(root, "doctor", "--port", "0", "--dynamodb-port", "0").stdout


def test_parameter_of_the_command_line_reaches_the_functions(root: Path) -> None:
    done = homeport_here(root, "invoke", "HelloFunction", "--parameter", "Greeting=moin")
    assert json.loads(done.stdout) == {"greeting": "moin"}


def test_nothing_is_written_but_the_data_folder(root: Path) -> None:
    assert (root / ".homeport/.gitignore").read_text() == "*\n"
    assert [name for name in tree(root) if "__pycache__" not in name] == ["src", "src/app.py", "template.yaml"]
