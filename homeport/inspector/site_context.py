"""The context of the inspector's pages: the project as its files are now, its recordings, and the faults at hand."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from homeport.project.load import load_project
from homeport.project.model import Resources
from homeport.project.project import RESOURCES_FILE, SPEC_FILES, STAGES_FILE, Project
from homeport.recordings.store import Recordings
from homeport.runtime.fault_socket import read_faults, send_faults
from homeport.runtime.faults import Faults, check_faults, parse_fault

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
class FaultRule:
    """A fault as ``--fault`` has it, and whether it is on."""

    text: str
    on: bool


class FaultBoard:
    """The faults that were switched on so far. The gateway, at the socket ``switch``, knows which of them are on."""

    def __init__(self, switch: Path) -> None:
        self._switch = switch
        self._lock = threading.Lock()
        self._known: list[str] = []

    def rules(self) -> tuple[FaultRule, ...]:
        """Return all that are known, in the order in which they came. Raises FaultSocketError."""
        with self._lock:
            return self._rules()

    def switch(self, text: str, on: bool, resources: Resources) -> None:
        """Switch a fault, new or known. Raises HomeportError for text that is no fault, or for an unknown table."""
        check_faults(Faults((parse_fault(text),)), resources)
        with self._lock:
            texts = [rule.text for rule in self._rules() if rule.on and rule.text != text]
            send_faults(self._switch, [*texts, text] if on else texts, read_faults(self._switch).seed)
            self._known += [] if text in self._known else [text]

    def forget(self, text: str) -> None:
        """Switch a fault off and drop it from the known ones. Raises FaultSocketError."""
        with self._lock:
            texts = [rule.text for rule in self._rules() if rule.on and rule.text != text]
            send_faults(self._switch, texts, read_faults(self._switch).seed)
            self._known = [known for known in self._known if known != text]

    def _rules(self) -> tuple[FaultRule, ...]:
        active = [fault.text for fault in read_faults(self._switch).faults]
        self._known += [text for text in dict.fromkeys(active) if text not in self._known]
        return tuple(FaultRule(text, text in active) for text in self._known)


@dataclass(frozen=True, slots=True)
class SiteContext:
    """All that a page needs. ``api`` is the API's base URL, ``dynamodb`` its tables' endpoint (None: it has none).
    ``recorded`` is whether requests are being recorded. State-changing requests must carry ``token``.
    """

    projects: ProjectFollower
    recordings: Recordings
    recorded: bool
    api: str
    dynamodb: str | None
    faults: FaultBoard
    token: str
