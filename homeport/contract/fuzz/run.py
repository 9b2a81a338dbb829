"""Removes what a run created at a URL that isn't local, and names what it could not remove.

Fuzz a contract over real HTTP with schemathesis: its examples, its edge cases, random data, its links.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from homeport.contract.arguments import SEED
from homeport.contract.credentials import VARIABLE as CREDENTIALS_VARIABLE
from homeport.contract.credentials import Users, to_json
from homeport.contract.findings import Call
from homeport.contract.replay.send import Unreachable, send
from homeport.errors import SetupError
from homeport.gateway.routing import Router
from homeport.project.model import Api
from homeport.project.project import SPEC_FILES

_GONE = frozenset((200, 202, 204, 404, 410))


def remove(api: Api, kept: Path, url: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Delete what ``kept`` says was created at the base ``url``; ``headers`` are ``NAME:VALUE``.

    Gives a line for each resource that is still there, or that the spec has no DELETE for.
    """
    if not kept.exists():
        return ()
    made = [json.loads(line) for line in kept.read_text().splitlines()]
    sent = tuple((name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in headers))
    left = []
    for one in made:
        target = resource(api, one, url)
        if target is None:
            left.append(f"{_name(one)}: the spec has no DELETE for it")
        elif reason := _delete(target, url, sent):
            left.append(f"{target}: {reason}")
    return tuple(dict.fromkeys(left))


def resource(api: Api, made: dict[str, Any], url: str) -> str | None:
    """The path below the base ``url`` of what an answer 201 created, None where the spec has no DELETE for it."""
    router = Router((one for one in api.operations if one.method in ("DELETE", "ANY")), "http", "$default")
    return next((path for path in _places(made, url) if router.match("DELETE", path)), None)


def _places(made: dict[str, Any], url: str) -> Iterator[str]:
    """Where it may be: where Location says, below the path of the request by each of its ids, or at that path."""
    base, place = urlsplit(url), urlsplit(made["location"])
    if place.path and place.netloc in ("", base.netloc):
        below = place.path.removeprefix(base.path.rstrip("/"))
        yield below if below.startswith("/") else f"{made['path'].rstrip('/')}/{below}"
    if made["method"] == "POST":
        yield from (f"{made['path'].rstrip('/')}/{quote(id_, safe='')}" for id_ in made["ids"])
    else:
        yield made["path"]


def _delete(path: str, url: str, headers: Iterable[tuple[str, str]]) -> str:
    """Why it is still there, empty if it isn't."""
    try:
        answer = send(Call("DELETE", path, tuple(headers)), url)
    except Unreachable as error:
        return str(error)
    return "" if answer.status in _GONE else f"DELETE was answered with {answer.status}"


def _name(made: dict[str, Any]) -> str:
    return f"{made['method']} {made['path']} created {made['location'] or ', '.join(made['ids']) or 'something'}"


CONFIG = Path("tests", "contract", "schemathesis.toml")
_DEFAULTS = Path(__file__).with_name("schemathesis.toml")
EVENTS = "events.ndjson"
JUNIT = "junit.xml"
MADE = "made.jsonl"
FLAVOR_VARIABLE = "HOMEPORT_CONTRACT_FLAVOR"
GUARD_VARIABLE = "HOMEPORT_CONTRACT_GUARD"
_LOCAL = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class FuzzOptions:
    """``max_examples`` is per operation and phase, ``max_time`` seconds; None: what the project's configuration says.

    ``spared`` are operations (``DELETE /items``) that are left out at a URL that isn't local.
    ``users`` are who makes the requests.
    ``headers`` are ``NAME:VALUE``; ``flavor`` is what the target's API is, ``report`` the folder of the reports.
    """

    report: Path
    flavor: str
    seed: int = SEED
    max_examples: int | None = None
    max_time: int | None = None
    headers: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    users: Users = field(default_factory=dict)


def fuzz(project: Path, url: str, options: FuzzOptions) -> int:
    """Run schemathesis against a base URL and return its exit status, 0 when the contract holds. Raises SetupError."""
    require_schemathesis()
    options.report.mkdir(parents=True, exist_ok=True)
    for old in (EVENTS, MADE):
        (options.report / old).unlink(missing_ok=True)
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "homeport.contract.fuzz.hooks",
        FLAVOR_VARIABLE: options.flavor,
        GUARD_VARIABLE: "" if is_local(url) else str(options.report / MADE),
        CREDENTIALS_VARIABLE: to_json(options.users),
    }
    return subprocess.run(fuzz_command(project, url, options), env=environment, check=False).returncode


def fuzz_command(project: Path, url: str, options: FuzzOptions) -> list[str]:
    """How schemathesis is started to test."""
    command = base_command(project, url, options.seed)
    command += ["--report-ndjson-path", str(options.report / EVENTS)]
    command += ["--report-junit-path", str(options.report / JUNIT)]
    if options.max_examples is not None:
        command += ["--max-examples", str(options.max_examples)]
    if options.max_time is not None:
        command += ["--max-time", str(options.max_time)]
    for header in options.headers:
        command += ["--header", header]
    for name in options.spared if not is_local(url) else ():
        command += ["--exclude-name", name]
    return command


def is_local(url: str) -> bool:
    """Whether a URL is this machine's, so that its data is nobody else's."""
    host = urlsplit(url).hostname or ""
    return host in _LOCAL or host.startswith("127.")


def require_schemathesis() -> None:
    """Raise SetupError where it isn't installed."""
    if importlib.util.find_spec("schemathesis") is None:
        raise SetupError("contract tests need schemathesis", "pip install 'homeport[test]'")


def smoke_command(project: Path, url: str, seed: int, operations: Iterable[str]) -> list[str]:
    """How schemathesis is started to look at a deployed API: the examples of operations (``GET /items``), each once."""
    chosen = [word for operation in operations for word in ("--include-name", operation)]
    return [*_started(project, url, seed), "--phases", "examples", *chosen]


def spec_file(project: Path) -> Path:
    """The project's openapi.yaml, under whichever of its names. Raises SetupError where there is none."""
    for name in SPEC_FILES:
        if (project / name).is_file():
            return project / name
    raise SetupError(f"{project} has no openapi.yaml", "--project DIR")


def base_command(project: Path, url: str, seed: int) -> list[str]:
    """How schemathesis is started: with every phase, on the project's spec and configuration, or the kit's."""
    return [*_started(project, url, seed), "--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"]


def _started(project: Path, url: str, seed: int) -> list[str]:
    config = project / CONFIG
    settings = config if config.is_file() else _DEFAULTS
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)]
    command += ["run", str(spec_file(project)), "--url", url, "--seed", str(seed)]
    # What was found before must not decide what is tested now.
    return [*command, "--generation-database", "none"]
