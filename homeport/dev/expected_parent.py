"""The worker parent that a project will need in all likelihood, started while the project is read.

The import of boto3 takes as long as the reading of a project, and can run on another core meanwhile. A parent depends
on the Python of the project's functions and on their packages. The expected one has the Python that the project's files
name most often, and the packages of ``service/requirements.txt``. Where the project turns out to need others, the
expected parent is ended, and the supervisor starts the right one.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from homeport.environment import read_environment
from homeport.errors import HomeportError
from homeport.package_cache import package_set_folder
from homeport.project.languages import DEFAULT_RUNTIMES, language_of
from homeport.runtime.host.interpreter import Interpreter, find_interpreter, named_version, own_interpreter
from homeport.runtime.host.launch import FUNCTIONS, BegunParent, ParentSetup, function_requirements

# The files that name the runtimes of functions. The first of them that names one decides.
_FILES = ("deploy/stages.yaml", "openapi.yaml", "template.*", "serverless.*", "*.tf", "cdk.out/*.template.json")
_RUNTIME = re.compile(rb"\b(?:python3\.\d+|nodejs\d+\.x|provided\.al\d+)\b")


@dataclass(slots=True)
class ExpectedParent:
    """A worker parent without a setup; ``status`` is the read end of its pipe. It can be taken once."""

    begun: BegunParent | None
    status: int = -1

    def take(self, setup: ParentSetup) -> tuple[subprocess.Popen[bytes], int] | None:
        """Give the parent its setup, and return its process and status pipe. Return None if it is not the right one."""
        begun, self.begun = self.begun, None
        if begun is None:
            return None
        if begun.fits(setup):
            begun.set_up(setup)
            return begun.process, self.status
        self._discard(begun)
        return None

    def close(self) -> None:
        """End the parent unless it was taken."""
        if self.begun is not None:
            self._discard(self.begun)
            self.begun = None

    def _discard(self, begun: BegunParent) -> None:
        begun.discard()
        os.close(self.status)


@contextmanager
def expected_parent(project: Path) -> Iterator[ExpectedParent]:
    """Start the parent that the project in a folder is expected to need. It ends with this process, at the latest."""
    lifeline, hold = os.pipe()
    try:
        parent = _begin(project, lifeline)
        os.close(lifeline)
        try:
            yield parent
        finally:
            parent.close()
    finally:
        os.close(hold)


def _begin(project: Path, lifeline: int) -> ExpectedParent:
    status, write = os.pipe()
    try:
        interpreter, packages = _interpreter_and_packages(project)
        # A missing set is installed when the project has been read.
        if packages.is_dir():
            return ExpectedParent(BegunParent(project, interpreter.path, packages, lifeline, write), status)
    except (OSError, HomeportError):
        # The same error is raised, and reported, when the parent is needed.
        pass
    finally:
        os.close(write)
    os.close(status)
    return ExpectedParent(None)


def _interpreter_and_packages(project: Path) -> tuple[Interpreter, Path]:
    """Return the interpreter and the folder of the package set that the project's parent is expected to have."""
    interpreter = find_interpreter(expected_runtime(project), os.environ.get("PATH", ""), Path.home(), named_version)
    files = function_requirements(project)
    return interpreter, package_set_folder(read_environment().cache_dir, FUNCTIONS, files, interpreter.version)


def expected_runtime(project: Path) -> str:
    """Return the runtime of Python that the project names most often, without reading what its files say.

    A project whose functions are all in other languages has a parent on the kit's own Python.
    """
    for pattern in _FILES:
        named = Counter(
            found.decode() for file in project.glob(pattern) for found in _RUNTIME.findall(file.read_bytes())
        )
        if named:
            own = f"python{own_interpreter().version}"
            return next((name for name, _ in named.most_common() if language_of(name) == "python"), own)
    return DEFAULT_RUNTIMES["python"]
