"""What the functions run on, kept up to date with the project: the runtime's interpreter and their package set.

``homeport setup``: makes the package sets beforehand, so that the first start needs no network.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from homeport.dev.processes import WORKERS, parent_start
from homeport.dev.supervisor import Renewal, Supervisor
from homeport.dynamodb.engine import engine_packages
from homeport.environment import read_environment
from homeport.errors import HomeportError
from homeport.package_cache import Say
from homeport.project.load import load_project
from homeport.project.project import Project
from homeport.runtime.host.launch import RETIRE, ParentSetup, find_interpreter, function_packages

# What decides about it; any other file of a project does not.
DECISIVE = frozenset({Path("service/requirements.txt"), Path("deploy/stages.yaml")})


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """``cache`` keeps the package sets, ``home`` is a short-lived private folder of the supervisor's."""

    cache: Path
    home: Path
    say: Say

    def setup(self, project: Project) -> ParentSetup:
        """How a project's worker parent is started; its packages are installed if they aren't. Raises SetupError."""
        interpreter = find_interpreter(project.stage.runtime, os.environ.get("PATH", ""), Path.home())
        if interpreter.warning:
            self.say(f"warning: {interpreter.warning}")
        packages = function_packages(self.cache, project.root, interpreter, self.say)
        return ParentSetup(interpreter=interpreter, packages=packages, project=project.root, home=self.home)


class Renewer:
    """Has the worker parent started anew when what it runs on has changed. Requests that run end on the old one.

    ``done`` is called when the new one is there.
    """

    def __init__(
        self, workshop: WorkerSetup, setup: ParentSetup, stage: str, supervisor: Supervisor, done: Callable[[], None]
    ) -> None:
        self._workshop, self._setup, self._stage = workshop, setup, stage
        self._supervisor = supervisor
        self._done = done
        self._lock = threading.Lock()

    def look_again(self) -> None:
        """Look at the project in a thread of its own, since an installation takes its time."""
        threading.Thread(target=self._renew, daemon=True).start()

    def _renew(self) -> None:
        # One after the other: the last one to look sees the files as they are.
        with self._lock:
            try:
                setup = self._workshop.setup(load_project(self._setup.project, self._stage))
            except HomeportError as error:
                self._workshop.say(f"the functions' packages stay as they were: {error}")
                return
            if setup != self._setup:
                self._setup = setup
                self._supervisor.renew(Renewal(WORKERS, parent_start(setup), RETIRE, self._renewed))

    def _renewed(self) -> None:
        self._done()
        self._workshop.say("functions run on the new packages")


def setup(project: Path, runtime: str, engine: bool, say: Say) -> None:
    """Make the functions' set for a runtime (``python3.13``), and the embedded engine's if ``engine``.

    Raises SetupError.
    """
    cache = read_environment().cache_dir
    interpreter = find_interpreter(runtime, os.environ.get("PATH", ""), Path.home())
    if interpreter.warning:
        print(f"warning: {interpreter.warning}", file=sys.stderr)
    say(f"functions: {function_packages(cache, project, interpreter, say)}")
    if engine:
        say(f"engine: {engine_packages(cache, say)}")
