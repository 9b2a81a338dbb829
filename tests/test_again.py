"""Tests that failed are run once more, alone: by real runs of pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service import ROOT

pytestmark = pytest.mark.stack

PASSES_THE_SECOND_TIME = """
from pathlib import Path

def test_flaky():
    seen = Path("seen")
    before = seen.exists()
    seen.touch()
    assert before
"""


def run_again(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "tests.again", "-q", "test_it.py"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_that_passes_alone_is_printed_as_flaky(tmp_path: Path) -> None:
    done = run_again(tmp_path, PASSES_THE_SECOND_TIME)
    assert done.returncode == 0, done.stdout
    assert "flaky: test_it.py::test_flaky failed beside other tests, and passes alone" in done.stdout


def test_a_test_that_fails_twice_fails_the_run(tmp_path: Path) -> None:
    done = run_again(tmp_path, "def test_broken():\n    assert False\n")
    assert done.returncode == 1
    assert done.stdout.count("1 failed") == 2
    assert "flaky" not in done.stdout


def test_many_failures_are_not_run_again(tmp_path: Path) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_broken(n):\n    assert False\n"
    done = run_again(tmp_path, text)
    assert done.returncode == 1
    assert "run again" not in done.stdout


@pytest.mark.parametrize(
    ("text", "status"), [("def test_fine():\n    pass\n", 0), ("import nothing_of_this_name\n", 2), ("", 5)]
)
def test_other_exit_statuses_are_those_of_pytest(tmp_path: Path, text: str, status: int) -> None:
    assert run_again(tmp_path, text).returncode == status
