"""A function that never works is one finding, which names its exception and its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.finding import Finding
from homeport.contract.report.failing_functions import failing_functions, name_failing_functions
from homeport.gateway.observers.exchange_log import EXCHANGES
from homeport.project.model import Source
from homeport.project.project import Project
from tests.support.contract import make_exchange
from tests.support.spec import document, load, operation, write_document

_ERROR = "KeyError: 'NOTES_TABLE'"
_LOG = """\
[ERROR] {error}
Traceback (most recent call last):
  File "/usr/lib/python3.13/importlib/__init__.py", line 88, in import_module
  File "{root}/service/handlers/read.py", line 3, in <module>
  File "{root}/service/notes.py", line 12, in <module>
  File "<frozen os>", line 716, in __getitem__
INIT_REPORT Init Duration: 207.93 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.Unknown
START RequestId: 1 Version: $LATEST
"""


def _project(root: Path) -> Project:
    names = ("read", "write")
    paths = {f"/{name}": {"get": operation(operationId=name)} for name in names}
    return load(write_document(root, document(paths), handlers=names))


def _entry(root: Path, number: int, name: str = "read", error: str = _ERROR, fault: str = "") -> dict[str, Any]:
    log = _LOG.format(root=root, error=error) if error else "START RequestId: 1\n"
    invocation = {"requestId": "1", "error": "Unhandled" if error else None, "initMs": None}
    return {"requestId": f"id-{number}", "operation": name, "log": fault + log, "invocation": invocation}


def _record(root: Path, *entries: dict[str, Any]) -> Path:
    folder = root / "record"
    folder.mkdir()
    (folder / EXCHANGES).write_text("".join(f"{json.dumps(one)}\n" for one in entries))
    return folder


def _found(check: str, number: int, **more: Any) -> Finding:
    exchanges = (make_exchange(status=502, request_id=f"id-{number}"),)
    return Finding(check, "errors", "GET /read", "p", "o", "h", **{"exchanges": exchanges, **more})


def test_findings_of_a_function_that_never_works_are_one_that_names_it(tmp_path: Path) -> None:
    project = _project(tmp_path)
    refused = {"requestId": "id-8", "operation": "read", "log": "", "invocation": None}
    entries = [*(_entry(tmp_path, number) for number in range(3)), _entry(tmp_path, 9, "write", ""), refused]
    failing = failing_functions(project, [_record(tmp_path, *entries)])
    unused = Finding("unused-permission", "permissions", "", "p", "o", "h", subject="read GetItem NotesTable")
    findings = [_found("a", 0), _found("b", 1), _found("b", 2), _found("c", 9), unused]
    named, rest = name_failing_functions(project, findings, failing)
    assert rest == findings[3]
    assert (named.subject, named.source) == ("read", Source("service/notes.py", 12))
    assert named.happened.splitlines() == [
        f"read can't be imported: {_ERROR} (service/notes.py:12); none of 3 invocations succeeded",
        "4 other findings that come from it are left out: a, b (2), unused-permission",
    ]
    assert named.exchanges == findings[0].exchanges


def test_one_cause_in_several_functions_is_one_finding(tmp_path: Path) -> None:
    project = _project(tmp_path)
    entries = [_entry(tmp_path, number, name) for number, name in enumerate(("read", "write", "read", "write"))]
    (named,) = name_failing_functions(project, (), failing_functions(project, [_record(tmp_path, *entries)]))
    assert named.subject == "read, write"


@pytest.mark.parametrize(
    ("error", "fault"), [("", ""), ("ValueError: another", ""), (_ERROR, "homeport: fault *=lost on GetItem\n")]
)
def test_function_that_works_once_or_fails_otherwise_has_its_own_findings(
    tmp_path: Path, error: str, fault: str
) -> None:
    """Failures under faults that a check ordered say nothing of the function."""
    project = _project(tmp_path)
    entries = [_entry(tmp_path, 0), _entry(tmp_path, 1, error=error, fault=fault)]
    assert failing_functions(project, [_record(tmp_path, *entries)]) == ()
