"""What ``homeport doctor`` is told and what it finds.

Looks at what ``docker compose up`` needs; none of it keeps ``homeport dev`` from working.

Looks at what is installed against requirements.lock, and at the room on disk.

What ``homeport dev`` needs of this machine and of the project, looked at one by one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import yaml

from homeport.dev.running_instance import running_dev
from homeport.dev.sockets import listen
from homeport.dynamodb.engine import engine_packages_folder
from homeport.errors import Problem, SetupError
from homeport.package_cache import set_folder
from homeport.project.check import examine_project
from homeport.project.load import read_project
from homeport.project.model import Stage
from homeport.runtime.host.isolation import has_namespaces
from homeport.runtime.host.launch import FUNCTIONS, find_interpreter, function_requirements

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A ``problem`` keeps ``homeport dev`` from working; a ``note`` is good to know. ``hint`` says what to do."""

    state: State
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The project and the options that ``homeport dev`` would have. ``cache`` keeps the package sets.

    ``free`` tells how many bytes can still be written below a folder that exists.
    """

    root: Path
    stage: str
    host: str
    port: int
    dynamodb_port: int
    cache: Path
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free


COMPOSE_FILE = "docker-compose.yml"
# The last release that starts without an account.
LAST_FREE = "4.14.0"
_HEALTH = "http://127.0.0.1:4566/_localstack/health"


def docker(_: Patient) -> Iterator[Finding]:
    """Whether there is Docker with Compose."""
    if shutil.which("docker") is None:
        yield Finding(
            "note", "there is no Docker: only docker compose up needs it", "https://docs.docker.com/get-docker/"
        )
    elif not _runs("docker", "info"):
        yield Finding("note", "Docker is installed, but its engine does not answer", "start it for docker compose up")
    elif _runs("docker", "compose", "version") or _runs("docker-compose", "version"):
        yield Finding("ok", "docker compose up can run the stack in containers")
    else:
        yield Finding("note", "Docker has no Compose", "https://docs.docker.com/compose/install/")


def localstack(patient: Patient) -> Iterator[Finding]:
    """Whether the LocalStack of docker-compose.yml is one that starts, is here, and runs."""
    image = _image(patient)
    if image is None:
        return
    tag = image.rpartition(":")[2]
    if tag != LAST_FREE:
        yield Finding(
            "note",
            f"{COMPOSE_FILE} names {image}: releases after {LAST_FREE} do not start without an account",
            f"image: localstack/localstack:{LAST_FREE}, or set LOCALSTACK_AUTH_TOKEN",
        )
    version = _running()
    if version is not None:
        yield Finding("ok", f"LocalStack {version} answers on port 4566")
    elif _runs("docker", "image", "inspect", image):
        yield Finding("ok", f"the image {image} is here")
    elif _runs("docker", "info"):
        yield Finding("note", f"the image {image} is not here yet", "docker compose up gets it, online")


def _image(patient: Patient) -> str | None:
    try:
        services = yaml.safe_load((patient.root / COMPOSE_FILE).read_text())["services"].values()
        images = [str(service["image"]) for service in services if "image" in service]
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return None
    return next((image for image in images if "localstack/" in image), None)


def _running() -> str | None:
    try:
        with urllib.request.urlopen(_HEALTH, timeout=2) as reply:
            health: Any = json.load(reply)
        return str(health["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


LOCK = "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_SCARCE, _NEEDED = 1_000_000_000, 100_000_000


def lock(patient: Patient) -> Iterator[Finding]:
    """Whether the packages beside the kit are those of the project's lock, where it has one.

    A package may be locked in several versions, for several kinds of machine.
    """
    try:
        text = (patient.root / LOCK).read_text()
    except (OSError, ValueError):
        return
    pins = defaultdict(set)
    for name, version in _PIN.findall(text):
        pins[name].add(version)
    other = [
        f"{name} {found}" for name, versions in pins.items() if (found := _installed(name)) not in (None, *versions)
    ]
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        yield Finding("note", f"{LOCK} asks for other versions than {', '.join(other[:3])}{more}", "make setup")
    else:
        yield Finding("ok", f"what is installed is what {LOCK} asks for")


def disk(patient: Patient) -> Iterator[Finding]:
    """Whether there is room for data, packages and temporary files."""
    for folder in (patient.root, patient.cache, Path(tempfile.gettempdir())):
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path("/"))
        free = patient.free(there)
        if free < _SCARCE:
            state: State = "problem" if free < _NEEDED else "note"
            yield Finding(
                state, f"only {free / 1e6:.0f} MB are free in {folder}", "make room: remove what is not needed"
            )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


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
    yield from (Finding("problem", _place(problem), problem.hint) for problem in errors)
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
            yield Finding("problem", error.message, error.hint)
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
