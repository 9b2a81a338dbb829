"""The project's own cases as a part of a run: which files, and what their report says."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.run.cases import case_files, read_cases
from homeport.contract.run.nested import RUN_VARIABLE, is_nested

REPORT = """<testsuites><testsuite>
<testcase classname="tests.contract.test_notes" name="test_a_note_is_kept[x]"><failure message="no">def t():
E  assert 1 == 2</failure></testcase>
<testcase classname="tests.contract.test_notes" name="test_a_note_is_found"/>
<testcase classname="test_notes" name="test_faults"><skipped message="at a given URL"/></testcase>
</testsuite></testsuites>"""


def write_cases(root: Path, *names: str) -> Path:
    folder = root / "tests" / "contract"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("def test_a_note_is_found(): pass\n\ndef test_a_note_is_kept(): pass\n")
    return root


def test_each_shard_has_its_own_files(tmp_path: Path) -> None:
    root = write_cases(tmp_path, "test_a.py", "test_b.py", "test_c.py", "conftest.py")
    parts = [[file.name for file in case_files(root, (number, 2))] for number in (1, 2)]
    assert parts == [["test_a.py", "test_c.py"], ["test_b.py"]]
    assert case_files(tmp_path / "nothing") == []


def test_a_failed_case_is_a_finding_with_its_sentence_and_its_line(tmp_path: Path) -> None:
    results = read_cases(REPORT, write_cases(tmp_path, "test_notes.py"))
    (finding,) = results.findings
    assert (finding.promise, finding.kind) == ("a note is kept", "case")
    assert finding.source is not None
    assert (finding.source.file, finding.source.line) == ("tests/contract/test_notes.py", 3)
    assert "assert 1 == 2" in finding.happened
    assert results.passed == 1
    assert results.skipped == ("test_faults: at a given URL",)


def test_a_process_knows_that_a_run_of_the_same_project_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_nested(tmp_path)
    monkeypatch.setenv(RUN_VARIABLE, str(tmp_path / "tests" / "contract"))
    assert is_nested(tmp_path)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "tests").symlink_to(tmp_path / "tests")
    assert is_nested(tmp_path / "links")
    assert not is_nested(tmp_path / "other")
