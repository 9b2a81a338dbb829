"""What ``homeport dev`` needs of this machine and of the project, looked at one by one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from homeport.dev.doctor_containers import docker, localstack
from homeport.dev.doctor_storage import disk, lock
from homeport.dev.findings import Finding, Patient
from homeport.dev.running import running_dev
from homeport.dev.sockets import listen
from homeport.dynamodb.engine import engine_packages_folder
from homeport.errors import Problem, SetupError
from homeport.packages import set_folder
from homeport.runtime.interpreter import find_interpreter
from homeport.runtime.isolation import has_namespaces
from homeport.runtime.launch import FUNCTIONS, function_requirements
from homeport.spec.check import examine_project
from homeport.spec.load import read_project
from homeport.spec.stage import Stage

# What a Unix socket's path may hold on macOS, and what is put below the temporary folder.
_LONGEST_SOCKET = 103
_BELOW_TEMPORARY = len("/homeport-xxxxxxxx/workers.sock")


def examine(patient: Patient) -> Iterator[Finding]:
    """Every finding, as soon as it is known."""
    for look in _LOOKS:
        yield from look(patient)


def _python(_: Patient) -> Iterator[Finding]:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    yield Finding("ok", f"homeport runs on Python {version} ({sys.executable})")


def _project(patient: Patient) -> Iterator[Finding]:
    problems = examine_project(patient.root, patient.stage)
    errors = [problem for problem in problems if problem.severity == "error"]
    yield from (Finding("problem", _place(problem), problem.cure) for problem in errors)
    if warnings := len(problems) - len(errors):
        yield Finding("note", f"homeport check warns of {warnings} thing{'s' if warnings > 1 else ''}")
    if not errors:
        yield Finding("ok", f"the project in {patient.root} can be served as stage {patient.stage!r}")


def _functions(patient: Patient) -> Iterator[Finding]:
    project, _ = read_project(patient.root, patient.stage)
    runtime = project.stage.runtime if project else Stage.runtime
    interpreter = find_interpreter(runtime, os.environ.get("PATH", ""), Path.home())
    if interpreter.warning:
        yield Finding("note", interpreter.warning, f"install Python {runtime.removeprefix('python')}")
    else:
        yield Finding("ok", f"functions run on {interpreter.path}, as {runtime} asks")
    folder = set_folder(patient.cache, FUNCTIONS, function_requirements(patient.root), interpreter.version)
    yield _packages("functions", folder)


def _engine(patient: Patient) -> Iterator[Finding]:
    yield _packages("embedded DynamoDB", engine_packages_folder(patient.cache))


def _packages(whose: str, folder: Path) -> Finding:
    if folder.is_dir():
        return Finding("ok", f"the packages of the {whose} are in {folder}")
    return Finding("note", f"the packages of the {whose} are not installed yet", "homeport setup does that, online")


def _folders(patient: Patient) -> Iterator[Finding]:
    for folder in (patient.cache, patient.root / ".homeport"):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            yield Finding("problem", f"{folder} can't be written to", f"give this user the right to write to {there}")
    temporary = tempfile.gettempdir()
    if len(temporary) + _BELOW_TEMPORARY > _LONGEST_SOCKET:
        yield Finding("problem", f"the temporary folder's path is too long for sockets: {temporary}", "set TMPDIR=/tmp")


def _ports(patient: Patient) -> Iterator[Finding]:
    dev = running_dev(patient.root)
    if dev is not None:
        yield Finding("ok", f"homeport dev runs already: {dev.url}")
        return
    wanted = ((patient.host, patient.port, "--port"), ("127.0.0.1", patient.dynamodb_port, "--dynamodb-port"))
    for host, port, option in wanted:
        try:
            listen(host, port, option).close()
        except SetupError as error:
            yield Finding("problem", error.message, error.cure)
        else:
            yield Finding("ok", f"port {port} is free")


def _isolation(_: Patient) -> Iterator[Finding]:
    if has_namespaces():
        yield Finding("ok", "each Lambda environment has a /tmp of its own: mount namespaces are active")
    else:
        yield Finding(
            "note",
            "there are no mount namespaces for this user: TMPDIR stands in for /tmp, and /tmp itself is shared",
            "write to tempfile.gettempdir(), or allow user namespaces (Linux)",
        )


_LOOKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    _python,
    _project,
    _functions,
    _engine,
    _folders,
    _ports,
    _isolation,
    lock,
    disk,
    docker,
    localstack,
)


def _place(problem: Problem) -> str:
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{where}: {problem.message}"
