"""Files of a project, read into values with lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import Problem
from homeport.project.source.document import LARGEST, read_document


def problems(root: Path, name: str, content: bytes) -> list[Problem]:
    """Return the problems that reading a file with this content reports."""
    (root / name).write_bytes(content)
    return read_document(root, name)[1]


def test_json_and_yaml_of_one_document_are_the_same_value(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": [1, {"b": "\\ud83d\\ude00 \\/"}],\n "c": null, "d": -1.5e2}')
    (tmp_path / "a.yaml").write_text("a: [1, {b: 😀 /}]\nc: null\nd: -150.0\n", encoding="utf-8")
    from_json, from_yaml = read_document(tmp_path, "a.json")[0], read_document(tmp_path, "a.yaml")[0]
    assert from_json is not None
    assert from_yaml is not None
    assert from_json.value == from_yaml.value == {"a": [1, {"b": "😀 /"}], "c": None, "d": -150.0}
    assert [from_json.line(path) for path in (("a",), ("a", "1", "b"), ("c",))] == [1, 1, 2]


def test_a_document_finds_the_value_at_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1, {b: null}]\n")
    document, _ = read_document(tmp_path, "a.yaml")
    assert document is not None
    assert document.find(("a", "1", "b")) == (None,)
    assert document.find(("a", "2")) is None
    assert document.find(("a", "x")) is None


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b'{\n"a": 1,\n}', "not JSON: Expecting property name enclosed in double quotes", 3),
        (b'{"a": 1,\n"b": NaN}', "not JSON: NaN is not a JSON number", 2),
        (b'{"a": 1,\n"a": 2}', "the key 'a' stands here a second time (first on line 1)", 2),
        (b"[" * 5_000, "nested more than 100 levels deep", 0),
        (b"[" * 150 + b"]" * 150, "nested more than 100 levels deep", 1),
    ],
)
def test_broken_json_is_a_problem_with_its_line(tmp_path: Path, content: bytes, message: str, line: int) -> None:
    [problem] = problems(tmp_path, "a.json", content)
    assert (problem.message, problem.line) == (message, line)


def test_bytes_that_are_no_utf_8_are_a_problem_with_their_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "a.yaml", b"a: 1\nb: \xff\n") == [
        Problem("the byte 0xff is not UTF-8", "a.yaml", 2, "save the file as UTF-8")
    ]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    document, found = read_document(tmp_path, "a.yaml")
    assert document is not None
    assert (document.value, found) == ({"a": 1}, [])


def test_a_file_that_is_too_large_or_can_not_be_read_is_a_problem(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, "a.yaml", b"#" * (LARGEST + 1))
    assert problem.message == f"is {LARGEST + 1} bytes long, more than the {LARGEST} that API Gateway imports"
    (tmp_path / "b.yaml").mkdir()
    assert read_document(tmp_path, "b.yaml") == (None, [Problem("can't be read: Is a directory", "b.yaml")])
