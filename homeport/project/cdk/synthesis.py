"""The assembly of a project's app: made again when a file that went into it has changed, or the cdk.out that is there.

What is made is kept in the project's state folder, with a record of the files that the app read. Several processes read
a project at the same time: one of them runs the app, the others wait for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from homeport.environment import hide_state, read_environment, state_dir
from homeport.file_stamp import FileStamp, file_stamp
from homeport.project.cdk.app_run import AppRun, run_app
from homeport.project.cdk.file_names import APP_FILE, MANIFEST, OUTPUT
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import read_document
from homeport.project.source_search import find_sources

_CONTEXT_FILE = "cdk.context.json"
_ALWAYS = (APP_FILE, _CONTEXT_FILE, "package.json", "requirements.txt")
_INSTALLED = ("node_modules/.package-lock.json", ".venv/pyvenv.cfg", "venv/pyvenv.cfg")
"""Files that are there once an app's packages are."""

_PLACES = ("out", "out-2")
"""The folders of what is made, in turn."""

_KEPT_FAILURE = 20.0
# process.env.NAME and process.env["NAME"] in JavaScript, os.environ["NAME"] and os.getenv("NAME") in Python.
_VARIABLE = re.compile(r"""\benv(?:iron)?(?:\.get\(|\.|\[|\()\s*["']?([A-Z][A-Z0-9_]+)\b""")
_SOURCES = (".ts", ".js", ".mjs", ".py", ".java", ".kt", ".go", ".cs", ".fs")
_NO_SOURCES = frozenset(("node_modules", "cdk.out", "__pycache__", "target", "bin", "obj", "venv"))
_MOST_SOURCES = 2000


@dataclass(frozen=True, slots=True)
class AssemblyFolder:
    """The folder of an assembly. ``files`` are the files of the project that went into it, relative to the project."""

    folder: Path
    files: frozenset[str]


class _App(NamedTuple):
    """An app: the command that runs it, and its context, that of cdk.json and what is given beside it."""

    command: str
    context: Mapping[str, Any]


def find_assembly(
    root: Path, file: str, environ: Mapping[str, str], context: Mapping[str, str], diagnostics: Diagnostics
) -> AssemblyFolder | None:
    """Return the assembly of the app in ``root``, or the one that ``file`` belongs to; None if there is none.

    ``context`` are values as the CLI takes them: ``-c NAME=VALUE``.
    """
    if not file.endswith(APP_FILE):
        return AssemblyFolder((root / file).parent, frozenset((file,)))
    document, problems = read_document(root, file)
    diagnostics.add(*problems)
    if document is None:
        return None
    settings = Cursor.root(document, diagnostics)
    command, output = settings.text("app"), settings.text("output") or OUTPUT
    home = (root / file).parent
    there = next((each for each in (home / command, home / output) if command and (each / MANIFEST).is_file()), None)
    there = there or (home / output if (home / output / MANIFEST).is_file() else None)
    existing = None if there is None else AssemblyFolder(there, frozenset((file, _relative(root, there / MANIFEST))))
    if there is not None and there == home / command:
        return existing
    if not command:
        if existing is None:
            settings.error("there is no app, and no cdk.out", 'write "app": "…", or give it once: cdk synth --app …')
        return existing
    written = settings.at("context").value
    app = _App(command, {**(written if isinstance(written, dict) else {}), **context})
    made, run = _made_assembly(home, app, environ)
    if not run.failure:
        files = (_relative(root, Path(each)) for each in run.files)
        return AssemblyFolder(made, frozenset((file, *_always(root, home), *files)))
    at = settings.at("app")
    where = f" at {run.file}:{run.line}" if run.file else ""
    message = f"the app {command!r} could not be run{where}: {run.failure}"
    if existing is None:
        at.error(message, run.hint)
        return None
    age = ", which is older than its sources" if _is_older(there, home) else ""
    shown = _relative(root, existing.folder)
    at.warning(
        f"{message}; {shown}{age}, is read as it is" if age else f"{message}; {shown} is read as it is", run.hint
    )
    return AssemblyFolder(existing.folder, existing.files | frozenset(_always(root, home)))


def _always(root: Path, home: Path) -> Iterator[str]:
    return (_relative(root, home / name) for name in (*_ALWAYS, *_INSTALLED))


def _relative(root: Path, file: Path) -> str:
    return os.path.relpath(file, root)


def _made_assembly(home: Path, app: _App, environ: Mapping[str, str]) -> tuple[Path, AppRun]:
    """Return the assembly that the kit has made of the app, and the run that made it; run it if a file has changed."""
    state = _state_folder(home)
    state.mkdir(parents=True, exist_ok=True)
    hide_state(home)
    with _hold(state / "lock"):
        record = state / "record.json"
        known = _read_record(record, home, app, environ)
        if known is not None and (_is_recent(record) if known[0].failure else (state / known[1] / MANIFEST).is_file()):
            return state / known[1], known[0]
        draft = state / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        run = run_app(home, app.command, {**app.context, **_looked_up(home)}, environ, draft)
        if not run.files:
            run = replace(run, files=tuple(map(str, _every_source(home))))
        # Another process may still read what was made before.
        place = next(name for name in _PLACES if name != _last_place(record))
        if not run.failure:
            shutil.rmtree(state / place, ignore_errors=True)
            _name_paths(draft, state / place)
            draft.rename(state / place)
        _write_record(record, home, app, environ, run, place)
        return state / place, run


def _name_paths(draft: Path, place: Path) -> None:
    """Have the templates and manifests name the folder in which they will be."""
    for file in draft.rglob("*.json"):
        text = file.read_text(encoding="utf-8")
        if str(draft) in text:
            file.write_text(text.replace(str(draft), str(place)), encoding="utf-8")


def _looked_up(home: Path) -> dict[str, Any]:
    """Return cdk.context.json: what was looked up on AWS before, which its owner keeps with the sources."""
    with suppress(OSError, ValueError):
        found = json.loads((home / _CONTEXT_FILE).read_text(encoding="utf-8-sig"))
        return found if isinstance(found, dict) else {}
    return {}


def _state_folder(home: Path) -> Path:
    """Return the project's own folder, or this user's where the state is in a folder of one run."""
    state = state_dir(home)
    if state == home / ".homeport":
        return state / "cdk"
    return read_environment().cache_dir / "cdk" / sha256(str(home).encode()).hexdigest()[:16]


@contextmanager
def _hold(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamps(home: Path, files: Iterable[str]) -> dict[str, FileStamp]:
    names = (*(str(home / name) for name in (*_ALWAYS, *_INSTALLED)), *files)
    return {name: file_stamp(Path(name)) for name in names}


def _is_recent(record: Path) -> bool:
    """Return whether a run was just now: what made it fail may be mended outside of the project's files."""
    return time.time() - record.stat().st_mtime < _KEPT_FAILURE


def _key(home: Path, app: _App, environ: Mapping[str, str], files: Iterable[str]) -> dict[str, Any]:
    """Return what an assembly depends on: the command, the files, and the variables that the files name."""
    names: set[str] = set()
    for file in files:
        with suppress(OSError):
            found = _VARIABLE.finditer(Path(file).read_text(encoding="utf-8", errors="replace"))
            names.update(match[1] for match in found)
    values = {name: environ.get(name) for name in sorted(names)}
    digest = sha256(json.dumps([values, app.context], sort_keys=True).encode()).hexdigest()
    return {"command": app.command, "stamps": _stamps(home, files), "values": digest}


def _read_record(record: Path, home: Path, app: _App, environ: Mapping[str, str]) -> tuple[AppRun, str] | None:
    """Return the last run and the folder of what it made, None if a file has changed since."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        written = json.loads(record.read_text(encoding="utf-8"))
        run = AppRun(**{**written["run"], "files": tuple(written["run"]["files"])})
        if written["key"] == _key(home, app, environ, run.files):
            return run, str(written["place"])
    return None


def _last_place(record: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(record.read_text(encoding="utf-8"))["place"])
    return ""


def _write_record(record: Path, home: Path, app: _App, environ: Mapping[str, str], run: AppRun, place: str) -> None:
    content = {"key": _key(home, app, environ, run.files), "run": asdict(run), "place": place}
    draft = record.with_suffix(".part")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(record)


def _every_source(home: Path) -> Iterator[Path]:
    """Return the sources of an app whose language has no recorder."""
    return find_sources(home, lambda name: name.endswith(_SOURCES), _NO_SOURCES, _MOST_SOURCES)


def _is_older(folder: Path | None, home: Path) -> bool:
    """Return whether an assembly is older than a source of the app."""
    stamp = file_stamp(folder / MANIFEST) if folder is not None else None
    return stamp is not None and any((file_stamp(file) or [0])[0] > stamp[0] for file in _every_source(home))
