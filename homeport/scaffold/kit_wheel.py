"""Homeport itself as a requirement of a new project.

As long as no package index has it, its wheel comes along in ``vendor/``: another machine, a CI job and a container
install the project's tools from what the repository holds.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from homeport.environment import EXTRAS

VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class KitSource:
    """The source of Homeport for a project: the line of requirements.txt, and the wheel that it names, None without."""

    requirement: str
    wheel: Path | None = None

    def copy_to(self, root: Path) -> tuple[Path, ...]:
        """Copy the wheel into the project, and return its path there, none where there is no wheel or it is there."""
        if self.wheel is None:
            return ()
        target = root / VENDOR / self.wheel.name
        if target.exists():
            return ()
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.wheel, target)
        return (target.relative_to(root),)


def kit_source(requirement: str) -> KitSource:
    """Return the source for a requirement that ``kit_requirement`` made: a wheel's file is taken along."""
    wheel = _wheel_of(requirement)
    if wheel is None or not wheel.is_file():
        return KitSource(requirement)
    return KitSource(f"./{VENDOR}/{wheel.name}[{EXTRAS}]", wheel)


def _wheel_of(requirement: str) -> Path | None:
    _, _, origin = requirement.partition(" @ ")
    url = urlsplit(origin)
    return Path(url2pathname(url.path)) if url.scheme == "file" and url.path.endswith(".whl") else None
