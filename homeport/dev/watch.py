"""Follow the project's files, and bring their changes to the processes that serve them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.dev.syntax import syntax_problems
from homeport.errors import HomeportError, Problem, ProjectError
from homeport.gateway.source_files import find_source_file, linked_files
from homeport.package_cache import Say
from homeport.project.check import usable_project
from homeport.project.check.tables import variables
from homeport.project.project import Project, ProjectInputs
from homeport.project.source_places import OWN_PLACES, SourcePlaces
from homeport.project.validators.generate import renew_generated

if TYPE_CHECKING:
    # Imported when files are followed, which begins once the stack is ready.
    from watchfiles import Change

# Milliseconds. Editors save in several steps; changes that follow within this time are one change.
_DEBOUNCE = 40
_STEP = 10
_POLL = 300
# Seconds after which it is said that a project takes long to read, as one whose app has to be synthesized.
_SLOW = 1.0


class ProjectWatcher:
    """Watch a project, which is sound at the start.

    Once it is so again, ``on_change`` gets the files that changed since it was so last, and the project. After that, or
    at once if the project is not sound, a byte on ``notify`` tells the gateway. ``python`` is the interpreter of the
    functions, which decides on the syntax of their files. ``warnings`` are those that were printed at the start: a
    reload says those that are new.
    """

    def __init__(
        self,
        project: Project,
        inputs: ProjectInputs,
        notify: int,
        on_change: Callable[[Collection[Path], Project], None],
        say: Say,
        python: str = sys.executable,
        warnings: Collection[Problem] = (),
    ) -> None:
        self._project, self._root, self._stage = project, project.root, project.stage.key
        self._inputs, self._say, self._python = inputs, say, python
        self._notify, self._warnings = notify, warnings
        self._on_change = on_change
        self._pending: set[Path] = set()
        self._is_sound = True
        self._places = project.source_places
        self._links = linked_files(self._root, self._places)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._watched: list[tuple[list[Path], bool]] = []
        self._polls = False

    def start(self) -> None:
        """Begin to watch, in threads of its own."""
        # In a thread, the import would let a change pass that is saved meanwhile.
        import watchfiles  # noqa: F401

        with self._lock:
            self._look_at(self._places)

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()

    def _look_at(self, places: SourcePlaces) -> None:
        """Watch the files at these places, in other threads where other folders are to be watched."""
        self._places, self._links = places, linked_files(self._root, places)
        # The folders of single files: an editor that saves by renaming replaces the file itself.
        parents = {(self._root / name).parent for name in places.files} | {file.parent for file in self._links}
        single = {self._root, *filter(Path.is_dir, parents)}
        folders = [self._root / name for name in places.folders if (self._root / name).is_dir()]
        watched = [(sorted(single), False), (folders, True)]
        if places != OWN_PLACES:
            # What is installed below a code folder, as in node_modules, has more folders than a system may watch.
            watched = [(sorted(single | set(places.subfolders(self._root))), False)]
        if watched != self._watched:
            self._stop.set()
            self._watched, self._stop = watched, threading.Event()
            for paths, recursive in watched:
                thread = threading.Thread(target=self._watch, args=(paths, recursive, self._stop), daemon=True)
                thread.start()

    def _watch(self, paths: Collection[Path], recursive: bool, stop: threading.Event) -> None:
        for changes in changes_in(paths, recursive, self._is_of_project, stop, self._say_polling):
            with self._lock:
                if files := sorted(set(filter(None, map(self._source_file, lasting_paths(changes))))):
                    self._reload(files)

    def _say_polling(self, reason: str) -> None:
        if not self._polls:
            self._polls = True
            self._say(
                f"warning: this system follows no more folders ({reason}): files are compared every {_POLL} ms instead "
                "(sudo sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288)"
            )

    def _is_of_project(self, _: Change, path: str) -> bool:
        return self._source_file(path) is not None

    def _source_file(self, path: str) -> Path | None:
        return find_source_file(Path(path), self._root, self._links, self._places)

    def _is_other_code(self, files: list[Path]) -> bool:
        """Return whether files are modules of a template's functions, which the project is read without."""
        return bool(self._project.template) and all(
            self._project.is_only_code(file) and (self._root / file).is_file() for file in files
        )

    def _reload(self, files: list[Path]) -> None:
        self._pending.update(files)
        self._is_sound = self._is_sound and self._is_other_code(files)
        warnings = self._warnings
        try:
            if not self._is_sound:
                with say_if_slow(f"{_list_names(files)} changed: reading the project again, requests wait", self._say):
                    self._project, warnings = usable_project(self._root, self._stage, inputs=self._inputs)
                    renew_generated(self._project)
        except HomeportError as error:
            self._say(
                f"{_list_names(files)} changed, and something is wrong now; still serving the version before:\n"
                f"{_errors_of(error)}"
            )
        else:
            self._is_sound = True
            self._look_at(self._project.source_places)
            self._on_change(self._pending, self._project)
            self._pending = set()
            self._say_reloaded(files)
        notify_gateway(self._notify)
        if self._is_sound:
            self._say_warnings(warnings)

    def _say_warnings(self, found: Collection[Problem]) -> None:
        """Say what is new among warnings, and that functions lack a variable without which all their requests fail."""
        warnings = [*found, *variables(self._project)]
        for warning in new_warnings(warnings, self._warnings):
            self._say(f"warning: {str(warning).replace(': warning: ', ': ', 1)}")
        self._warnings = warnings

    def _say_reloaded(self, files: list[Path]) -> None:
        broken = {Path(problem.file): problem for problem in syntax_problems(self._root, files, self._python)}
        if sound := [file for file in files if file not in broken]:
            self._say(f"reloaded: {_list_names(sound)}")
        for problem in broken.values():
            self._say(str(problem))


def new_warnings(found: Iterable[Problem], known: Iterable[Problem]) -> list[Problem]:
    """Return the warnings that are not ``known`` yet. A line that moved in its file makes no warning new."""
    before = {(each.file, each.message) for each in known}
    return [each for each in found if each.severity != "error" and (each.file, each.message) not in before]


@contextmanager
def say_if_slow(text: str, say: Say, seconds: float = _SLOW) -> Iterator[None]:
    """Say ``text`` if the work of the context takes longer than ``seconds``."""
    notice = threading.Timer(seconds, say, [text])
    notice.daemon = True
    notice.start()
    try:
        yield
    finally:
        notice.cancel()


def changes_in(
    paths: Collection[Path],
    recursive: bool,
    wanted: Callable[[Change, str], bool],
    stop: threading.Event,
    on_polling: Callable[[str], None],
    follow: Callable[..., Iterator[set[tuple[Change, str]]]] | None = None,
) -> Iterator[set[tuple[Change, str]]]:
    """Yield the changes below some folders, each time those that were made together, until ``stop``.

    Where the system's limit of followed folders is reached, files are compared again and again; ``on_polling`` gets
    the reason. ``follow`` is ``watchfiles.watch`` unless given.
    """
    if follow is None:
        from watchfiles import watch

        follow = watch
    options: dict[str, Any] = {"watch_filter": wanted, "debounce": _DEBOUNCE, "step": _STEP, "recursive": recursive}
    options |= {"stop_event": stop, "raise_interrupt": False}
    try:
        yield from follow(*paths, **options)
    except RuntimeError as error:
        on_polling(str(error).rpartition(": ")[2])
        yield from follow(*paths, **options, force_polling=True, poll_delay_ms=_POLL)


def lasting_paths(changes: Collection[tuple[Change, str]]) -> set[str]:
    """Return the paths of changes that were made together, without those of files that came and went."""
    from watchfiles import Change

    added = {path for change, path in changes if change is Change.added}
    return {path for _, path in changes if path not in added or os.path.lexists(path)}


def notify_gateway(notify: int) -> None:
    """Make the gateway read the project's files again, and connect to the worker parent that runs now."""
    os.write(notify, b"\n")


def _errors_of(error: HomeportError) -> str:
    """Return the errors alone: warnings are said at the start, and new ones once the project is sound again."""
    if not isinstance(error, ProjectError):
        return str(error)
    return "\n".join(str(each) for each in error.problems if each.severity == "error")


def _list_names(files: list[Path]) -> str:
    names = [str(path) for path in files[:3]]
    return ", ".join(names) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
