"""The context of the inspector's pages: the project as its files are now, its recordings, and where the API is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from homeport.project.load import RESOURCES_FILE, SPEC_FILES, STAGES_FILE, Project, load_project
from homeport.recordings.store import Recordings

_FILES = (*SPEC_FILES, STAGES_FILE, RESOURCES_FILE, ".env")


class ProjectFollower:
    """The project in ``root`` for a stage, loaded again when one of its files changes. Safe for any thread."""

    def __init__(self, root: Path, stage: str) -> None:
        self.root = root
        self.stage = stage
        self._lock = threading.Lock()
        self._state: tuple[int, ...] | None = None
        self._project: Project | None = None

    def current(self) -> Project:
        """Return the project. Raises HomeportError where its files are wrong."""
        with self._lock:
            state = tuple(map(self._modification_time, _FILES))
            if self._project is None or state != self._state:
                self._project, self._state = load_project(self.root, self.stage), state
            return self._project

    def _modification_time(self, name: str) -> int:
        try:
            return (self.root / name).stat().st_mtime_ns
        except OSError:
            return 0


@dataclass(frozen=True, slots=True)
class SiteContext:
    """All that a page needs. ``api`` is the API's base URL, ``dynamodb`` its tables' endpoint (None: it has none).

    ``recorded`` is whether requests are being recorded; ``fault_switch`` is the gateway's socket for faults.
    State-changing requests must carry ``token``.
    """

    projects: ProjectFollower
    recordings: Recordings
    recorded: bool
    api: str
    dynamodb: str | None
    fault_switch: Path
    token: str
