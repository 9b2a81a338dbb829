"""``homeport doctor`` on this machine, and on one that lacks things."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from homeport.dev.doctor import Finding, Patient, examine
from tests.support.commands import homeport
from tests.support.project import SPEC, notes_project


def patient(root: Path, cache: Path, *, port: int = 0) -> Patient:
    return Patient(root, "local", "127.0.0.1", port=port, dynamodb_port=0, cache=cache)


def findings(root: Path, cache: Path, *, port: int = 0) -> list[Finding]:
    return list(examine(patient(root, cache, port=port)))


def problems(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.state == "problem"]


def test_a_fit_machine_is_told_so(tmp_path: Path) -> None:
    done = homeport(notes_project(tmp_path), "doctor", "--port", "0", "--dynamodb-port", "0")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("homeport dev can run here\n")
    assert f"ok       homeport runs on Python {sys.version.split()[0]}" in done.stdout


def test_a_port_in_use_keeps_dev_from_working_and_has_a_cure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = homeport(notes_project(tmp_path), "doctor", "--port", str(port), "--dynamodb-port", "0")
    assert done.returncode == 1
    assert f"problem  port {port} is in use by another program\n" in done.stdout
    assert f"choose another port: --port {port + 1}\n" in done.stdout
    assert done.stdout.endswith("homeport dev can't run here until the problems are solved\n")


def test_every_error_of_the_project_is_a_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path, spec=SPEC.replace("operationId: getNote", "operationId: gotNote"))
    (found,) = problems(findings(root, tmp_path / "cache"))
    assert found.text.startswith("openapi.yaml:")
    assert "service/handlers/got_note.py" in found.text + found.cure


def test_a_folder_without_a_project_is_a_problem(tmp_path: Path) -> None:
    assert "openapi.yaml" in problems(findings(tmp_path, tmp_path / "cache"))[0].text


def test_packages_that_are_not_installed_yet_are_no_problem(tmp_path: Path) -> None:
    found = findings(notes_project(tmp_path), tmp_path / "cache")
    notes = [finding for finding in found if "not installed yet" in finding.text]
    assert [note.cure for note in notes] == ["homeport setup does that, online"] * 2
    assert problems(found) == []


def test_a_runtime_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert str(taken) in found.cure


def test_a_long_temporary_folder_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert any("too long for sockets" in problem.text for problem in problems(findings(tmp_path, tmp_path)))
