"""Follows the project's files and brings what changed to the processes that serve it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from watchfiles import Change, watch

from homeport.errors import HomeportError
from homeport.package_cache import Say
from homeport.project.check import usable_project
from homeport.project.validators.generate import is_generated, write_generated

# Milliseconds. Editors save in several steps; what follows within this time is one change.
_DEBOUNCE = 40
_STEP = 10
_SPEC = ("openapi.yaml", "openapi.yml", "openapi.json", ".env")


class Follower:
    """Watches a project. A byte on ``changes`` tells the gateway; before that, once the project is sound, ``changed``
    gets the files that changed since it was sound last.
    """

    def __init__(
        self, root: Path, stage: str, changes: int, changed: Callable[[Collection[Path]], None], say: Say
    ) -> None:
        self._root, self._stage, self._say = root, stage, say
        self._changes = changes
        self._changed = changed
        self._untold: set[Path] = set()
        # Files that are links, by what they lead to: there they are changed.
        links = (root / name for name in _SPEC)
        self._links = {link.resolve(): Path(link.name) for link in links if link.is_symlink()}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Watch from now on, in threads of its own."""
        # The root apart, and not what is below it: an editor that saves by renaming replaces the file itself.
        folders = [folder for folder in (self._root / "service", self._root / "deploy") if folder.is_dir()]
        roots = {self._root, *(file.parent for file in self._links if file.parent.is_dir())}
        for places, recursive in ((sorted(roots), False), (folders, True)):
            threading.Thread(target=self._follow, args=(places, recursive), daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()

    def _follow(self, places: Collection[Path], recursive: bool) -> None:
        found = watch(
            *places,
            watch_filter=self._concerns,
            debounce=_DEBOUNCE,
            step=_STEP,
            recursive=recursive,
            stop_event=self._stop,
            raise_interrupt=False,
        )
        for changes in found:
            with self._lock:
                self._take_up(sorted({self._place(path) for _, path in changes}))

    def _concerns(self, _: Change, path: str) -> bool:
        place = self._place(path)
        if place.parts[0] in ("service", "deploy"):
            hidden = any(part == "__pycache__" or part.startswith(".") for part in place.parts)
            return not (hidden or is_generated(place) or place.name.endswith(("~", ".tmp", ".swp")))
        return place.name in _SPEC and len(place.parts) == 1

    def _place(self, path: str) -> Path:
        """Where a file is in the project; one that is none of its own stays as it is."""
        found = Path(path)
        if found in self._links:
            return self._links[found]
        return found.relative_to(self._root) if found.is_relative_to(self._root) else found

    def _take_up(self, changed: list[Path]) -> None:
        problems = self._problems()
        self._untold.update(changed)
        if problems:
            self._say(f"{_named(changed)} changed, and something is wrong now:\n{problems}")
        else:
            self._changed(self._untold)
            self._untold = set()
            self._say(f"reloaded: {_named(changed)}")
        tell_gateway(self._changes)

    def _problems(self) -> str:
        try:
            project, _ = usable_project(self._root, self._stage)
            write_generated(project.root, project.api)
        except HomeportError as error:
            return str(error)
        return ""


def tell_gateway(changes: int) -> None:
    """Have the gateway take up the project's files, and the worker parent that is there now."""
    os.write(changes, b"\n")


def _named(changed: list[Path]) -> str:
    names = [str(path) for path in changed[:3]]
    return ", ".join(names) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
