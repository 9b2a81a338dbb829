"""Puts the projects that ``homeport init`` starts from into the wheel, from where they stand in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = "homeport/_projects"
FILES = ("openapi.yaml", ".gitignore", ".dockerignore", "docker-compose.yml")
FOLDERS = ("service", "deploy", "tests")
MADE = frozenset(("__pycache__", "_validators.py", "_functions"))


class Projects(BuildHookInterface[Any]):
    """Lists the files; an editable install needs none, for it reads them where they are."""

    PLUGIN_NAME = "projects"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map each file to its place in the wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        wanted = [root / name for name in FILES]
        wanted += [file for name in ("service", "deploy") for file in (root / name).rglob("*")]
        wanted += (root / "tests" / "contract").glob("*")
        examples = [place.parent for place in root.glob("examples/*/openapi.yaml")]
        wanted += [example / "openapi.yaml" for example in examples]
        wanted += [file for example in examples for name in FOLDERS for file in (example / name).rglob("*")]
        for file in wanted:
            inside = file.relative_to(root)
            if file.is_file() and not MADE.intersection(inside.parts):
                build_data["force_include"][str(file)] = f"{PLACE}/{inside.as_posix()}"
