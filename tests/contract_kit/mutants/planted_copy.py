"""A copy of a project with a fault in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract_kit.mutants.mutant import PROJECTS, ROOT, Mutant

_CASES = Path("tests", "contract")
# The reference API lies beside the kit and its tests.
_REFERENCE_PARTS = ("service", "deploy")
# A stack generates the validators from the copy's own openapi.yaml.
_MADE = shutil.ignore_patterns("__pycache__", "_validators.py", ".homeport", "reports", ".hypothesis", ".schemathesis")
# Tests of the kit, and the one that is `homeport test` itself.
_NO_CASES = frozenset(("test_contract.py",))


@contextmanager
def planted_copy(project: str, mutant: Mutant | None = None) -> Iterator[Path]:
    """Copy a project into a temporary folder, and plant a fault there. Raises MisplacedFault."""
    with tempfile.TemporaryDirectory(prefix="homeport-mutant-") as folder:
        copy = Path(folder) / project
        if PROJECTS[project] == ROOT:
            _copy_reference(copy)
        else:
            shutil.copytree(PROJECTS[project], copy, ignore=_MADE)
        for file, text in mutant.mutated().items() if mutant else ():
            (copy / file).write_text(text, encoding="utf-8")
        yield copy


def case_files(copy: Path) -> list[Path]:
    """Return the test modules that a project's owner wrote."""
    return sorted((copy / _CASES).glob("test_*.py"))


def _copy_reference(copy: Path) -> None:
    for name in _REFERENCE_PARTS:
        shutil.copytree(ROOT / name, copy / name, ignore=_MADE)
    shutil.copy(ROOT / "openapi.yaml", copy / "openapi.yaml")
    (copy / _CASES).mkdir(parents=True)
    for file in (ROOT / _CASES).iterdir():
        if file.is_file() and file.name not in _NO_CASES:
            shutil.copy(file, copy / _CASES / file.name)
