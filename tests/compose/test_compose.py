"""docker-compose.yml on whatever engine is at hand, from a clean copy of the project: ``make test-compose``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
PORT, INSPECTOR_PORT, LIGHT_PORT, ADMIN_PORT = "18080", "18081", "18090", "18001"
PORTS = {
    "PORT": PORT,
    "INSPECTOR_PORT": INSPECTOR_PORT,
    "DYNAMODB_PORT": "14566",
    "LIGHT_PORT": LIGHT_PORT,
    "LIGHT_INSPECTOR_PORT": "18091",
    "ADMIN_PORT": ADMIN_PORT,
}
API = f"http://127.0.0.1:{PORT}"
LIGHT = f"http://127.0.0.1:{LIGHT_PORT}"
# What is ignored by git, and what no image needs.
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "reports", "_validators.py", "_functions", "examples", "docs")

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("HOMEPORT_TEST_COMPOSE") != "1", reason="needs a Docker engine: run it with `make test-compose`"
    ),
    pytest.mark.timeout(900),
]


class Stack:
    """The stack of a copy of the project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
        self._command = ["docker", "compose"] if plugin else [shutil.which("docker-compose") or "docker-compose"]
        self._variables = {**os.environ, **PORTS, "COMPOSE_PROJECT_NAME": "homeport-test"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Compose v2 where it is installed, else v1.29."""
        return subprocess.run(
            [*self._command, *arguments],
            cwd=self.root,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
        )

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self, service: str) -> None:
        """Start a service with what it depends on, and wait until it is healthy."""
        self("up", "--detach", service)
        deadline = time.monotonic() + 120
        while (shown := self.inspect(service)["State"]["Health"]["Status"]) != "healthy":
            assert time.monotonic() < deadline, f"{service} is {shown}:\n{self('logs', service)}"
            time.sleep(0.5)

    def inspect(self, service: str) -> Any:
        """What the engine says of a service's container."""
        (container,) = self("ps", "--quiet", service).split()
        found = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True)
        return json.loads(found.stdout)[0]

    def kill(self, service: str) -> None:
        """kill -9 its container."""
        self("kill", "--signal", "SIGKILL", service)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # Not pytest's own folder, whose parents keep other users out.
    root = Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("clone") / "clone", ignore=LEFT_OUT))
    shutil.copy(ROOT / ".dockerignore", root)
    stack = Stack(root)
    try:
        stack("--profile", "light", "--profile", "admin", "--profile", "contract", "build")
        stack.up("api")
        yield stack
    finally:
        stack.run(
            "--profile", "light", "--profile", "admin", "--profile", "contract", "down", "--volumes", "--rmi", "local"
        )


def put(base: str, *names: str) -> None:
    for name in names:
        assert requests.put(f"{base}/items/{name}", json={"name": name}, timeout=60).status_code in (200, 201)


def missing(base: str, *names: str) -> list[str]:
    return [name for name in names if requests.get(f"{base}/items/{name}", timeout=60).status_code != 200]


def test_the_tutorial_works_in_containers(stack: Stack) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = requests.post(f"{API}/items", data='{"itemId":"1","name":"Widget"}', headers=form, timeout=60)
    assert made.status_code == 201
    assert requests.get(f"{API}/items/1", timeout=60).json() == made.json()
    assert requests.delete(f"{API}/items/1", timeout=60).status_code == 204


def test_containers_have_no_rights_and_no_other_machine_reaches_them(stack: Stack) -> None:
    found = stack.inspect("api")
    assert found["Config"]["User"] == "10001"
    assert found["HostConfig"]["ReadonlyRootfs"] is True
    assert [name.removeprefix("CAP_") for name in found["HostConfig"]["CapDrop"]] == ["ALL"]
    assert "no-new-privileges:true" in found["HostConfig"]["SecurityOpt"]
    for service in ("api", "localstack"):
        ports = stack.inspect(service)["NetworkSettings"]["Ports"]
        assert {each["HostIp"] for published in ports.values() for each in published or ()} == {"127.0.0.1"}
    assert not (stack.root / ".homeport").exists()


def test_the_inspector_is_published_for_this_machine(stack: Stack) -> None:
    id = requests.get(f"{API}/items/seen", timeout=60).headers["Apigw-Requestid"]
    page = requests.get(f"http://127.0.0.1:{INSPECTOR_PORT}/requests/{id}?new", timeout=60)
    assert page.status_code == 200
    assert "GET /items/seen" in " ".join(page.text.split())
    other = requests.get(f"http://127.0.0.1:{INSPECTOR_PORT}/requests", headers={"Host": "evil.example"}, timeout=60)
    assert other.status_code == 403


@pytest.mark.parametrize("save", ["in place", "by renaming"])
def test_a_saved_file_is_live(stack: Stack, save: str) -> None:
    for name, old, new in (
        ("openapi.yaml", "  /items:\n", f"  /{save.replace(' ', '-')}:\n"),
        ("service/handlers/list_items.py", "def handler", "LIVE = 1\n\n\ndef handler"),
    ):
        file = stack.root / name
        text = file.read_text()
        logged = stack("logs", "api").count(f"reloaded: {name}")
        write(file, text.replace(old, new, 1), save)
        await_log(stack, f"reloaded: {name}", logged + 1)
        write(file, text, save)
        await_log(stack, f"reloaded: {name}", logged + 2)
    assert requests.get(f"{API}/items", timeout=60).status_code == 200


def write(file: Path, text: str, save: str) -> None:
    target = file if save == "in place" else file.with_name(f"{file.name}.tmp")
    target.write_text(text)
    target.replace(file)


def await_log(stack: Stack, text: str, times: int) -> None:
    deadline = time.monotonic() + 20
    while stack("logs", "api").count(text) < times:
        assert time.monotonic() < deadline, stack("logs", "api")[-3000:]
        time.sleep(0.2)


def test_the_contract_is_fuzzed_in_a_container(stack: Stack) -> None:
    done = stack.run("run", "--rm", "contract")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout


def test_its_exit_status_is_the_verdict(stack: Stack) -> None:
    failing = stack.run("run", "--rm", "contract", "homeport", "test", "--url", "http://127.0.0.1:1")
    assert failing.returncode == 2, failing.stdout


def test_items_outlive_the_api_container(stack: Stack) -> None:
    put(API, "outlives-api")
    stack.kill("api")
    stack.up("api")
    assert missing(API, "outlives-api") == []


def test_every_acknowledged_write_outlives_a_killed_localstack(stack: Stack) -> None:
    names = [f"killed-{number}" for number in range(40)]
    put(API, *names)
    stack.kill("localstack")
    stack.up("api")
    assert missing(API, *names) == []
    put(API, "after")


def test_data_outlives_down_and_up(stack: Stack) -> None:
    put(API, "outlives-down")
    stack("down")
    stack.up("api")
    assert missing(API, "outlives-down", "killed-7") == []


def test_a_snapshot_brings_back_what_was_deleted(stack: Stack) -> None:
    put(API, "saved")
    stack("exec", "-T", "api", "homeport", "snapshot", "save", "before", "--replace")
    assert requests.delete(f"{API}/items/saved", timeout=60).status_code == 204
    stack("down")
    stack.up("api")
    stack("exec", "-T", "api", "homeport", "snapshot", "load", "before", "--replace")
    assert missing(API, "saved") == []


def test_the_browser_shows_the_tables(stack: Stack) -> None:
    stack.up("admin")
    page = requests.get(f"http://127.0.0.1:{ADMIN_PORT}/", timeout=60).text
    assert "items-local-ItemsTable" in page
    assert stack.inspect("admin")["Config"]["User"] == "admin"


def test_the_light_stack_needs_no_localstack_and_keeps_its_data(stack: Stack) -> None:
    stack("stop")
    stack.up("light")
    assert "localstack" not in stack("ps", "--services", "--filter", "status=running").split()
    names = [f"light-{number}" for number in range(20)]
    put(LIGHT, *names)
    stack.kill("light")
    stack.up("light")
    assert missing(LIGHT, *names) == []
    stack("down")
    stack.up("light")
    assert missing(LIGHT, *names) == []
