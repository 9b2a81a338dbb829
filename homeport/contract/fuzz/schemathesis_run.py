"""Schemathesis as a process: its command line, and the environment variables that its hooks read."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from homeport.child_process import end_process
from homeport.contract import SEED
from homeport.contract.fuzz.credentials import CREDENTIALS_VARIABLE, Users, users_to_json
from homeport.contract.fuzz.schemathesis_settings import write_settings
from homeport.environment import HYPOTHESIS_FOLDER, install_hint, state_dir
from homeport.errors import SetupError
from homeport.project.openapi.extensions import contract_document
from homeport.project.project import SPEC_FILES, Project
from homeport.project.source.document import read_document

EVENTS = "events.ndjson"
JUNIT = "junit.xml"
CREATED = "made.jsonl"
OUTPUT = "schemathesis.txt"
_ABOUT_OUTPUT = (
    b"The output of schemathesis as it came. Failures that index.html lacks were examined and do not count.\n\n"
)
# Seconds between two looks whether schemathesis is to end, and those that it has for it.
_PAUSE = 0.2
_GRACE = 5.0
FLAVOR_VARIABLE = "HOMEPORT_CONTRACT_FLAVOR"
EXTERNAL = "external"
"""The flavor of an API that API Gateway does not serve."""
# Set where only examples are asked: an operation that needs none is one by itself.
EXAMPLES_VARIABLE = "HOMEPORT_CONTRACT_EXAMPLES"
# Names the file of created resources; empty where the run may change everything.
CREATED_FILE_VARIABLE = "HOMEPORT_CONTRACT_GUARD"
# Where requests looks for authorities: https://requests.readthedocs.io/en/latest/user/advanced/
AUTHORITIES_VARIABLE = "REQUESTS_CA_BUNDLE"
# Hypothesis reads it in hypothesis/configuration.py; without it, the folder is .hypothesis where the process runs.
_STORAGE_VARIABLE = "HYPOTHESIS_STORAGE_DIRECTORY"


@dataclass(frozen=True, slots=True)
class FuzzOptions:
    """``max_examples`` is per operation and phase, ``max_time`` seconds; None: the project's configuration decides.

    A ``guarded`` run changes only what it created, and leaves out the operations ``excluded`` (``DELETE /items``).
    Every run leaves out those that are ``unanswered``.
    The operations ``undescribed`` promise no response: they may find any request faulty.
    Reports have no value of what is named like one of ``hidden``, None: of what is usually a credential.
    ``checks_off`` are names of checks that are switched off. ``users`` make the requests. ``headers`` are
    ``NAME:VALUE``. ``flavor`` is the target API's, ``report`` the folder of the reports. ``spec`` is the
    document, None: the project's openapi.yaml.
    """

    report: Path
    flavor: str
    seed: int = SEED
    max_examples: int | None = None
    max_failures: int | None = None
    max_time: int | None = None
    headers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    undescribed: tuple[str, ...] = ()
    guarded: bool = False
    users: Users = field(default_factory=dict)
    spec: Path | None = None
    checks_off: tuple[str, ...] = ()
    hidden: tuple[str, ...] | None = None


def flavor_of(project: Project) -> str:
    """Return the flavor of a project's API: ``http``, ``rest`` or ``external``."""
    return EXTERNAL if project.is_external else project.stage.flavor


def fuzz(project: Path, url: str, options: FuzzOptions, stopped: threading.Event) -> int:
    """Run schemathesis against a base URL and return its exit status, 0 when the contract holds.

    Its output is kept in the folder of the reports. ``stopped`` ends it early, with 0 and the events until then.
    Raises SetupError where it can't run.
    """
    require_schemathesis()
    options.report.mkdir(parents=True, exist_ok=True)
    for old in (EVENTS, CREATED):
        (options.report / old).unlink(missing_ok=True)
    created = str(options.report / CREATED) if options.guarded else ""
    environment = hooks_environment(project, options.flavor, created, options.users)
    # The settings may have credentials, which are not for a report.
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch, (options.report / OUTPUT).open("wb") as output:
        settings = write_settings(project, Path(scratch), options.undescribed, options.hidden)
        command = fuzz_command(project, url, options, settings)
        output.write(_ABOUT_OUTPUT)
        output.flush()
        # In a process group of its own: Ctrl-C is for this process, which ends schemathesis and reads what it found.
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, process_group=0)
        status = _await_end(process, stopped)
    if stopped.is_set():
        _keep_whole_lines(options.report / EVENTS)
        return 0
    if status not in (0, 1) or not (options.report / EVENTS).is_file():
        raise SetupError(
            f"schemathesis could not run:\n{(options.report / OUTPUT).read_text(errors='replace')[-4000:]}"
        )
    return status


def _keep_whole_lines(events: Path) -> None:
    """Take the last event away where schemathesis was ended while it wrote it."""
    events.touch()
    content = events.read_bytes()
    if not content.endswith(b"\n"):
        os.truncate(events, content.rfind(b"\n") + 1)


def _await_end(process: subprocess.Popen[bytes], stopped: threading.Event) -> int:
    try:
        while process.poll() is None and not stopped.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PAUSE)
    finally:
        if process.poll() is None:
            end_process(process, _GRACE)
    return process.returncode


def hooks_environment(project: Path, flavor: str, created_file: str, users: Users | None = None) -> dict[str, str]:
    """Return the variables of the schemathesis process, those of this one included.

    What Hypothesis keeps lies in the project's ``.homeport``. With a ``created_file``, the run changes
    only resources that it created and notes there; "": it may change all.
    """
    return {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "homeport.contract.fuzz.hooks",
        FLAVOR_VARIABLE: flavor,
        CREATED_FILE_VARIABLE: created_file,
        CREDENTIALS_VARIABLE: users_to_json(users or {}),
        _STORAGE_VARIABLE: str(state_dir(project) / HYPOTHESIS_FOLDER),
    }


def fuzz_command(project: Path, url: str, options: FuzzOptions, settings: Path) -> list[str]:
    """Return the command line that fuzzes an API with the settings of a file and writes the reports."""
    command = base_command(project, url, options.seed, settings, options.spec)
    command += ["--report-ndjson-path", str(options.report / EVENTS)]
    command += ["--report-junit-path", str(options.report / JUNIT)]
    if options.max_examples is not None:
        command += ["--max-examples", str(options.max_examples)]
    if options.max_time is not None:
        command += ["--max-time", str(options.max_time)]
    if options.max_failures is not None:
        command += ["--max-failures", str(options.max_failures)]
    for header in options.headers:
        command += ["--header", header]
    if options.checks_off:
        command += ["--exclude-checks", ",".join(options.checks_off)]
    for name in dict.fromkeys((*options.unanswered, *(options.excluded if options.guarded else ()))):
        command += ["--exclude-name", name]
    return command


def smoke_command(project: Path, url: str, seed: int, operations: Iterable[str], events: Path) -> list[str]:
    """Return the command line for a deployed API: the examples of operations (``GET /items``), each once.

    ``events`` is the file of its report.
    """
    chosen = [word for operation in operations for word in ("--include-name", operation)]
    command = _run_command(project, url, seed, write_settings(project, events.parent))
    return [*command, "--phases", "examples", "--report-ndjson-path", str(events), *chosen]


def smoke_environment(project: Path, flavor: str) -> dict[str, str]:
    """Return the variables of a smoke test's process: it changes nothing, and asks what needs no example too."""
    return {**hooks_environment(project, flavor, os.devnull), EXAMPLES_VARIABLE: "1"}


def base_command(project: Path, url: str, seed: int, settings: Path, spec: Path | None = None) -> list[str]:
    """Return the command line for every phase, on the project's spec or another one; ``settings`` is a file."""
    phases = "examples,coverage,fuzzing,stateful"
    return [*_run_command(project, url, seed, settings, spec), "--phases", phases, "--continue-on-failure"]


def _run_command(project: Path, url: str, seed: int, settings: Path, spec: Path | None = None) -> list[str]:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)]
    command += ["run", str(spec or _spec_file(project)), "--url", url, "--seed", str(seed)]
    # Schemathesis does not look at the variable, as requests does.
    if bundle := os.environ.get(AUTHORITIES_VARIABLE):
        command += ["--tls-verify", bundle]
    # Findings of an earlier run must not decide what is tested now.
    return [*command, "--generation-database", "none"]


def _spec_file(project: Path) -> Path:
    for name in SPEC_FILES:
        if (project / name).is_file():
            return project / name
    raise SetupError(f"{project} has no openapi.yaml", "--project DIR")


def write_contract(project: Project, folder: Path) -> Path | None:
    """Write the contract of an API into a folder and return the file; None: openapi.yaml is the contract as it is.

    A template's API has its contract in no file, and a document in OpenAPI 2.0 or 3.1 is read as one in 3.0.
    """
    if not project.template and _is_as_written(project):
        return None
    file = folder / f"{project.api.name or 'api'}.json"
    file.write_text(json.dumps(contract_document(project)))
    return file


def _is_as_written(project: Project) -> bool:
    written, _ = read_document(project.root, project.documents.spec.file)
    return written is None or written.value == project.api.document


def require_schemathesis() -> None:
    """Raise SetupError where schemathesis isn't installed."""
    if importlib.util.find_spec("schemathesis") is None:
        raise SetupError("contract tests need schemathesis", install_hint("test"))
