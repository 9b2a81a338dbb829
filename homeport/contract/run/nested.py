"""The contract run that started a process: of which project it is, and where the stacks of its cases are recorded.

The project's own cases start stacks by themselves. What their functions ask of AWS belongs to the proof of least
privilege, so each of these stacks has an exchange log, in a folder that the run names.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

CASES_FOLDER = Path("tests", "contract")
# Names the cases of the project whose contract run started the process: a `homeport test` in one of them does nothing.
RUN_VARIABLE = "HOMEPORT_CONTRACT_RUN"
# The folder in which each stack of this project gets one of its own for its exchange log.
RECORD_VARIABLE = "HOMEPORT_CONTRACT_RECORD"


def is_nested(root: Path) -> bool:
    """Return whether this process is part of a contract run of the same project."""
    return os.environ.get(RUN_VARIABLE) == _identity(root)


def nested_variables(root: Path, record: Path | None) -> Mapping[str, str]:
    """Return the variables of a process that a contract run starts. ``record`` is None where nothing is recorded."""
    recorded = {RECORD_VARIABLE: str(record)} if record is not None else {}
    return {**os.environ, RUN_VARIABLE: _identity(root), **recorded}


def record_options(root: Path) -> tuple[str, ...]:
    """Return the options with which a stack of the project is recorded for the run; none outside of one."""
    folder = os.environ.get(RECORD_VARIABLE)
    if not folder or not is_nested(root):
        return ()
    return ("--record", tempfile.mkdtemp(dir=folder))


def _identity(root: Path) -> str:
    """Return the text that stands for a project. A folder of links has the cases of the one that they lead to."""
    return str((root / CASES_FOLDER).resolve())
