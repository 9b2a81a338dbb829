"""What to do about a function that failed, as the console and the inspector say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.project import Project
from homeport.runtime.api import PermissionCheck
from homeport.runtime.failure_hints import debugger_without_terminal, failure_hints, missing_variable
from tests.support.spec import load, write_project

pytestmark = pytest.mark.unit


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load(write_project(tmp_path))


def hints(project: Project, function: str, *checks: PermissionCheck, log: bytes = b"") -> list[str]:
    return list(failure_hints(project, function, checks, log))


def denied(project: Project, action: str) -> PermissionCheck:
    table = project.resources.tables["ThingsTable"].name
    return PermissionCheck(action, f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}", allowed=False)


def test_a_denied_action_is_added_to_access(project: Project) -> None:
    assert hints(project, "create-thing", denied(project, "dynamodb:GetItem")) == [
        "create-thing was denied dynamodb:GetItem: add GetItem to x-homeport.access.ThingsTable"
    ]


def test_a_right_that_was_given_since_needs_no_hint(project: Project) -> None:
    assert hints(project, "create-thing", denied(project, "dynamodb:PutItem")) == []


def test_a_denied_action_of_another_service_is_added_as_a_statement(project: Project) -> None:
    check = PermissionCheck("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:jobs", allowed=False)
    (hint,) = hints(project, "create-thing", check, check._replace(allowed=True))
    assert hint.startswith("create-thing was denied sqs:SendMessage: add {Effect: Allow, Action: sqs:SendMessage,")


def test_the_variable_of_a_table_without_access_is_explained(project: Project) -> None:
    (hint,) = hints(project, "list-things", log=b"[ERROR] KeyError: 'THINGS_TABLE'\n")
    assert hint.startswith("THINGS_TABLE is not set, for list-things has no access to ThingsTable")


def test_a_breakpoint_in_a_worker_has_a_hint(project: Project) -> None:
    (hint,) = hints(project, "list-things", log=b"> get_item.py(3)handler()\n(Pdb) \n")
    assert hint.endswith("start homeport dev --in-process")


@pytest.mark.parametrize(
    ("log", "variable"),
    [(b"[ERROR] KeyError: 'ITEMS_TABLE'\n", "ITEMS_TABLE"), (b"KeyError: 'itemId'", ""), (b"fine", "")],
)
def test_variable_that_is_missing_is_known_by_its_error(log: bytes, variable: str) -> None:
    assert missing_variable(log) == variable


@pytest.mark.parametrize(
    ("log", "asked"), [(b"-> breakpoint()\n(Pdb) \n", True), (b"bdb.BdbQuit\n", True), (b"", False)]
)
def test_breakpoint_without_a_terminal_is_known_by_the_debuggers_output(log: bytes, asked: bool) -> None:
    assert debugger_without_terminal(log) is asked
