"""``--json``: one object on standard output, with the keys that the reference lists, and nothing else there."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from homeport.cli import main
from homeport.commands.json_output import FIELDS, PROBLEM_FIELDS, json_output
from tests.support.commands import homeport
from tests.support.spec import write_project


def result_of(capfd: pytest.CaptureFixture[str], command: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Run a command in this process and return the object that it prints."""
    assert main([command, *arguments, "--json"]) == status
    return parsed(command, capfd.readouterr().out)


def parsed(command: str, output: str) -> dict[str, Any]:
    """Return the one object of an output; its keys are those of the reference."""
    found: dict[str, Any] = json.loads(output)
    assert found.pop("version") == 1
    assert found.keys() <= {*FIELDS[command], *PROBLEM_FIELDS}
    return found


def test_check_prints_each_problem(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, stages="stages:\n  dev: {memry: 512}\n")
    found = result_of(capfd, "check", "--project", str(root), status=2)
    assert found["errors"] == 1
    assert found["problems"][0] == {
        "severity": "error",
        "file": "deploy/stages.yaml",
        "line": 2,
        "message": "unknown key 'memry' in a stage",
        "hint": "did you mean memory?",
    }


def test_check_of_a_sound_project_prints_no_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = result_of(capfd, "check", "--project", str(write_project(tmp_path)))
    assert (found["errors"], found["warnings"]) == (0, len(found["problems"]))


def test_contract_run_prints_its_findings(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path)
    arguments = ("--project", str(root), "--phases", "document", "--without-cases")
    found = result_of(capfd, "test", *arguments)
    assert found["holds"] is True and found["problem"] is None
    [api] = found["apis"]
    assert api["name"] == "Things API"
    assert api["findings"] == json.loads((Path(api["report"]).parent / "findings.json").read_text())


def test_list_of_snapshots_is_there_without_any(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = result_of(capfd, "snapshot", "list", "--project", str(tmp_path))
    assert found == {"action": "list", "snapshots": []}


def test_error_of_a_command_is_json_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["snapshot", "delete", "none", "--project", str(tmp_path), "--json"]) == 2
    output = capfd.readouterr()
    assert parsed("snapshot", output.out) == {
        "error": {"message": "there is no snapshot none", "hint": "homeport snapshot list", "problems": []}
    }
    assert output.err == "homeport: there is no snapshot none (homeport snapshot list)\n"


def test_error_in_the_files_has_each_problem(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, spec="openapi: 3.0.3\n")
    found = result_of(capfd, "invoke", "createThing", "--project", str(root), status=2)
    assert {each["file"] for each in found["error"]["problems"]} == {"openapi.yaml"}


def test_other_output_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with json_output(Namespace(json=True)) as publish:
        print("progress")
        os.write(1, b"of another process\n")
        publish({"a": 1})
    output = capfd.readouterr()
    assert output.out == '{"version": 1, "a": 1}\n'
    assert sorted(output.err.splitlines()) == ["of another process", "progress"]


@pytest.mark.stack
def test_doctor_prints_each_finding(tmp_path: Path) -> None:
    ran = homeport(write_project(tmp_path), "doctor", "--port", "0", "--dynamodb-port", "0", "--json")
    found = parsed("doctor", ran.stdout)
    assert found["fit"] is (ran.returncode == 0)
    assert {"state", "text", "hint"} == set(found["findings"][0])
