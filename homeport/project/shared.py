"""A project that one process has read, for the others of its run: they don't read the same files again.

They need not even import what reads them, which takes longer than all the rest of a start. The file is in the run's
private folder; whoever could write there could start processes as this user.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from homeport.child_process import ProcessSettings
from homeport.file_stamp import FileStamp, file_stamp
from homeport.project.project import Project, ProjectInputs
from homeport.project.source_places import relative_place

if TYPE_CHECKING:
    from homeport.project.load import ProjectFollower

# Nanoseconds. Filesystems stamp files by a clock that stands still for some milliseconds.
_COARSE = 50_000_000


def share_project(read: Callable[[], Project]) -> tuple[Project, bytes]:
    """Return the project that ``read`` gives, and its bytes for ``shared_project``, empty where it can't be shared."""
    began = time.time_ns()
    project = read()
    stamps = _stamps_of(project)
    if any(stamp is not None and stamp[0] > began - _COARSE for stamp in stamps.values()):
        # It may have been saved while it was read.
        return project, b""
    return project, pickle.dumps((stamps, project))


class SharedProject(NamedTuple):
    """A project as one process has read it, and the stamps that its files had then."""

    stamps: dict[str, FileStamp]
    project: Project

    def is_current(self) -> bool:
        """Return whether no file of the project has changed since."""
        return self.stamps == _stamps_of(self.project)


def read_shared(file: Path) -> SharedProject | None:
    """Return the content of a file that ``share_project`` made the content of, None where it could not be shared."""
    with suppress(OSError, EOFError):
        stamps, project = pickle.loads(file.read_bytes())
        if isinstance(project, Project):
            return SharedProject(stamps, project)
    return None


def shared_project(file: Path) -> Project | None:
    """Return the project in a file that ``share_project`` made the content of; None if its files have changed since."""
    shared = read_shared(file)
    return shared.project if shared is not None and shared.is_current() else None


def project_of(settings: ProcessSettings) -> Project:
    """Return the project of a child process. Raises ProjectError with every problem."""
    if (shared := shared_project(Path(settings.shared))) is not None:
        return shared
    from homeport.project.load import load_project

    inputs = ProjectInputs.from_text(settings.inputs)
    return load_project(Path(settings.project), settings.stage, inputs=inputs)


def follower_of(settings: ProcessSettings) -> ProjectFollower:
    """Return a follower of the project of a child process."""
    from homeport.project.load import ProjectFollower

    inputs = ProjectInputs.from_text(settings.inputs)
    return ProjectFollower(Path(settings.project), settings.stage, inputs, shared_project(Path(settings.shared)))


def _stamps_of(project: Project) -> dict[str, FileStamp]:
    return {name: file_stamp(project.root / name) for name in _files_of(project)}


def _files_of(project: Project) -> Iterator[str]:
    """Yield the files that the project was read from; of the kit's own shape, all that its folders have."""
    root, places = project.root, project.source_places
    yield from places.files
    if project.template:
        return
    for folder in places.subfolders(root):
        inside = relative_place(root, folder)
        for file in sorted(folder.iterdir()):
            name = inside / file.name
            if places.has(name) and file.is_file():
                yield str(name)
