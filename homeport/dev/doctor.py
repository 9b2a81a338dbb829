"""``homeport doctor``: check what ``homeport dev`` and ``docker compose up`` need of this machine and the project."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from homeport.dev.doctor_finding import DoctorContext, DoctorFinding, State, note, ok, package_finding, problem
from homeport.dev.doctor_services import check_services
from homeport.dev.listening import listen
from homeport.dev.processes import DevOptions
from homeport.dev.running_instance import RunningInstance, ports_of, running_instances
from homeport.dev.worker_setup import main_runtime
from homeport.dynamodb.engine import engine_packages_folder, examine_data
from homeport.environment import state_dir
from homeport.errors import HomeportError, Problem, ProjectError, SetupError
from homeport.issuer.keys import FOLDER, KEY_FILE, signing_key
from homeport.package_cache import package_set_folder
from homeport.project.check import examine_project
from homeport.project.languages import language_of
from homeport.project.model import Stage
from homeport.project.validators.generate import generate_validators
from homeport.runtime.faults import check_faults
from homeport.runtime.host.interpreter import find_interpreter
from homeport.runtime.host.launch import FUNCTIONS, function_requirements, has_namespaces
from homeport.runtime.runtimes import LocalRuntimes, node_runtimes

COMPOSE_FILE = "docker-compose.yml"
# The last release of LocalStack that starts without an account.
LAST_FREE = "4.14.0"
_HEALTH = "http://127.0.0.1:4566/_localstack/health"
LOCK = "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_SCARCE, _NEEDED = 1_000_000_000, 100_000_000
# The longest path of a Unix socket on macOS, and the length of what is put below the temporary folder.
_LONGEST_SOCKET = 103
_BELOW_TEMPORARY = len("/homeport-xxxxxxxx/workers.sock")


def check_docker(_: DoctorContext) -> Iterator[DoctorFinding]:
    """Look for Docker with Compose."""
    if shutil.which("docker") is None:
        yield note("there is no Docker: only docker compose up needs it", "https://docs.docker.com/get-docker/")
    elif not _succeeds("docker", "info"):
        yield note("Docker is installed, but its engine does not answer", "start it for docker compose up")
    elif _succeeds("docker", "compose", "version") or _succeeds("docker-compose", "version"):
        yield ok("docker compose up can run the stack in containers")
    else:
        yield note("Docker has no Compose", "https://docs.docker.com/compose/install/")


def check_localstack(context: DoctorContext) -> Iterator[DoctorFinding]:
    """Look at the LocalStack of docker-compose.yml: its release, its image, and whether it answers."""
    image = _localstack_image(context)
    if image is None:
        return
    tag = image.rpartition(":")[2]
    if tag != LAST_FREE:
        yield note(
            f"{COMPOSE_FILE} names {image}: releases after {LAST_FREE} do not start without an account",
            f"image: localstack/localstack:{LAST_FREE}, or set LOCALSTACK_AUTH_TOKEN",
        )
    version = _localstack_version()
    if version is not None:
        yield ok(f"LocalStack {version} answers on port 4566")
    elif _succeeds("docker", "image", "inspect", image):
        yield ok(f"the image {image} is here")
    elif _succeeds("docker", "info"):
        yield note(f"the image {image} is not here yet", "docker compose up gets it, online")


def _localstack_image(context: DoctorContext) -> str | None:
    try:
        services = yaml.safe_load((context.root / COMPOSE_FILE).read_text())["services"].values()
        images = [str(service["image"]) for service in services if "image" in service]
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return None
    return next((image for image in images if "localstack/" in image), None)


def _localstack_version() -> str | None:
    try:
        with urllib.request.urlopen(_HEALTH, timeout=2) as reply:
            health: Any = json.load(reply)
        return str(health["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def check_lock(context: DoctorContext) -> Iterator[DoctorFinding]:
    """Compare the packages beside the kit with the project's lock, if it has one.

    A package may be locked in several versions, for several kinds of machine.
    """
    try:
        text = (context.root / LOCK).read_text()
    except (OSError, ValueError):
        return
    pins = defaultdict(set)
    for name, version in _PIN.findall(text):
        pins[name].add(version)
    other = [
        f"{name} {found}"
        for name, versions in pins.items()
        if (found := _installed_version(name)) not in (None, *versions)
    ]
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        yield note(f"{LOCK} asks for other versions than {', '.join(other[:3])}{more}", "make setup")
    else:
        yield ok(f"what is installed is what {LOCK} asks for")


def check_disk(context: DoctorContext) -> Iterator[DoctorFinding]:
    """Look for room for data, packages and temporary files."""
    for folder in (context.root, context.cache, Path(tempfile.gettempdir())):
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path("/"))
        free = context.free(there)
        if free < _SCARCE:
            state: State = "problem" if free < _NEEDED else "note"
            yield DoctorFinding(
                state, f"only {free / 1e6:.0f} MB are free in {folder}", "make room: remove what is not needed"
            )


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def examine(context: DoctorContext) -> Iterator[DoctorFinding]:
    """Yield every finding, as soon as it is known."""
    for check in _CHECKS:
        yield from check(context)


def _check_python(_: DoctorContext) -> Iterator[DoctorFinding]:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    yield ok(f"homeport runs on Python {version} ({sys.executable})")


def _check_project(context: DoctorContext) -> Iterator[DoctorFinding]:
    stage = context.options.stage
    problems = examine_project(context.root, stage, inputs=context.options.inputs)
    errors = [problem for problem in problems if problem.severity == "error"]
    yield from map(_problem_of, errors)
    if warnings := len(problems) - len(errors):
        yield note(f"homeport check warns of {warnings} thing{'s' if warnings > 1 else ''}")
    project = context.project()
    if errors or project is None:
        return
    try:
        check_faults(context.options.faults, project.resources)
        generate_validators(project.api)
        if (context.root / KEY_FILE).exists():
            signing_key(context.root / FOLDER)
    except HomeportError as error:
        yield from _problems_of(error)
    else:
        yield ok(f"the project in {context.root} can be served as stage {stage!r}")


def _check_functions(context: DoctorContext) -> Iterator[DoctorFinding]:
    project = context.project()
    functions = project.api.functions.values() if project else ()
    yield from _check_nodes(tuple(node_runtimes(functions, project.stage.runtime)) if project else ())
    runtime = main_runtime(project) if project else Stage.runtime
    languages = {language_of(each.runtime or project.stage.runtime) for each in functions} if project else set()
    if languages and "python" not in languages:
        return
    interpreter = find_interpreter(runtime, os.environ.get("PATH", ""), Path.home())
    if interpreter.warning:
        yield note(interpreter.warning, f"install Python {runtime.removeprefix('python')}")
    else:
        yield ok(f"functions run on {interpreter.path}, as {runtime} asks")
    folder = package_set_folder(context.cache, FUNCTIONS, function_requirements(context.root), interpreter.version)
    yield package_finding("functions", folder)


def _check_nodes(runtimes: Sequence[str]) -> Iterator[DoctorFinding]:
    """Look for the Node.js of each runtime that a function has."""
    here = LocalRuntimes.of_environment()
    for runtime in runtimes:
        try:
            node = here.node(runtime)
        except SetupError as error:
            yield problem(error.message, error.hint)
            return
        if node.warning:
            yield note(node.warning, f"install Node.js {runtime.removeprefix('nodejs').removesuffix('.x')}")
        else:
            yield ok(f"functions of {runtime} run on Node.js {node.version} ({node.path})")


def _check_engine(context: DoctorContext) -> Iterator[DoctorFinding]:
    if context.options.embedded:
        yield package_finding("embedded DynamoDB", engine_packages_folder(context.cache))


def _check_data(context: DoctorContext) -> Iterator[DoctorFinding]:
    """Ask what the engine and the set-up of the tables ask at their start."""
    options = context.options
    stored: Mapping[str, Mapping[str, Any]] = {}
    try:
        if options.embedded and options.data is not None:
            user = next((dev for dev in running_instances(context.root) if dev.data == str(options.data)), None)
            if user is not None:
                yield _data_in_use(options, user)
                return
            warnings, stored = examine_data(options.data)
            yield from map(note, warnings)
        project = context.project()
        if project is not None and project.resources.tables and options.dynamodb != "none":
            from homeport.dynamodb.table_setup import check_tables
            from homeport.dynamodb.tables import wait_until_answers

            check_tables(project, stored)
            if not options.embedded:
                wait_until_answers(options.dynamodb, project.stage.region, timeout=0)
                yield ok(f"the DynamoDB at {options.dynamodb} answers")
    except HomeportError as error:
        yield from _problems_of(error)
    else:
        if stored:
            yield ok(f"the data in {options.data} can be read, with {', '.join(sorted(stored))}")


def _data_in_use(options: DevOptions, user: RunningInstance) -> DoctorFinding:
    """Return what it means that a ``homeport dev`` has the data: at the same port it is the one asked about."""
    if urlsplit(user.url).port == options.port:
        return ok(f"the data in {options.data} is that of a homeport dev of this project, which runs")
    what = f"the data in {options.data} is in use by homeport dev, {user}"
    return problem(what, "end that one first, or use other data: --data DIR or --no-data")


def _check_folders(context: DoctorContext) -> Iterator[DoctorFinding]:
    data = [context.options.data] if context.options.embedded and context.options.data else []
    for folder in (context.cache, state_dir(context.root), *data):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            yield problem(f"{folder} can't be written to", f"give this user the right to write to {there}")
    temporary = tempfile.gettempdir()
    if len(temporary) + _BELOW_TEMPORARY > _LONGEST_SOCKET:
        yield problem(f"the temporary folder's path is too long for sockets: {temporary}", "set TMPDIR=/tmp")


def _check_ports(context: DoctorContext) -> Iterator[DoctorFinding]:
    running = running_instances(context.root)
    yield from (ok(f"homeport dev runs already: {dev}") for dev in running)
    taken = ports_of(running)
    for wanted in context.options.ports():
        if wanted.port in taken:
            continue
        try:
            listen(wanted.host, wanted.port, wanted.option).close()
        except SetupError as error:
            if wanted.chosen:
                yield from _problems_of(error)
            else:
                yield note(f"{error.message}: homeport dev takes the next free one", f"{wanted.option} chooses one")
        else:
            yield ok(f"port {wanted.port} is free")


def _check_isolation(_: DoctorContext) -> Iterator[DoctorFinding]:
    if has_namespaces():
        yield ok("each Lambda environment has a /tmp of its own: mount namespaces are active")
    else:
        yield note(
            "there are no mount namespaces for this user: TMPDIR stands in for /tmp, and /tmp itself is shared",
            "write to tempfile.gettempdir(), or allow user namespaces (Linux)",
        )


_CHECKS: tuple[Callable[[DoctorContext], Iterator[DoctorFinding]], ...] = (
    _check_python,
    _check_project,
    _check_functions,
    _check_engine,
    check_services,
    _check_folders,
    _check_data,
    _check_ports,
    _check_isolation,
    check_lock,
    check_disk,
    check_docker,
    check_localstack,
)


def _problem_of(found: Problem) -> DoctorFinding:
    where = f"{found.file}:{found.line}" if found.line else found.file
    return problem(f"{where}: {found.message}", found.hint)


def _problems_of(error: HomeportError) -> Iterator[DoctorFinding]:
    if isinstance(error, ProjectError):
        yield from map(_problem_of, error.problems)
    else:
        yield problem(error.message, error.hint)
