"""Starts the worker parent on the interpreter of the stage's runtime, where this machine has it.

The parent gets no package and no variable of the kit or of the developer's shell, and of the project only ``service``
and the code folders of its functions.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.package_cache import Say, package_set

RETIRE = signal.SIGUSR1
_RUNTIME = Path(__file__).parents[1]
LOCK = _RUNTIME / "runtime.lock"
FUNCTIONS = "functions"
_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
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


def find_interpreter(runtime: str, search_path: str, home: Path) -> Interpreter:
    """Return the interpreter for a runtime (``python3.13``), else the nearest one that there is, with a warning.

    ``search_path`` is PATH. An interpreter that the locked boto3 does not support is never taken.
    """
    version = runtime.removeprefix("python")
    own, wanted = sys.version_info.minor, _minor(version)
    supported = range(OLDEST, max(wanted, own) + 1)
    for minor in sorted(supported, key=lambda each: (abs(each - wanted), each)):
        found = Path(sys.executable) if minor == own else _find_installed(f"3.{minor}", search_path, home)
        if found is not None:
            return Interpreter(str(found), f"3.{minor}", _warning(version, f"3.{minor}"))
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


def _find_installed(version: str, search_path: str, home: Path) -> Path | None:
    return next((path for path in _candidates(version, search_path, home) if _probe(path) == version), None)


def _candidates(version: str, search_path: str, home: Path) -> Iterator[Path]:
    folders = [Path(folder) for folder in search_path.split(":") if folder]
    # A version manager's shims are slow where they find nothing; the interpreters themselves are found below.
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


@dataclass(frozen=True, slots=True)
class ParentSetup:
    """The settings of a worker parent: the functions' package set, and a short-lived private folder (``home``).

    A Unix socket's path holds about 100 bytes on macOS: keep ``home`` short. ``namespaces`` gives each environment a
    /tmp of its own where Linux allows it. ``sets`` are the folders of further package sets, of functions with code of
    their own, by ``function_packages.set_key``, and of npm. ``warnings`` were printed.
    """

    interpreter: Interpreter
    packages: Path
    project: Path
    home: Path
    namespaces: bool = True
    sets: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def socket_path(self) -> Path:
        """The path of the parent's socket."""
        return self.home / "workers.sock"

    @property
    def scratch(self) -> Path:
        """The folder of the parent and of the environments; the parent removes it at its end."""
        return self.home / "lambda"


def has_namespaces() -> bool:
    """Return whether mount namespaces are there for this user, so that each environment can have a /tmp of its own."""
    # The attempt takes a process that can be thrown away.
    command = [sys.executable, "-m", "homeport.runtime.worker.sandbox"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def function_packages(cache: Path, project: Path | None, interpreter: Interpreter, say: Say) -> Path:
    """Return the package set of functions: boto3, and ``service/requirements.txt`` of a project. Raises SetupError.

    ``project`` is None for functions with code of their own, which have further sets beside this one.
    """
    files = function_requirements(project)
    return package_set(cache, FUNCTIONS, files, python=interpreter.path, version=interpreter.version, say=say)


def function_requirements(project: Path | None) -> list[Path]:
    """Return the pip files that list the packages of ``function_packages``."""
    own = project / "service" / "requirements.txt" if project is not None else None
    return [LOCK, *([own] if own is not None and own.is_file() else [])]


def start_parent(
    setup: ParentSetup, lifeline: int = -1, status: int = -1, variables: Mapping[str, str] = os.environ
) -> subprocess.Popen[bytes]:
    """Start the worker parent.

    It ends when ``lifeline``, the read end of a pipe, closes, or on SIGTERM; on RETIRE, when another parent listens in
    its place, with its last worker. It writes a line to ``status`` once workers can be had. Of ``variables`` it gets
    those that its interpreter may need to load its own libraries.
    """
    options = {
        "socket": str(setup.socket_path),
        "packages": str(setup.packages),
        "project": str(setup.project.resolve()),
        "scratch": str(setup.scratch),
        "lifeline": lifeline,
        "status": status,
        "namespaces": setup.namespaces,
        "sets": {key: str(folder) for key, folder in setup.sets.items()},
    }
    loader = {name: variables[name] for name in _LOADER if name in variables}
    # -I and -S keep the user's and the kit's packages and variables out, -X utf8 is the encoding that Lambda has.
    command = [setup.interpreter.path, "-I", "-S", "-X", "utf8", str(_RUNTIME / "worker" / "start.py")]
    return subprocess.Popen(
        [*command, json.dumps(options)],
        stdin=subprocess.DEVNULL,
        # macOS: botocore's look-up of proxies crashes a forked process, and so does Objective-C's check for forks.
        env={"no_proxy": "*", "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES", **loader},
        pass_fds=[fd for fd in (lifeline, status) if fd >= 0],
        # A Ctrl-C in the terminal is the supervisor's; it ends the parent by the lifeline. The parent has no session of
        # its own: Linux schedules each session as one (sched(7), the autogroup feature), and functions that have one to
        # themselves wait several times as long for a core on a busy machine.
        process_group=0,
    )
