"""docker-compose.yml on whatever engine is at hand: ``make test-compose``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
PORT = "18080"
INSPECTOR_PORT = "18081"
API = f"http://127.0.0.1:{PORT}"

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("HOMEPORT_TEST_COMPOSE") != "1", reason="needs a Docker engine: run it with `make test-compose`"
    ),
    pytest.mark.timeout(900),
]


def compose(*arguments: str, check: bool = True) -> str:
    """Compose v2 where it is installed, else v1.29."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    command = ["docker", "compose"] if plugin else [shutil.which("docker-compose") or "docker-compose"]
    ports = {"PORT": PORT, "INSPECTOR_PORT": INSPECTOR_PORT, "DYNAMODB_PORT": "14566"}
    variables = {**os.environ, **ports, "COMPOSE_PROJECT_NAME": "homeport-test"}
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    compose("build")
    compose("up", "--detach")
    try:
        _await_health()
        yield API
    finally:
        compose("down", "--volumes", check=False)


def _await_health() -> None:
    container = compose("ps", "--quiet", "api").strip()
    deadline = time.monotonic() + 120
    shown = "never asked"
    while time.monotonic() < deadline:
        asked = ["docker", "inspect", "--format", "{{.State.Health.Status}}", container]
        shown = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        if shown == "healthy":
            return
        time.sleep(0.5)
    raise AssertionError(f"the api container is {shown}:\n{compose('logs', 'api')}")


def test_the_tutorial_works_in_containers(api: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = requests.post(f"{api}/items", data='{"itemId":"1","name":"Widget"}', headers=form, timeout=20)
    assert made.status_code == 201
    assert requests.get(f"{api}/items/1", timeout=20).json() == made.json()
    assert requests.delete(f"{api}/items/1", timeout=20).status_code == 204


def test_the_contract_holds_in_containers(api: str) -> None:
    command = [sys.executable, "-m", "homeport", "test", "--project", str(ROOT), "--url", api]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "No issues found" in done.stdout


def test_items_outlive_the_api_container(api: str) -> None:
    assert requests.put(f"{api}/items/kept", json={"name": "Kept"}, timeout=20).status_code == 201
    compose("restart", "api")
    _await_health()
    assert requests.get(f"{api}/items/kept", timeout=20).json()["name"] == "Kept"


def test_the_inspector_is_published_for_this_machine(api: str) -> None:
    id = requests.get(f"{api}/items/seen", timeout=20).headers["Apigw-Requestid"]
    page = requests.get(f"http://127.0.0.1:{INSPECTOR_PORT}/requests/{id}?new", timeout=20)
    assert page.status_code == 200
    assert "GET /items/seen" in " ".join(page.text.split())
    other = requests.get(f"http://127.0.0.1:{INSPECTOR_PORT}/requests", headers={"Host": "evil.example"}, timeout=20)
    assert other.status_code == 403
    assert compose("port", "api", "8081").strip() == f"127.0.0.1:{INSPECTOR_PORT}"
