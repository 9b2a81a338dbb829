"""Puts the projects that ``homeport init`` starts from into the wheel, from where they stand in the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = "homeport/_projects"
FILES = ("openapi.yaml", ".gitignore", ".dockerignore", ".env.example", "docker-compose.yml")
FOLDERS = ("service", "deploy", "tests")
MADE = frozenset(("__pycache__", "_validators.py", "_functions"))


class Projects(BuildHookInterface[Any]):
    """Lists the files; an editable install needs none, for it reads them where they are."""

    PLUGIN_NAME = "projects"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map each file to its place; in the source archive only those behind links, which it would leave out."""
        if version == "editable":
            return
        root = Path(self.root)
        for file in _wanted(root):
            inside = file.relative_to(root)
            linked = any((root / parent).is_symlink() for parent in inside.parents)
            if self.target_name == "sdist" and linked:
                build_data["force_include"][str(file)] = inside.as_posix()
            elif self.target_name == "wheel":
                build_data["force_include"][str(file)] = f"{PLACE}/{inside.as_posix()}"


def _wanted(root: Path) -> list[Path]:
    patterns = ("examples/*/openapi.yaml", "examples/nodejs/*/openapi.yaml")
    examples = [place.parent for pattern in patterns for place in root.glob(pattern)]
    wanted = [root / name for name in FILES] + [example / "openapi.yaml" for example in examples]
    wanted += [
        *_walk(root / "service"),
        *_walk(root / "deploy"),
        *_walk(root / "admin"),
        *(root / "tests" / "contract").glob("*"),
    ]
    wanted += [file for example in examples for name in FOLDERS for file in _walk(example / name)]
    return [file for file in wanted if file.is_file() and not MADE.intersection(file.parts)]


def _walk(folder: Path) -> Iterator[Path]:
    for place, _, files in os.walk(folder, followlinks=True):
        yield from (Path(place, name) for name in files)
