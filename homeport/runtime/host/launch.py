"""Starts the worker parent.

The parent gets no package and no variable of the kit or of the developer's shell, and of the project only ``service``
and the code folders of its functions.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from homeport.package_cache import Say, package_set
from homeport.runtime.host.interpreter import Interpreter

RETIRE = signal.SIGUSR1
_RUNTIME = Path(__file__).parents[1]
LOCK = _RUNTIME / "runtime.lock"
FUNCTIONS = "functions"
_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


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


class BegunParent:
    """A worker parent that loads boto3, and waits for its setup on its standard input.

    It ends when that is closed without one, and after that as ``start_parent`` says.
    """

    def __init__(
        self,
        project: Path,
        interpreter: str,
        packages: Path,
        lifeline: int = -1,
        status: int = -1,
        variables: Mapping[str, str] = os.environ,
    ) -> None:
        self.interpreter, self.packages = interpreter, packages
        # Among a machine's processes the project tells whose they are.
        begin = {"project": str(project.resolve()), "packages": str(packages), "lifeline": lifeline, "status": status}
        # -I and -S keep the user's and the kit's packages and variables out, -X utf8 is the encoding that Lambda has.
        command = [interpreter, "-I", "-S", "-X", "utf8", str(_RUNTIME / "worker" / "start.py"), json.dumps(begin)]
        loader = {name: variables[name] for name in _LOADER if name in variables}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            # macOS: botocore's look-up of proxies crashes a forked process, and so does Objective-C's check for forks.
            env={"no_proxy": "*", "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES", **loader},
            pass_fds=[fd for fd in (lifeline, status) if fd >= 0],
            # A Ctrl-C in the terminal is the supervisor's; it ends the parent by the lifeline. The parent has no
            # session of its own: Linux schedules each session as one (sched(7), the autogroup feature), and functions
            # that have one to themselves wait several times as long for a core on a busy machine.
            process_group=0,
        )

    def fits(self, setup: ParentSetup) -> bool:
        """Return whether it has the interpreter and the packages of a setup."""
        return (self.interpreter, self.packages) == (setup.interpreter.path, setup.packages)

    def set_up(self, setup: ParentSetup) -> None:
        """Have it listen for gateways. If it has ended meanwhile, its exit status says so."""
        options = {
            "socket": str(setup.socket_path),
            "scratch": str(setup.scratch),
            "namespaces": setup.namespaces,
            "sets": {key: str(folder) for key, folder in setup.sets.items()},
        }
        assert self.process.stdin is not None
        with suppress(BrokenPipeError), self.process.stdin as stream:
            stream.write(json.dumps(options).encode())

    def discard(self) -> None:
        """End it before it has a setup."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()


def start_parent(
    setup: ParentSetup, lifeline: int = -1, status: int = -1, variables: Mapping[str, str] = os.environ
) -> subprocess.Popen[bytes]:
    """Start the worker parent.

    It ends when ``lifeline``, the read end of a pipe, closes, or on SIGTERM; on RETIRE, when another parent listens in
    its place, with its last worker. It writes a line to ``status`` once workers can be had. Of ``variables`` it gets
    those that its interpreter may need to load its own libraries.
    """
    begun = BegunParent(setup.project, setup.interpreter.path, setup.packages, lifeline, status, variables)
    begun.set_up(setup)
    return begun.process
