"""``homeport dev`` as a person uses it: start, curl, kill things, start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bench.memory import tree
from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.project import SPEC, notes_project
from tests.support.waiting import SlownessMeter, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def items() -> Iterator[str]:
    with running_stack(ROOT) as stack:
        yield stack.url


def test_the_tutorial_works_as_typed(items: str) -> None:
    # curl -d sends a form content type
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = requests.post(f"{items}/items", data='{"itemId":"1","name":"Widget"}', headers=form, timeout=60)
    assert made.status_code == 201
    assert made.json().items() >= {"itemId": "1", "name": "Widget", "version": 1}.items()
    assert requests.get(f"{items}/items/1", timeout=60).json() == made.json()
    assert made.json() in requests.get(f"{items}/items", timeout=60).json()["items"]
    changed = requests.put(f"{items}/items/1", json={"name": "Gadget"}, timeout=60)
    assert changed.status_code == 200
    assert changed.json().items() >= {"name": "Gadget", "version": 2}.items()
    assert requests.delete(f"{items}/items/1", timeout=60).status_code == 204
    assert requests.get(f"{items}/items/1", timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/items", b"{"),
        ("/items", b'{"name": 5}'),
        ("/items", b'{"name": "x", "colour": "red"}'),
        ("/items", b'{"name": "\xff"}'),
        ("/items", b"[" * 100_000),
        ("/items", b'{"name": NaN}'),
        ("/items", b'{"name": "x", "description": "' + b"a" * 9_000_000 + b'"}'),
        ("/items", b"a" * 11_000_000),
        ("/items/%00/../..//%2e%2e%2f", b"{}"),
        ("/%ff%fe", b"{}"),
    ],
    ids=["malformed", "type", "unknown", "not-utf-8", "deep", "nan", "9-MB", "11-MB", "odd-path", "bad-percent"],
)
def test_bad_input_is_a_clear_4xx(items: str, path: str, body: bytes) -> None:
    reply = requests.post(f"{items}{path}", data=body, headers={"Content-Type": "application/json"}, timeout=60)
    assert 400 <= reply.status_code < 500
    assert reply.json()


def put_note(stack: Stack, note: str, text: str) -> None:
    reply = requests.put(f"{stack.url}/notes/{note}", data=text, headers={"Content-Type": "text/plain"}, timeout=60)
    assert reply.status_code == 204, reply.text


def read_note(stack: Stack, note: str) -> str:
    reply = requests.get(f"{stack.url}/notes/{note}", timeout=60)
    assert reply.status_code == 200, reply.text
    return reply.text


def test_data_survives_a_restart(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    with running_stack(project, (), state=project / ".homeport") as stack:
        put_note(stack, "a", "kept")
    with running_stack(project, (), state=project / ".homeport") as stack:
        assert read_note(stack, "a") == "kept"


def test_ending_it_leaves_no_process(tmp_path: Path) -> None:
    with running_stack(notes_project(tmp_path)) as stack:
        put_note(stack, "a", "x")
        pids = tree(stack.process.pid)
        assert len(pids) >= 5
    assert [pid for pid in pids if is_alive(pid)] == []


def test_killing_the_supervisor_ends_everything_and_loses_nothing(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    with running_stack(project, (), state=project / ".homeport") as stack:
        put_note(stack, "a", "kept")
        pids = tree(stack.process.pid)
        stack.process.kill()
        stack.process.wait()
        wait_until(lambda: not any(map(is_alive, pids)), lambda: [pid for pid in pids if is_alive(pid)])
    with running_stack(project, (), state=project / ".homeport") as stack:
        assert read_note(stack, "a") == "kept"


def test_a_killed_process_is_back_within_two_seconds_of_a_quiet_machine_with_the_data(tmp_path: Path) -> None:
    with running_stack(notes_project(tmp_path), ()) as stack:
        put_note(stack, "a", "kept")
        for count, child in enumerate(("homeport.gateway.process", "start.py", "dynamodb/embedded"), 1):
            (victim,) = [pid for pid in tree(stack.process.pid) if child in command_line(pid) and is_child(stack, pid)]
            os.kill(victim, signal.SIGKILL)
            with SlownessMeter() as meter:
                seconds = wait_until(lambda: reads(stack, "a", "kept"), stack.read_output)
            slow = meter.worst
            print(f"{child} was back after {seconds:.2f} s on a machine {slow:.1f} times slower than a quiet one")
            assert seconds < 2 * slow
            put_note(stack, "b", "new")
            assert stack.read_output().count("starting it again") == count


def reads(stack: Stack, note: str, text: str) -> bool:
    try:
        reply = requests.get(f"{stack.url}/notes/{note}", timeout=60)
    except requests.ConnectionError:
        return False
    return reply.status_code == 200 and reply.text == text


def is_alive(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.strip().startswith("Z")


def command_line(pid: int) -> str:
    return subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout


def is_child(stack: Stack, pid: int) -> bool:
    parent = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return parent.strip() == str(stack.process.pid)


def dev(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "homeport", "dev", "--project", str(project), "--no-data", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    for part in expected:
        assert part in line


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = dev(notes_project(tmp_path), "--port", str(port), "--dynamodb-port", "0")
    assert_one_clear_line(done, f"port {port} is in use", "--port")


def test_broken_yaml_is_one_clear_line(tmp_path: Path) -> None:
    done = dev(notes_project(tmp_path, spec=SPEC + "  - [\n"), "--port", "0", "--dynamodb-port", "0")
    assert_one_clear_line(done, "openapi.yaml:")


def test_a_missing_handler_is_one_clear_line(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    (project / "service/handlers/get_note.py").unlink()
    done = dev(project, "--port", "0", "--dynamodb-port", "0")
    assert_one_clear_line(done, "openapi.yaml:7", "service/handlers/get_note.py")


def test_an_unknown_extension_is_one_clear_line(tmp_path: Path) -> None:
    spec = SPEC + "x-amazon-apigateway-cros: {allowOrigins: ['*']}\n"
    done = dev(notes_project(tmp_path, spec=spec), "--port", "0", "--dynamodb-port", "0")
    assert_one_clear_line(done, "openapi.yaml:", "x-amazon-apigateway-cros", "x-amazon-apigateway-cors")


def test_an_unknown_stage_setting_is_one_clear_line(tmp_path: Path) -> None:
    done = dev(
        notes_project(tmp_path, stages="stages:\n  local: {memroy: 128}\n"), "--port", "0", "--dynamodb-port", "0"
    )
    assert_one_clear_line(done, "deploy/stages.yaml:2", "memroy", "memory")


def test_no_project_is_one_clear_line(tmp_path: Path) -> None:
    assert_one_clear_line(dev(tmp_path, "--port", "0", "--dynamodb-port", "0"), "openapi.yaml")


GROUPED = SPEC.replace("      x-homeport: {access", "      x-homeport: {function: notes, access")


def test_operations_that_share_a_function_are_served_by_their_own_handlers(tmp_path: Path) -> None:
    with running_stack(notes_project(tmp_path, spec=GROUPED)) as stack:
        put_note(stack, "a", "kept")
        assert read_note(stack, "a") == "kept"
        assert (tmp_path / "service/_functions/notes.py").is_file()


def test_project_that_aws_would_reject_is_one_clear_line(tmp_path: Path) -> None:
    done = dev(notes_project(tmp_path, spec=SPEC.replace("3.0.3", "4.0.0")), "--port", "0", "--dynamodb-port", "0")
    assert_one_clear_line(done, "openapi.yaml:2", "4.0.0")


def test_check_names_everything_and_ends_with_a_count(tmp_path: Path) -> None:
    notes_project(tmp_path, spec=SPEC + "x-amazon-apigateway-security-policy: TLS_1_2\n")
    command = [sys.executable, "-m", "homeport", "check", "--project", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "x-amazon-apigateway-security-policy" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 error, ")


def test_an_unwritable_service_folder_gets_its_generated_files_beside_it(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere: run as another user to test a read-only service/")
    project = notes_project(tmp_path)
    (project / "service").chmod(0o555)
    try:
        with running_stack(project) as stack:
            put_note(stack, "a", "kept")
    finally:
        (project / "service").chmod(0o755)
