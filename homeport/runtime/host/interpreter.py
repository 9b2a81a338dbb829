"""Finds the interpreter of the stage's runtime, where this machine has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.file_stamp import file_stamp

VersionOf = Callable[[Path], str | None]
"""Returns the version (``3.13``) of the Python at a path, None for one that can't run functions."""

# Imports the modules that a worker needs; some builds of Python lack one.
_PROBE = "import fcntl, resource, socket, ssl, zlib, sys; print('%d.%d' % sys.version_info[:2])"
_PROBE_TIMEOUT = 10.0
OLDEST = 10
"""The oldest Python 3 that the locked boto3 and pip run on."""
# Interpreters that version managers have installed but not activated, below a home folder.
_MANAGED = (
    ".pyenv/versions/{version}*/bin/python{version}",
    ".asdf/installs/python/{version}*/bin/python{version}",
    ".local/share/mise/installs/python/{version}*/bin/python{version}",
    ".local/share/uv/python/cpython-{version}*/bin/python{version}",
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python interpreter. ``version`` is ``3.13``. ``warning`` says why it is not the runtime's, "" if it is."""

    path: str
    version: str
    warning: str = ""


def own_interpreter() -> Interpreter:
    """Return the interpreter that the kit itself runs on."""
    return Interpreter(sys.executable, "{}.{}".format(*sys.version_info[:2]))


def probe(path: Path) -> str | None:
    """Run the Python at a path, and return its version, None if it can't run functions."""
    try:
        done = subprocess.run(
            [str(path), "-I", "-S", "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def named_version(path: Path) -> str:
    """Return the version that the name of an interpreter has, ``3.13`` of ``python3.13``."""
    return path.name.removeprefix("python")


class RememberedVersions:
    """Versions as ``probe`` finds them, kept in a file until an interpreter is another one.

    To run Python takes longer than a look into the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, path: Path) -> str | None:
        """Return the version of the Python at a path, None if it can't run functions."""
        known, stamp = self._read(), file_stamp(path)
        entry = known.get(str(path))
        if isinstance(entry, dict) and entry.get("stamp") == stamp:
            return str(entry.get("version"))
        version = probe(path)
        if version is not None:
            self._write({**known, str(path): {"stamp": stamp, "version": version}})
        return version

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_text())
            return found if isinstance(found, dict) else {}
        return {}

    def _write(self, known: dict[str, Any]) -> None:
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        # Without the file the next start is slower.
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(known))
            draft.replace(self._file)


def find_interpreter(runtime: str, search_path: str, home: Path, version_of: VersionOf = probe) -> Interpreter:
    """Return the interpreter for a runtime (``python3.13``), else the nearest one that there is, with a warning.

    ``search_path`` is PATH. An interpreter that the locked boto3 does not support is never taken.
    """
    version = runtime.removeprefix("python")
    own, wanted = sys.version_info.minor, _minor(version)
    supported = range(OLDEST, max(wanted, own) + 1)
    for minor in sorted(supported, key=lambda each: (abs(each - wanted), each)):
        name = f"3.{minor}"
        installed = (path for path in _candidates(name, search_path, home) if version_of(path) == name)
        found = Path(sys.executable) if minor == own else next(installed, None)
        if found is not None:
            return Interpreter(str(found), name, _warning(version, name))
    raise AssertionError("the kit's own interpreter is among them")


def _warning(version: str, used: str) -> str:
    if version == used:
        return ""
    lack = "is older than boto3 supports" if _minor(version) < OLDEST else "is not installed here"
    return f"python{version} {lack}: functions run on Python {used}, on AWS on {version}"


def _minor(version: str) -> int:
    """Return the second number of a version of Python 3 (``3.8``), -1 for any other text."""
    major, _, minor = version.partition(".")
    return int(minor) if major == "3" and minor.isdecimal() else -1


def _candidates(version: str, search_path: str, home: Path) -> Iterator[Path]:
    folders = [Path(folder) for folder in search_path.split(":") if folder]
    # A version manager's shims are slow where they find nothing; the interpreters themselves are found below.
    yield from _existing(folder / f"python{version}" for folder in folders if folder.name != "shims")
    for pattern in _MANAGED:
        yield from sorted(home.glob(pattern.format(version=version)), reverse=True)


def _existing(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file())
