"""Checking a whole project."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.check import RULES, check_project, examine_project
from tests.support.spec import SPEC, check_problems, document, load, operation, write_document, write_project


def test_a_valid_project_has_no_problems(tmp_path: Path) -> None:
    assert check_problems(write_project(tmp_path)) == []
    assert len(RULES) == len(set(RULES))


def test_a_problem_names_file_line_and_hint(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SPEC.replace("required: true, schema", "required: false, schema"))
    line = SPEC[: SPEC.index("operationId: getThing")].count("\n")
    assert [str(problem) for problem in check_problems(root)] == [
        f"openapi.yaml:{line}: error: the path parameter 'thingId' of GET /things/{{thingId}} is not required "
        "(add required: true)"
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def handler(event, context): pass", None),
        ("def handler(*arguments): pass", None),
        ("def handler(event, context, extra=None): pass", None),
        ("@wrapped\ndef handler(event): pass", None),
        ("def handler(event): pass", "handler does not take the two arguments that Lambda calls it with"),
        ("def handler(a, b, c): pass", "handler does not take the two arguments that Lambda calls it with"),
        (
            "def handler(event, context, *, extra): pass",
            "handler does not take the two arguments that Lambda calls it with",
        ),
        ("def handler(event, context:\n  pass", "syntax error: '(' was never closed"),
    ],
)
def test_handlers_are_read_when_the_check_is_thorough(tmp_path: Path, source: str, message: str | None) -> None:
    root = write_document(tmp_path, document({"/a": {"get": operation()}}))
    (root / "service/handlers/act.py").write_text(source)
    assert check_project(load(root), thorough=False) == []
    assert [problem.message for problem in check_problems(root)] == ([] if message is None else [message])


def test_a_broken_seed_is_found_when_the_check_is_thorough(tmp_path: Path) -> None:
    root = write_project(tmp_path, files={"deploy/seed/local.json": '{"a": [}'})
    assert [str(problem) for problem in check_problems(root)] == [
        "deploy/seed/local.json:1: error: not JSON: Expecting value (mend it)"
    ]


def test_examining_reports_what_reading_and_checking_find(tmp_path: Path) -> None:
    root = write_project(
        tmp_path, spec=SPEC.replace("description: Made.", "descripton: Made."), handlers=("create_thing",)
    )
    assert [problem.message for problem in examine_project(root, environ={})] == [
        "the handler service/handlers/list_things.py does not exist",
        "unknown key 'descripton' in a response",
        "a response needs 'description'",
        "the handler service/handlers/get_thing.py does not exist",
    ]
    assert [problem.message for problem in examine_project(tmp_path / "nothing", environ={})] == [
        "there is no such directory"
    ]
