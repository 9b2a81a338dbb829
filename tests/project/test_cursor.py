"""Reading a document at one place."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.errors import Problem
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.yaml_text import read_yaml


def cursor(text: str) -> Cursor:
    """A cursor of a YAML text."""
    tree = read_yaml(text)
    return Cursor(Document("test.yaml", tree.value, tree.source_map), (), tree.value, Diagnostics())


def found(of: Cursor) -> list[str]:
    """Return the problems as lines of text."""
    return [str(problem) for problem in of.diagnostics.all()]


def test_values_of_the_right_type_are_returned_without_a_problem() -> None:
    root = cursor("{t: text, n: 5, f: true, l: [a, b], m: {x: 1}}")
    assert root.text("t") == "text"
    assert root.integer("n", 1, 10) == 5
    assert root.flag("f") is True
    assert root.texts("l") == ("a", "b")
    assert root.map("m").value == {"x": 1}
    assert root.choice("t", ("text", "other"), "other") == "text"
    assert found(root) == []


def test_an_absent_or_null_value_has_its_default_without_a_problem() -> None:
    root = cursor("{t: null}")
    assert (root.text("t", "d"), root.integer("n", 1, 2), root.flag("f"), root.texts("l")) == ("d", None, False, ())
    assert (root.map("m").value, root.list("l"), root.choice("c", ("a",), "a")) == ({}, (), "a")
    assert found(root) == []


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        ("a:\n  5", lambda root: root.text("a"), "'a' must be text, not the number 5 (put quotes around it)"),
        ("a: true", lambda root: root.text("a"), "'a' must be text, not true (put quotes around it)"),
        ("a: x", lambda root: root.flag("a"), "'a' must be true or false, not the text 'x'"),
        ("a: true", lambda root: root.integer("a", 0, 9), "'a' must be a whole number, not true"),
        ("a: 11", lambda root: root.integer("a", 0, 9, "MB"), "'a' must be from 0 to 9 MB, not 11"),
        ("a: {}", lambda root: root.list("a"), "'a' must be a list, not a map"),
        ("a: []", lambda root: root.map("a"), "'a' must be a map, not a list"),
        (
            "a: [x, 1]",
            lambda root: root.texts("a"),
            "entry 2 of 'a' must be text, not the number 1 (put quotes around it)",
        ),
        ("a: htp", lambda root: root.choice("a", ("http", "rest"), "http"), "'a' can't be 'htp' (did you mean http?)"),
        ("a: 1", lambda root: root.only(("b", "c"), "a test"), "unknown key 'a' in a test (known: b, c)"),
    ],
)
def test_a_value_of_the_wrong_type_is_reported_at_its_line(text: str, read: Any, message: str) -> None:
    root = cursor(text)
    read(root)
    assert found(root) == [f"test.yaml:1: error: {message}"]


def test_a_problem_is_reported_once() -> None:
    root = cursor("a: 5")
    root.text("a")
    root.text("a")
    assert len(found(root)) == 1


def test_references_are_followed_to_their_end() -> None:
    root = cursor("a: {$ref: '#/b'}\nb: {$ref: '#/c~1d/e%20f'}\nc/d:\n  e f: {x: 1}\n")
    resolved = root.at("a").resolve()
    assert resolved is not None
    assert (resolved.value, resolved.line) == ({"x": 1}, 4)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "a: {$ref: '#/components/schemas/Itm'}\ncomponents: {schemas: {Item: {}}}",
            "the reference '#/components/schemas/Itm' leads to nothing",
            "did you mean Item?",
        ),
        ("a: {$ref: '#/b'}\nb: {$ref: '#/a'}", "the reference '#/b' leads back to itself", ""),
        (
            "a: {$ref: other.yaml#/x}",
            "the reference 'other.yaml#/x' leads out of this file, where API Gateway does not follow",
            "copy what it refers to under components",
        ),
        (
            "a: {$ref: 'https://x.example/y'}",
            "the reference 'https://x.example/y' leads out of this file, where API Gateway does not follow",
            "copy what it refers to under components",
        ),
        ("a: {$ref: 5}", "'$ref' must be text, not the number 5", "put quotes around it"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(text: str, message: str, hint: str) -> None:
    root = cursor(text)
    assert root.at("a").resolve() is None
    assert root.diagnostics.all() == (Problem(message, "test.yaml", 1, hint),)
