"""The rule for circles of imports finds them when modules are imported and in functions, not those for types."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.lint.import_circles import find_import_circles


def circles_in(root: Path, **files: str) -> list[str]:
    """Return the circles of a package ``kit`` with some modules."""
    for name, text in files.items():
        file = root / "kit" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return [line.split(": ", 1)[1].rpartition(";")[0] for line in find_import_circles(root / "kit")]


def test_two_modules_that_import_each_other_are_a_circle(tmp_path: Path) -> None:
    (line,) = circles_in(tmp_path, a="from kit.b import two\n", b="import kit.a\n")
    assert line.startswith("imports in a circle, when they are imported: kit.")
    assert {"kit.a", "kit.b"} == {*line.rpartition(": ")[2].split(" → ")}


def test_each_module_of_a_circle_imports_the_next(tmp_path: Path) -> None:
    texts = {"a": "from kit import b\n", "b": "from . import c\n", "c": "from .a import one\n"}
    (line,) = circles_in(tmp_path, **texts)
    names = line.rpartition(": ")[2].split(" → ")
    assert {*pairwise(names)} == {("kit.a", "kit.b"), ("kit.b", "kit.c"), ("kit.c", "kit.a")}


def test_import_in_a_function_closes_a_circle(tmp_path: Path) -> None:
    (line,) = circles_in(tmp_path, a="from kit.b import two\n", b="def f():\n    from kit.a import one\n")
    assert line.startswith("imports in a circle, with what functions import: ")


def test_two_circles_are_two_lines(tmp_path: Path) -> None:
    texts = {"a": "import kit.b\n", "b": "import kit.a\n", "c": "import kit.d\n", "d": "import kit.c\n"}
    assert len(circles_in(tmp_path, **texts)) == 2


@pytest.mark.parametrize(
    "back",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from kit.a import one\n",
        "import kit.other\n",
        "from b import two\n",
    ],
)
def test_import_for_types_or_of_another_module_closes_none(tmp_path: Path, back: str) -> None:
    assert circles_in(tmp_path, a="from kit.b import two\n", b=back, other="") == []


def test_package_that_takes_values_of_its_modules_is_no_circle(tmp_path: Path) -> None:
    texts = {"p/__init__": "from kit.p.m import one\n", "p/m": "from kit.p import n\n", "p/n": ""}
    assert circles_in(tmp_path, **texts) == []
