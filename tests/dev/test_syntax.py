"""Syntax errors of saved files are named with their line, as the functions' own Python sees them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from homeport.dev.syntax import syntax_problems
from tests.support.project import write_files

FILES = {"service/good.py": "x = 1\n", "service/bad.py": "x = 1\ndef (\n", "service/note.txt": "def (\n"}


def found(root: Path, python: str) -> list[tuple[str, int]]:
    write_files(root, FILES)
    files = [Path(name) for name in (*FILES, "service/gone.py")]
    return [(problem.file, problem.line) for problem in syntax_problems(root, files, python)]


@pytest.mark.unit
def test_file_with_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    assert found(tmp_path, sys.executable) == [("service/bad.py", 2)]


@pytest.mark.stack
def test_another_python_of_the_functions_has_the_last_word(tmp_path: Path) -> None:
    assert found(tmp_path, str(Path(sys.executable).resolve())) == [("service/bad.py", 2)]
    accepting = tmp_path / "accepting"
    accepting.write_text("#!/bin/sh\n")
    accepting.chmod(0o755)
    assert found(tmp_path, str(accepting)) == []
