"""Where the inspector is, how it lives beside the API, and how quick it is when there is much to show."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.commands import assert_one_clear_line
from tests.support.inspector import make_recording
from tests.support.ports import free_ports
from tests.support.project import notes_project
from tests.support.site import client_of, make_site
from tests.support.waiting import LAST_RESORT

pytestmark = pytest.mark.stack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return notes_project(tmp_path)


def stack_at(project: Path, port: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "homeport", "dev", "--project", str(project), "--dynamodb", "none"]
    return subprocess.Popen(
        [*command, "--port", str(port), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def inspector_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    found = next((line.split()[1] for line in process.stdout if line.startswith("inspector ")), "")
    process.terminate()
    process.communicate(timeout=LAST_RESORT)
    return found


def test_the_inspector_is_on_the_api_s_port_plus_one(project: Path) -> None:
    port = free_ports(2)[0]
    assert inspector_of(stack_at(project, port)) == f"http://127.0.0.1:{port + 1}"


def test_the_inspector_takes_a_free_port_where_its_own_is_taken(project: Path) -> None:
    port = free_ports(2)[0]
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        found = inspector_of(stack_at(project, port))
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", found)
    assert found != f"http://127.0.0.1:{port + 1}"


def test_a_chosen_port_is_taken_or_the_start_fails(project: Path) -> None:
    port = free_ports(2)[0]
    assert inspector_of(stack_at(project, 0, "--inspector-port", str(port))) == f"http://127.0.0.1:{port}"
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = stack_at(project, 0, "--inspector-port", str(port))
        shown, _ = process.communicate(timeout=LAST_RESORT)
    # The lines before are the routes.
    done = subprocess.CompletedProcess(process.args, process.returncode, "", shown.splitlines()[-1])
    assert_one_clear_line(done, f"port {port} is in use by another program", "--inspector-port")


def test_no_inspector_starts_none(project: Path) -> None:
    with running_stack(project, ("--no-data",)) as stack:
        assert stack.inspector == ""
        assert inspectors(stack) == []


def test_a_killed_inspector_is_started_again_and_the_api_runs_on(project: Path) -> None:
    with running_stack(project, ("--no-data", "--inspected")) as stack:
        page = requests.get(f"{stack.inspector}/requests", timeout=60).text
        (pid,) = inspectors(stack)
        os.kill(pid, signal.SIGKILL)
        assert requests.put(f"{stack.url}/notes/1", data="x", timeout=60).status_code == 204
        again = requests.get(f"{stack.inspector}/requests", timeout=60).text
        assert token_of(again) == token_of(page)
        assert inspectors(stack) != [pid]


def test_an_inspector_that_can_not_start_leaves_the_api_running(project: Path) -> None:
    with running_stack(project, ("--no-data", "--inspected")) as stack, socket.socket() as client:
        # An inspector starts with the first connection.
        client.connect(("127.0.0.1", int(stack.inspector.rpartition(":")[2])))
        deadline = time.monotonic() + LAST_RESORT
        while "the rest goes on without it" not in stack.read_output():
            assert time.monotonic() < deadline, stack.read_output()
            for pid in inspectors(stack):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        assert requests.put(f"{stack.url}/notes/1", data="x", timeout=60).status_code == 204


def test_a_page_explains_broken_project_files(project: Path) -> None:
    client = client_of(make_site(project))
    assert client.get("/diagram").status_code == 200
    (project / "openapi.yaml").write_text("openapi: [")
    os.utime(project / "openapi.yaml", (0, 0))
    reply = client.get("/diagram")
    assert reply.status_code == 400
    assert "openapi.yaml" in reply.text


def test_ten_thousand_requests_are_listed_searched_and_paged_quickly(project: Path) -> None:
    made = (make_recording(id=f"id-{number:08}", target=f"/notes/{number}", body="x" * 500) for number in range(10_000))
    client = client_of(make_site(project, recordings=made))
    client.get("/requests")
    for page in (
        "/requests",
        "/requests?before=200",
        "/requests?text=notes/77",
        "/requests?text=nothing",
        "/requests/id-00000077",
    ):
        start = time.process_time()
        assert client.get(page).status_code == 200
        # A tenth of that on a machine with nothing else to do.
        assert time.process_time() - start < 1.0, page
    last = client.get("/requests?before=101").text
    assert "/notes/0<" in last
    assert 'rel="next"' not in last
    assert client.get("/requests?before=102").text.count('rel="next"') == 1


def inspectors(stack: Stack) -> list[int]:
    shown = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    own = [line.split(None, 2) for line in shown if "homeport.inspector.process" in line]
    return [int(pid) for pid, parent, _ in own if int(parent) == stack.process.pid]


def token_of(page: str) -> str:
    found = re.search(r'homeport-token" content="([^"]+)"', page)
    assert found
    return found[1]
