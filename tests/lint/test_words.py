"""The lint rules find what they are for, and leave the rest alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.words import check_documents, check_files, check_tests


def problems_of(folder: Path, text: str) -> list[str]:
    """Return what the rules for modules say about one module, without its path."""
    file = folder / "module.py"
    file.write_text(text)
    return [problem.removeprefix(f"{file}:") for problem in check_files([file])]


def test_plain_module_has_no_problems(tmp_path: Path) -> None:
    text = '"""Send requests."""\n\n\ndef send_request(url: str) -> None:\n    """Send a request."""\n'
    assert problems_of(tmp_path, text) == []


@pytest.mark.parametrize("first", ["What", "That", "Those", "One", "So", "Whether", "How", "It"])
def test_docstring_without_a_subject_is_reported(tmp_path: Path, first: str) -> None:
    assert problems_of(tmp_path, f'def show():\n    """{first} is shown."""\n') == [
        f"1: a docstring begins with {first!r}; begin with a verb or with a noun that names the subject"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def find_cure():\n    pass\n",
        "class PatienceError(Exception):\n    pass\n",
        "def send(surroundings):\n    pass\n",
        "verdict = 1\n",
    ],
)
def test_retired_word_in_a_name_is_reported(tmp_path: Path, text: str) -> None:
    (problem,) = problems_of(tmp_path, text)
    assert "is retired; say: " in problem


@pytest.mark.parametrize(("name", "count"), [("shown", 1), ("_masked", 1), ("show", 0), ("is_shown", 0), ("seed", 0)])
def test_participle_as_a_function_name_is_reported(tmp_path: Path, name: str, count: int) -> None:
    assert len(problems_of(tmp_path, f"def {name}():\n    pass\n")) == count


def test_property_may_be_a_participle(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "class A:\n    @property\n    def started(self):\n        return 1\n") == []


def test_class_that_is_defined_twice_is_reported(tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for file in files:
        file.write_text("class Target:\n    pass\n")
    assert list(check_files(files)) == [f"{files[0]}:1: class Target is defined again: {files[1]}:1"]


def test_person_in_a_comment_is_they(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "# The caller gets his token.\n") == ["1: 'his': a person is 'they'"]


def test_document_is_checked_outside_of_code(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("# Page\n\nThe caller sends his token.\n\n```\nhis\n```\n\nA verdict is given.\n")
    assert [problem.split(": ")[0] for problem in check_documents([file])] == [f"{file}:3", f"{file}:9"]


def test_name_of_a_test_begins_with_its_subject(tmp_path: Path) -> None:
    file = tmp_path / "test_a.py"
    file.write_text("def test_one_that_waits():\n    pass\n\n\ndef test_request_is_sent():\n    pass\n")
    assert list(check_tests([file])) == [f"{file}:1: test_one_that_waits: name the subject instead of 'one_that'"]


@pytest.mark.parametrize(
    "text", ['"""Send what is told."""\n', "# It is built anew.\n", 'LIMIT = 3\n"""It goes on."""\n']
)
def test_retired_word_in_a_docstring_or_a_comment_is_reported(tmp_path: Path, text: str) -> None:
    assert len(problems_of(tmp_path, text)) == 1
    assert problems_of(tmp_path, "text = 'told'\n") == []
