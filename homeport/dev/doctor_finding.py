"""The findings of ``homeport doctor``, and what its checks are given."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from homeport.dev.processes import DevOptions
from homeport.project.load import read_project
from homeport.project.project import Project

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """A ``problem`` keeps ``homeport dev`` from working, a ``note`` is good to know; ``hint`` is the advice."""

    state: State
    text: str
    hint: str = ""


ok = partial(DoctorFinding, "ok")
note = partial(DoctorFinding, "note")
problem = partial(DoctorFinding, "problem")


@dataclass(frozen=True, slots=True)
class DoctorContext:
    """The options that ``homeport dev`` would have. ``cache`` keeps the package sets.

    ``free`` returns the number of bytes that can still be written below a folder that exists.
    """

    options: DevOptions
    cache: Path
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.options.project

    def project(self) -> Project | None:
        """Return the project as far as it can be read."""
        return read_project(self.root, self.options.stage, inputs=self.options.inputs)[0]


def package_finding(whose: str, folder: Path) -> DoctorFinding:
    """Return whether a package set is in its folder."""
    if folder.is_dir():
        return ok(f"the packages of the {whose} are in {folder}")
    return note(f"the packages of the {whose} are not installed yet", "homeport setup does that, online")
