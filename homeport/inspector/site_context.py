"""The project as its files are now, read again when one of them has changed.

What every page of the inspector works on.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from homeport.inspector.fault_board import FaultBoard
from homeport.project.load import load_project
from homeport.project.project import RESOURCES_FILE, SPEC_FILES, STAGES_FILE, Project
from homeport.recordings.reader import Recordings

_FILES = (*SPEC_FILES, STAGES_FILE, RESOURCES_FILE, ".env")


class Projects:
    """The project in ``root`` for a stage; for any thread."""

    def __init__(self, root: Path, stage: str) -> None:
        self.root = root
        self.stage = stage
        self._lock = threading.Lock()
        self._state: tuple[int, ...] | None = None
        self._project: Project | None = None

    def current(self) -> Project:
        """The project. Raises HomeportError where its files are wrong."""
        with self._lock:
            state = tuple(map(self._changed, _FILES))
            if self._project is None or state != self._state:
                self._project, self._state = load_project(self.root, self.stage), state
            return self._project

    def _changed(self, name: str) -> int:
        try:
            return (self.root / name).stat().st_mtime_ns
        except OSError:
            return 0


@dataclass(frozen=True, slots=True)
class Site:
    """``api`` is the API's base URL, ``dynamodb`` its tables' endpoint (None: it has none). ``recorded`` is whether
    requests are being recorded. ``token`` is what state-changing calls must carry.
    """

    projects: Projects
    recordings: Recordings
    recorded: bool
    api: str
    dynamodb: str | None
    faults: FaultBoard
    token: str
