"""A stack of the tests keeps its state apart from the project."""

from __future__ import annotations

from pathlib import Path

import requests

from homeport.contract.fixtures.stack import running_stack
from homeport.dev.running_instance import running_instances
from homeport.environment import state_dir
from tests.support.project import notes_project


def test_a_stack_of_the_tests_writes_nothing_into_the_project(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    with running_stack(project, ("--inspected",)) as stack:
        assert requests.put(f"{stack.url}/notes/1", data="x", timeout=60).status_code == 204
        assert list(stack.state.glob("running/*.json"))
        assert running_instances(project) == []
    assert not (project / ".homeport").exists()
    assert not stack.state.exists()


def test_a_stack_of_the_tests_starts_beside_a_running_dev_of_the_project(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    with (
        running_stack(project, ("--inspected",), state=project / ".homeport") as dev,
        running_stack(project, ("--inspected",)) as stack,
    ):
        assert requests.put(f"{stack.url}/notes/1", data="x", timeout=60).status_code == 204
        assert requests.get(f"{dev.url}/notes/1", timeout=60).status_code == 404
        # invoke, snapshot, export, curl, logs and event find the stack that people started, and no other.
        assert [instance.url for instance in running_instances(project)] == [dev.url]


def test_the_state_folder_is_in_the_project_or_the_one_that_is_named() -> None:
    assert state_dir(Path("/p"), {}) == Path("/p/.homeport")
    assert state_dir(Path("/p"), {"HOMEPORT_STATE_DIR": ""}) == Path("/p/.homeport")
    assert state_dir(Path("/p"), {"HOMEPORT_STATE_DIR": "/var/state"}) == Path("/var/state")
