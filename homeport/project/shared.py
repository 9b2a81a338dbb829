"""A template's project that one process has read, for the others of its run: they don't read the same files again.

SAM's result for sixty functions takes longer to read than all the rest of a start. The file is in the run's private
folder; whoever could write there could start processes as this user.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from homeport.child_process import ProcessSettings
from homeport.project.load import ProjectFollower, load_project
from homeport.project.project import Project, ProjectInputs

# Nanoseconds. Filesystems stamp files by a clock that stands still for some milliseconds.
_COARSE = 50_000_000

Stamps = dict[str, tuple[int, int] | None]


def share_project(read: Callable[[], Project]) -> tuple[Project, bytes]:
    """Return the project that ``read`` gives, and its bytes for ``shared_project``, empty where it can't be shared."""
    began = time.time_ns()
    project = read()
    if not project.template:
        return project, b""
    stamps = _stamps_of(project)
    if any(stamp is not None and stamp[0] > began - _COARSE for stamp in stamps.values()):
        # It may have been saved while it was read.
        return project, b""
    return project, pickle.dumps((stamps, project))


def shared_project(file: Path) -> Project | None:
    """Return the project in a file that ``share_project`` made the content of; None if its files have changed since."""
    with suppress(OSError, EOFError):
        stamps, project = pickle.loads(file.read_bytes())
        if isinstance(project, Project) and stamps == _stamps_of(project):
            return project
    return None


def project_of(settings: ProcessSettings) -> Project:
    """Return the project of a child process. Raises ProjectError with every problem."""
    inputs = ProjectInputs.from_text(settings.inputs)
    return shared_project(Path(settings.shared)) or load_project(Path(settings.project), settings.stage, inputs=inputs)


def follower_of(settings: ProcessSettings) -> ProjectFollower:
    """Return a follower of the project of a child process."""
    inputs = ProjectInputs.from_text(settings.inputs)
    return ProjectFollower(Path(settings.project), settings.stage, inputs, shared_project(Path(settings.shared)))


def _stamps_of(project: Project) -> Stamps:
    return {name: _stamp_of(project.root / name) for name in project.source_places.files}


def _stamp_of(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
