"""The rule for named modules finds those that a text names and that are not there."""

from __future__ import annotations

from pathlib import Path

from tests.lint.named_modules import check_docstring_modules, check_document_modules


def write_modules(root: Path, *names: str) -> None:
    """Write empty modules."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def missing_in_docstring(root: Path, text: str) -> list[str]:
    """Return the modules that are missing for the docstring of ``homeport/room/__init__.py``."""
    (root / "homeport/room/__init__.py").write_text(f'"""{text}"""\n')
    return [problem.split()[-2] for problem in check_docstring_modules(root / "homeport")]


def test_module_that_is_not_near_a_docstring_is_reported(tmp_path: Path) -> None:
    write_modules(tmp_path, "homeport/room/here.py", "homeport/elsewhere/away.py")
    assert missing_in_docstring(tmp_path, "Read ``here.py``, then ``away.py`` and ``gone.py``.") == [
        "away.py",
        "gone.py",
    ]


def test_module_beside_above_or_below_a_docstring_is_found(tmp_path: Path) -> None:
    write_modules(tmp_path, "homeport/room/here.py", "homeport/above.py", "homeport/room/inner/below.py")
    text = "See ``here.py``, ``above.py``, ``below.py``, ``room/here.py`` and ``homeport/room/inner/below.py``."
    assert missing_in_docstring(tmp_path, text) == []


def test_file_of_a_project_is_left_alone(tmp_path: Path) -> None:
    write_modules(tmp_path, "homeport/room/here.py")
    assert missing_in_docstring(tmp_path, "``service/handlers/create_item.py`` serves ``createItem``.") == []


def test_module_that_a_document_names_is_anywhere_in_the_repository(tmp_path: Path) -> None:
    write_modules(tmp_path, "homeport/room/here.py", "tests/lint/words.py")
    page = tmp_path / "page.md"
    page.write_text("`room/here.py` and `words.py` are there.\n`gone.py` is not.\n")
    assert [*check_document_modules([page], tmp_path)] == [f"{page}:2: there is no gone.py"]
