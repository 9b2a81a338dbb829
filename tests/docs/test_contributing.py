"""The recipes of CONTRIBUTING.md: their files exist, and their changes work in a copy of the sources."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROOMS = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Rooms")[2]
RECIPES = re.split(r"^### ", PAGE.partition("## Three recipes")[2].partition("\n## ")[0], flags=re.MULTILINE)[1:]


def block(recipe: str, language: str) -> str:
    """Return a recipe's fenced block of that language."""
    return recipe.partition(f"```{language}\n")[2].partition("```")[0]


def apply(change: str, root: Path) -> None:
    """Apply a change in the form of a diff without line numbers: the old lines of a hunk stand once in their file."""
    for part in re.split(r"^--- ", change, flags=re.MULTILINE)[1:]:
        name, _, hunks = part.partition("\n")
        file = root / name
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for hunk in hunks.split("@@\n")[1:]:
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] or "\n" for line in lines if not line.startswith("+"))
            new = "".join(line[1:] or "\n" for line in lines if not line.startswith("-"))
            assert not old or text.count(old) == 1, f"{name} does not hold this once:\n{old}"
            text = text.replace(old, new) if old else new
        file.write_text(text, encoding="utf-8")


@pytest.mark.stack
@pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.partition("\n")[0] for recipe in RECIPES])
def test_a_recipe_works(recipe: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "homeport", tmp_path / "homeport", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / "try.py").write_text(block(recipe, "python"), encoding="utf-8")
    apply(block(recipe, "diff"), tmp_path)
    done = subprocess.run(
        [sys.executable, "try.py"], cwd=tmp_path, env={"PYTHONPATH": "."}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_files_and_functions_that_the_page_names_exist() -> None:
    files = re.findall(r"`((?:homeport|tests|docs)/[\w/.]+)`", PAGE + ROOMS)
    assert len(files) > 20
    assert [file for file in files if not (ROOT / file).exists()] == []
    for names, file in re.findall(r"((?:`\w+`(?:,| and)? )+)(?:in|of) `(homeport/[\w/]+\.py)`", PAGE):
        text = (ROOT / file).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^((def|class) )?{name}\b", text, re.MULTILINE), f"{file} has no {name}"
    for name, file in re.findall(r"`(\w+)` \(`(homeport/[\w/]+\.py)`\)", PAGE):
        assert re.search(rf"^(def|class) {name}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), name


def test_table_of_rooms_has_every_package_and_the_file_to_read_first() -> None:
    rooms = dict(re.findall(r"^\| `(homeport/\w+/)` \|[^|]*\| ([^|]*) \|$", ROOMS, re.MULTILINE))
    assert set(rooms) == {f"homeport/{file.parent.name}/" for file in (ROOT / "homeport").glob("*/__init__.py")}
    for package, start in rooms.items():
        for file in re.findall(r"`([\w/]+\.py)`", start):
            assert (ROOT / package / file).exists() or (ROOT / file).exists(), f"{package} has no {file}"
