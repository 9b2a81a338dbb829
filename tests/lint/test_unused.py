"""The rule for unused names finds those of a package that neither its modules nor its programs use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.unused import find_unused


def unused_in(root: Path, **files: str) -> list[str]:
    """Return the unused names of a package ``kit`` with some modules; ``docs`` is the text of a program."""
    for name, text in files.items():
        file = root / ("tests/docs/write.py" if name == "docs" else f"kit/{name}.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return [problem.split(": ")[1] for problem in find_unused(root / "kit")]


@pytest.mark.parametrize(
    "text", ["LIMIT = 3\n", "LIMIT: int = 3\n", "def LIMIT():\n    pass\n", "class LIMIT:\n    pass\n"]
)
def test_name_that_nothing_uses_is_reported(tmp_path: Path, text: str) -> None:
    assert unused_in(tmp_path, limits=text, other="from kit.limits import MOST\n") == ["LIMIT"]


@pytest.mark.parametrize(
    "use",
    [
        {"limits": "LIMIT = 3\nprint(LIMIT)\n"},
        {"limits": "LIMIT = 3\n", "other": "from kit.limits import LIMIT\n"},
        {"limits": "LIMIT = 3\n", "other": "from .limits import LIMIT\n"},
        {"limits": "LIMIT = 3\n", "other": "from kit import limits\nprint(limits.LIMIT)\n"},
        {"limits": "LIMIT = 3\n", "docs": "from kit.limits import LIMIT\n"},
        {"__init__": "LIMIT = 3\n", "other": "from kit import LIMIT\n"},
    ],
)
def test_name_that_a_module_or_a_program_uses_is_left_alone(tmp_path: Path, use: dict[str, str]) -> None:
    assert unused_in(tmp_path, **use) == []


def test_registered_function_is_left_alone(tmp_path: Path) -> None:
    assert unused_in(tmp_path, hooks="import app\n\n\n@app.route\ndef show():\n    pass\n") == []
