"""Syntax errors in the Python files that were just saved, as the functions' interpreter sees them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from homeport.errors import Problem

_HINT = "functions that import it fail until it is mended"
# What another version of Python makes of a file: nothing, or the line, a colon and the message of its error.
_PROGRAM = """\
import sys
try:
    compile(open(sys.argv[1], "rb").read(), sys.argv[1], "exec")
except SyntaxError as error:
    print(f"{error.lineno or 0}:{error.msg}")
"""
_TIMEOUT = 10.0


def syntax_problems(root: Path, files: Iterable[Path], python: str) -> Iterator[Problem]:
    """Yield the syntax error of each Python file (relative to ``root``) that has one for the interpreter ``python``."""
    for file in files:
        if file.suffix == ".py" and (found := _own_error(root / file)) is not None:
            error = found if python == sys.executable else _error_of(python, root / file)
            if error is not None:
                yield Problem(error[1], str(file), error[0], _HINT)


def _own_error(file: Path) -> tuple[int, str] | None:
    try:
        compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 0, error.msg
    except (OSError, ValueError, RecursionError, MemoryError):
        # A file that is gone again, or what only an import can tell.
        return None
    return None


def _error_of(python: str, file: Path) -> tuple[int, str] | None:
    """Return the line and message of what another interpreter rejects, None if it accepts the file."""
    command = [python, "-I", "-S", "-c", _PROGRAM, str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    line, _, message = done.stdout.strip().partition(":")
    return (int(line), message) if message else None
