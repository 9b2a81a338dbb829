"""Hello as its users see it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import running_stack

ROOT = Path(__file__).parents[2]


def test_the_world_is_greeted_where_nobody_is_named(api: str) -> None:
    reply = requests.get(f"{api}/hello", timeout=10)
    assert (reply.status_code, reply.json()) == (200, {"greeting": "Hello, world!", "stage": "local"})


def test_a_name_is_greeted_as_it_was_written(api: str) -> None:
    reply = requests.get(f"{api}/hello", params={"name": "Zoë & Ådne"}, timeout=10)
    assert reply.json()["greeting"] == "Hello, Zoë & Ådne!"


@pytest.mark.parametrize("name", ["", "x" * 51])
def test_a_name_that_is_too_short_or_too_long_is_refused(api: str, name: str) -> None:
    reply = requests.get(f"{api}/hello", params={"name": name}, timeout=10)
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["detail"].startswith("name: ")


def test_a_stage_has_a_greeting_and_a_path_of_its_own() -> None:
    with running_stack(ROOT, ("--no-data", "--stage", "prod")) as stack:
        assert stack.url.endswith("/prod")
        reply = requests.get(f"{stack.url}/hello", timeout=10)
    assert reply.json() == {"greeting": "Welcome, world!", "stage": "prod"}


@pytest.mark.parametrize(("stage", "greeting"), [("dev", "Hey"), ("test", "Testing"), ("prod", "Welcome")])
def test_a_function_alone_greets_as_its_stage_does(stage: str, greeting: str) -> None:
    command = [sys.executable, "-m", "homeport", "invoke", "greet", "--project", str(ROOT), "--stage", stage]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    body = json.loads(json.loads(done.stdout)["body"])
    assert body == {"greeting": f"{greeting}, world!", "stage": stage}
