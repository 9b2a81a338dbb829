"""The instances of ``homeport dev`` that run for one project: each is found while it lives, and chosen by name."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from homeport.commands.arguments import choose_dev, choose_stage, read_chosen_project
from homeport.dev.running_instance import RunningInstance, announce, choose_instance, running_instances
from homeport.errors import HomeportError
from homeport.project.project import ProjectInputs
from tests.support.template_project import notes_template

# A process that has AWS's translator loaded starts no other one for it.
from tests.support.templates import HANDLER

pytestmark = pytest.mark.unit

LOCAL = RunningInstance("http://127.0.0.1:8080", "http://127.0.0.1:8000", "local")
REST = RunningInstance("http://127.0.0.1:8090/prod", "http://127.0.0.1:8001", "rest")


@contextmanager
def running(root: Path, *instances: RunningInstance) -> Iterator[None]:
    with ExitStack() as stack:
        for instance in instances:
            stack.enter_context(announce(root, instance))
        yield


def files(root: Path) -> list[Path]:
    return list((root / ".homeport" / "running").iterdir())


def test_instance_that_ended_leaves_the_others_to_be_found(tmp_path: Path) -> None:
    with announce(tmp_path, LOCAL):
        with announce(tmp_path, REST):
            assert running_instances(tmp_path) == [LOCAL, REST]
        assert running_instances(tmp_path) == [LOCAL]
    assert running_instances(tmp_path) == []
    assert files(tmp_path) == []


def test_only_instance_is_chosen_whatever_its_stage(tmp_path: Path) -> None:
    assert choose_instance(tmp_path) is None
    with running(tmp_path, REST):
        assert choose_instance(tmp_path) == REST
        assert choose_instance(tmp_path, "rest") == REST
        assert choose_instance(tmp_path, "local") is None


def test_one_of_several_instances_is_chosen_by_stage_or_port(tmp_path: Path) -> None:
    twin = RunningInstance("http://127.0.0.1:9000", None, "local")
    with running(tmp_path, LOCAL, REST, twin):
        assert choose_instance(tmp_path, stage="rest") == REST
        assert choose_instance(tmp_path, port=8080) == LOCAL
        assert choose_instance(tmp_path, stage="local", port=9000) == twin


@pytest.mark.parametrize("stage", [None, "local"])
def test_choice_between_several_instances_is_asked_for_with_their_names(tmp_path: Path, stage: str | None) -> None:
    twin = RunningInstance("http://127.0.0.1:9000", None, "local")
    with running(tmp_path, LOCAL, twin), pytest.raises(HomeportError) as raised:
        choose_instance(tmp_path, stage)
    assert raised.value.message == (
        "2 homeport dev of this project run: stage local at http://127.0.0.1:8080; stage local at http://127.0.0.1:9000"
    )
    assert raised.value.hint == "choose by --port, the API's"


def test_stage_is_a_choice_only_between_instances_of_several(tmp_path: Path) -> None:
    with running(tmp_path, LOCAL, REST), pytest.raises(HomeportError) as raised:
        choose_instance(tmp_path)
    assert raised.value.hint == "choose by --stage, or --port, the API's"


def test_port_without_an_instance_is_rejected_with_those_that_run(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match=r"no homeport dev of this project runs at port 1 \(none runs\)"):
        choose_instance(tmp_path, port=1)
    with running(tmp_path, LOCAL), pytest.raises(HomeportError) as raised:
        choose_instance(tmp_path, "rest", 8080)
    assert str(raised.value) == (
        "no homeport dev of stage rest of this project runs at port 8080 (stage local at http://127.0.0.1:8080)"
    )


def test_command_takes_the_stage_of_the_instance_unless_one_is_given(tmp_path: Path) -> None:
    options = argparse.Namespace(project=tmp_path, stage=None, port=None)
    with running(tmp_path, REST):
        assert (choose_dev(options), options.stage) == (REST, "rest")
    options = argparse.Namespace(project=tmp_path, stage=None, port=None)
    assert (choose_dev(options), options.stage) == (None, "local")


def test_stage_of_a_token_or_event_is_that_of_the_instances_that_run(tmp_path: Path) -> None:
    options = argparse.Namespace(project=tmp_path, stage=None)
    assert choose_stage(options) == "local"
    with running(tmp_path, REST, RunningInstance("http://127.0.0.1:9000", None, "rest")):
        assert choose_stage(options) == "rest"
        assert choose_stage(argparse.Namespace(project=tmp_path, stage="local")) == "local"
    with running(tmp_path, REST, LOCAL), pytest.raises(HomeportError, match="for the stages local, rest"):
        choose_stage(options)


def test_instance_of_another_machine_is_found_while_its_url_takes_connections(tmp_path: Path) -> None:
    folder = tmp_path / ".homeport" / "running"
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as api:
        url = f"http://127.0.0.1:{api.getsockname()[1]}"
        entry = {"url": url, "dynamodb": None, "stage": "local", "machine": "a-container"}
        (folder / "1.json").write_text(json.dumps(entry))
        assert [found.machine for found in running_instances(tmp_path)] == ["a-container"]
    assert running_instances(tmp_path) == []
    assert (folder / "1.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "http://127.0.0.1:1"}'])
def test_entry_that_can_not_be_read_is_passed_over(tmp_path: Path, content: str) -> None:
    folder = tmp_path / ".homeport" / "running"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(content)
    with running(tmp_path, LOCAL):
        assert running_instances(tmp_path) == [LOCAL]


def test_commands_read_a_template_as_the_homeport_dev_that_runs_does(tmp_path: Path) -> None:
    (notes_template(tmp_path) / "src" / "other.py").write_text(HANDLER)
    given = ProjectInputs(parameters=(("Greeting", "moin"),)).to_text()
    options = argparse.Namespace(project=tmp_path)
    assert read_chosen_project(options, None).api.functions["HelloFunction"].environment["GREETING"] == "hello"
    with announce(tmp_path, RunningInstance("http://127.0.0.1:1", None, "local", inputs=given)):
        assert read_chosen_project(options, None).api.functions["HelloFunction"].environment["GREETING"] == "moin"
