"""Projects to add operations to, and commands run on them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from homeport.scaffold.init import StarterProject, find_starter, starter_projects, write_project
from homeport.scaffold.kit_wheel import KitSource
from tests.support.project import RESOURCES, SPEC

REQUIREMENT = "homeport[local,test,deploy]==1.0.0"
KIT = KitSource(REQUIREMENT)
STAGES = "defaults: {flavor: http}\nstages: {local: {}}\n"


def make_project(parent: Path, name: str = "made", source: str | None = None, flavor: str | None = None) -> Path:
    """A project as ``homeport init`` writes it."""
    return write_project(name, parent, KIT, find_starter(source, flavor, _starters()), flavor)


@cache
def _starters() -> Mapping[str, StarterProject]:
    return starter_projects()


def write_notes(root: Path, spec: str = SPEC) -> Path:
    """A project that knows nothing of the kit's own modules: two handlers, one table."""
    handler = 'def handler(event, context):\n    return {"statusCode": 204}\n'
    files = {
        "openapi.yaml": spec.lstrip(),
        "deploy/resources.yaml": RESOURCES.lstrip(),
        "deploy/stages.yaml": STAGES,
        "service/__init__.py": "",
        "service/handlers/__init__.py": "",
        "service/handlers/get_note.py": handler,
        "service/handlers/put_note.py": handler,
    }
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    return root


def contents(root: Path) -> Mapping[str, bytes]:
    """Every file by its place."""
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def homeport(folder: Path, *words: str, patience: float = 300) -> subprocess.CompletedProcess[str]:
    """A command of the kit, run in ``folder``."""
    command = [sys.executable, "-m", "homeport", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=patience, check=False)
