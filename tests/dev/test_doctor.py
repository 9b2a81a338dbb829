"""``homeport doctor`` on this machine, and on one that lacks things."""

from __future__ import annotations

import os
import re
import socket
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from homeport.dev.doctor import (
    check_disk,
    check_docker,
    check_localstack,
    check_lock,
    examine,
)
from homeport.dev.doctor_finding import DoctorContext, DoctorFinding
from homeport.dev.processes import DevOptions
from tests.support.commands import homeport
from tests.support.project import SPEC, notes_project


def context(root: Path, cache: Path, **changes: Any) -> DoctorContext:
    options = {"host": "127.0.0.1", "port": 0, "dynamodb": "embedded", "dynamodb_port": 0, "data": None, **changes}
    return DoctorContext(DevOptions(project=root, stage="local", in_process=False, reload=True, **options), cache)


def findings(root: Path, cache: Path, **changes: Any) -> list[DoctorFinding]:
    return list(examine(context(root, cache, **changes)))


def problems(found: list[DoctorFinding]) -> list[DoctorFinding]:
    return [finding for finding in found if finding.state == "problem"]


def test_a_fit_machine_is_reported_so(tmp_path: Path) -> None:
    done = homeport(notes_project(tmp_path), "doctor", "--port", "0", "--dynamodb-port", "0")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("homeport dev can run here\n")
    assert f"ok       homeport runs on Python {sys.version.split()[0]}" in done.stdout


def test_a_port_in_use_keeps_dev_from_working_and_has_a_hint(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = homeport(notes_project(tmp_path), "doctor", "--port", str(port), "--dynamodb-port", "0")
    assert done.returncode == 1
    assert f"problem  port {port} is in use by another program\n" in done.stdout
    hint = re.search(r"choose another port: --port (\d+)\n", done.stdout)
    assert hint is not None and int(hint[1]) > port
    assert done.stdout.endswith("homeport dev can't run here until the problems are solved\n")


def test_every_error_of_the_project_is_a_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path, spec=SPEC.replace("operationId: getNote", "operationId: gotNote"))
    (found,) = problems(findings(root, tmp_path / "cache"))
    assert found.text.startswith("openapi.yaml:")
    assert "service/handlers/got_note.py" in found.text + found.hint


def test_a_folder_without_a_project_is_a_problem(tmp_path: Path) -> None:
    assert "openapi.yaml" in problems(findings(tmp_path, tmp_path / "cache"))[0].text


def test_packages_that_are_not_installed_yet_are_no_problem(tmp_path: Path) -> None:
    found = findings(notes_project(tmp_path), tmp_path / "cache")
    notes = [finding for finding in found if "not installed yet" in finding.text]
    assert [note.hint for note in notes] == ["homeport setup does that, online"] * 2
    assert problems(found) == []


def test_a_runtime_that_is_not_installed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "3.13" if sys.version_info[:2] != (3, 13) else "3.12"
    root = notes_project(tmp_path, stages=f"stages: {{local: {{runtime: python{other}}}}}\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    notes = [finding for finding in findings(root, tmp_path / "cache") if finding.state == "note"]
    assert any(f"python{other} is not installed here" in note.text for note in notes)


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    taken = tmp_path / "cache"
    taken.write_text("a file, where a folder is wanted")
    (found,) = problems(findings(notes_project(tmp_path / "project"), taken / "homeport"))
    assert found.text == f"{taken / 'homeport'} can't be written to"
    assert str(taken) in found.hint


def test_a_long_temporary_folder_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert any("too long for sockets" in problem.text for problem in problems(findings(tmp_path, tmp_path)))


@pytest.mark.parametrize(("free", "state"), [(99_000_000, "problem"), (999_000_000, "note")])
def test_little_room_on_disk_is_reported_before_it_is_too_little(tmp_path: Path, free: int, state: str) -> None:
    findings = list(check_disk(replace(context(tmp_path, tmp_path / "cache"), free=lambda _: free)))
    assert [finding.state for finding in findings] == [state] * 3
    assert findings[0].text == f"only {free // 1_000_000} MB are free in {tmp_path}"


def test_enough_room_on_disk_is_no_finding(tmp_path: Path) -> None:
    assert list(check_disk(replace(context(tmp_path, tmp_path), free=lambda _: 1_000_000_000))) == []


def test_packages_of_another_version_than_the_lock_s_are_reported(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(
        f"pytest==0.1 \\\n    --hash=sha256:00\npyyaml=={version('pyyaml')} ; python_version >= '3'\nnone==1\n"
    )
    (finding,) = check_lock(context(tmp_path, tmp_path))
    assert finding == DoctorFinding(
        "note", f"requirements.lock asks for other versions than pytest {version('pytest')}", "make setup"
    )


def test_packages_as_locked_are_fine_whichever_of_the_lock_s_versions_they_are(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(
        f"pytest==0.1 ; python_version < '3'\npytest=={version('pytest')} ; python_version >= '3'\n"
    )
    assert [finding.state for finding in check_lock(context(tmp_path, tmp_path))] == ["ok"]
    assert list(check_lock(context(tmp_path / "none", tmp_path))) == []


@pytest.mark.parametrize("compose", ["", "services: [", "services: {api: {build: .}}", "- a"])
def test_a_project_without_localstack_is_asked_nothing_of_it(tmp_path: Path, compose: str) -> None:
    (tmp_path / "docker-compose.yml").write_text(compose)
    assert list(check_localstack(context(tmp_path, tmp_path))) == []


def test_a_localstack_that_asks_for_an_account_is_reported(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("services: {it: {image: 'localstack/localstack:latest'}}")
    finding = next(check_localstack(context(tmp_path, tmp_path)))
    assert finding.text.startswith("docker-compose.yml names localstack/localstack:latest: releases after 4.14.0")
    assert finding.hint.startswith("image: localstack/localstack:4.14.0")


def test_docker_that_is_not_there_keeps_nothing_else_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = check_docker(context(tmp_path, tmp_path))
    assert (finding.state, finding.text) == ("note", "there is no Docker: only docker compose up needs it")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}, "ok       there are AWS credentials (env)"),
        ({}, "note     there are no AWS credentials"),
        (
            {"AWS_PROFILE": "nobody"},
            "note     AWS credentials, which homeport deploy needs: The config profile (nobody)",
        ),
    ],
    ids=["set", "none", "unknown profile"],
)
def test_credentials_are_looked_for_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    files = {"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in {**files, **variables}.items():
        monkeypatch.setenv(name, value)
    done = homeport(notes_project(tmp_path), "doctor", "--port", "0", "--dynamodb-port", "0")
    assert expected in done.stdout
    assert done.returncode == 0


NODE_STAGES = "defaults: {runtime: nodejs22.x}\nstages: {local: {}}\n"


def in_node(root: Path) -> Path:
    """The notes with both handlers in JavaScript."""
    notes_project(root, stages=NODE_STAGES)
    for name in ("get_note", "put_note"):
        (root / "service" / "handlers" / f"{name}.py").unlink()
        (root / "service" / "handlers" / f"{name}.mjs").write_text("export const handler = async () => {};\n")
    return root


def fake_node(folder: Path, version: str) -> None:
    """A program that says that it is this Node.js."""
    folder.mkdir()
    (folder / "node").write_text(f"#!/bin/sh\necho v{version}\n")
    (folder / "node").chmod(0o755)


@pytest.mark.parametrize(
    ("version", "state", "text"),
    [
        ("22.11.0", "ok", "functions of nodejs22.x run on Node.js 22.11.0"),
        ("20.1.0", "note", "Node.js 22 is not installed here: nodejs22.x runs on Node.js 20"),
        ("18.0.0", "problem", "nodejs22.x needs Node.js, and there is none from version 20 on here"),
    ],
)
def test_the_nodejs_of_functions_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, state: str, text: str
) -> None:
    fake_node(tmp_path / "bin", version)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/nowhere")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = findings(in_node(tmp_path / "notes"), tmp_path / "cache")
    (named,) = (finding for finding in found if "nodejs22.x" in finding.text)
    assert (named.state, named.text.startswith(text)) == (state, True), named.text
    # No function is in Python.
    assert not any("functions run on" in finding.text for finding in found)
