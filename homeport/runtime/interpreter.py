"""The interpreter that functions run on: that of the stage's runtime, where this machine has it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# What a worker needs of it besides the language; some builds lack one or the other.
_PROBE = "import fcntl, resource, socket, ssl, zlib, sys; print('%d.%d' % sys.version_info[:2])"
_PROBE_TIMEOUT = 10.0
# Where version managers keep interpreters that are installed but not active; below a home folder.
_MANAGED = (
    ".pyenv/versions/{version}*/bin/python{version}",
    ".asdf/installs/python/{version}*/bin/python{version}",
    ".local/share/mise/installs/python/{version}*/bin/python{version}",
    ".local/share/uv/python/cpython-{version}*/bin/python{version}",
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """``version`` is ``3.13``. ``warning`` says why it is not the runtime's, "" if it is."""

    path: str
    version: str
    warning: str = ""


def find_interpreter(runtime: str, search_path: str, home: Path) -> Interpreter:
    """The interpreter for a runtime (``python3.13``), else the kit's own, with a warning.

    ``search_path`` is PATH.
    """
    version = runtime.removeprefix("python")
    own = "{}.{}".format(*sys.version_info[:2])
    if version == own:
        return Interpreter(sys.executable, own)
    for path in _candidates(version, search_path, home):
        if _probe(path) == version:
            return Interpreter(str(path), version)
    warning = f"{runtime} is not installed here: functions run on Python {own}, on AWS they will run on {version}"
    return Interpreter(sys.executable, own, warning)


def _candidates(version: str, search_path: str, home: Path) -> Iterator[Path]:
    folders = [Path(folder) for folder in search_path.split(":") if folder]
    # A version manager's shims take long to say no; what they stand for is found where it is installed.
    yield from _existing(folder / f"python{version}" for folder in folders if folder.name != "shims")
    for pattern in _MANAGED:
        yield from sorted(home.glob(pattern.format(version=version)), reverse=True)


def _existing(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file())


def _probe(path: Path) -> str | None:
    try:
        done = subprocess.run(
            [str(path), "-I", "-S", "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
