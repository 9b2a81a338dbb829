"""The kit's own environment variables, read in this one place, its installation, and the systems that it runs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import SetupError

if TYPE_CHECKING:
    from importlib.metadata import Distribution


@dataclass(frozen=True, slots=True)
class KitEnvironment:
    """``cache_dir`` keeps the package sets of the engine and of functions, which are made once per machine.

    ``retry_delays`` are the seconds before each retry of an asynchronous invocation. ``editor`` is the one that opens
    the inspector's links to sources, ``""``: none does.
    """

    cache_dir: Path
    colour: bool
    retry_delays: tuple[float, ...] = (1.0, 2.0)
    editor: str = ""


def read_environment(variables: Mapping[str, str] = os.environ) -> KitEnvironment:
    """Read HOMEPORT_CACHE_DIR, XDG_CACHE_HOME, HOMEPORT_RETRY_DELAYS, HOMEPORT_EDITOR and NO_COLOR.

    https://no-color.org

    Raises SetupError for delays that are no numbers.
    """
    home = variables.get("HOMEPORT_CACHE_DIR")
    base = Path(home) if home else Path(variables.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homeport"
    delays = _retry_delays(variables.get("HOMEPORT_RETRY_DELAYS") or "1,2")
    editor = variables.get("HOMEPORT_EDITOR", "")
    return KitEnvironment(base, colour=not variables.get("NO_COLOR"), retry_delays=delays, editor=editor)


def certificates_dir(variables: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this user's certificates for ``homeport dev --tls``, which the kit's clients trust."""
    return read_environment(variables).cache_dir / "tls"


def _retry_delays(text: str) -> tuple[float, ...]:
    try:
        return tuple(abs(float(part)) for part in text.split(","))
    except ValueError:
        raise SetupError(f"HOMEPORT_RETRY_DELAYS is {text!r}", "write seconds, as 60,120: those of AWS") from None


def state_dir(project: Path, variables: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that keeps the local tables, recordings, logs and counters of a project between runs.

    It is ``.homeport`` in the project, or the folder that HOMEPORT_STATE_DIR names. The token issuer's key and
    generated code stay in the project: they belong to its sources, not to a run.
    """
    named = variables.get("HOMEPORT_STATE_DIR")
    return Path(named).absolute() if named else project / ".homeport"


HYPOTHESIS_FOLDER = "hypothesis"
STATE_FILES = {
    ".gitignore": "Keeps the folder out of the repository.",
    "access.log": "The access log of the API.",
    "build": "JavaScript that was built of TypeScript.",
    "cache": "Translations of SAM templates.",
    "cdk": "The last synthesis of a CDK app.",
    "chalice": "The last reading of a Chalice app.",
    "code": "Code that archives and templates hold, unpacked.",
    "data": "The tables and the other services' state. `make clean-data` empties it.",
    "generated": "Generated modules, where `service/` can't be written.",
    HYPOTHESIS_FOLDER: "What Hypothesis keeps between contract runs.",
    "inspector.db": "Recorded requests and runs of functions, in SQLite.",
    "issuer": "The key of the local token issuer.",
    "logs": "The log of each function.",
    "reports": "Reports of contract runs, of projects with a template.",
    "running": "A file for each `homeport dev` that runs.",
    "schemas": "JSON Schemas for editors.",
    "snapshots": "Snapshots of tables and other services.",
    "triggers": "Positions in streams, and events that wait for a function.",
    "usage.json": "The counters of usage plans.",
}
"""The files and folders of ``.homeport``, with their meanings in Markdown."""


def hide_state(project: Path) -> None:
    """Keep ``.homeport`` of a project out of its repository, whose own .gitignore may not know of it.

    What it holds are recorded requests with their credentials, and items of tables.
    """
    folder = project / ".homeport"
    # A folder that can't be written, or is not there, has nothing to hide.
    with suppress(OSError):
        if folder.is_dir() and not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n")


@dataclass(frozen=True, slots=True)
class ContractTarget:
    """The API that contract tests call, None for unset variables; ``token`` and ``api_key`` are credentials."""

    project: str | None
    stage: str | None
    url: str | None
    dynamodb_url: str | None
    aws_url: str | None
    token: str | None
    api_key: str | None


def read_contract_target(variables: Mapping[str, str] = os.environ) -> ContractTarget:
    """Read HOMEPORT_PROJECT, _STAGE, _URL, _DYNAMODB_URL, _AWS_URL, _TOKEN and _API_KEY."""
    return ContractTarget(
        **{field.name: variables.get(f"HOMEPORT_{field.name.upper()}") or None for field in fields(ContractTarget)}
    )


def reject_windows(platform: str = sys.platform) -> None:
    """Raise SetupError on native Windows, which has no fork, Unix sockets and signals.

    To be called before a module of the runtime is imported.
    """
    if platform == "win32":
        raise SetupError(
            "homeport runs functions on Linux and macOS",
            "on Windows, use it inside WSL2: https://learn.microsoft.com/windows/wsl/install",
        )


EXTRAS = "local,test,deploy"
EXTRA_MODULES: Mapping[str, tuple[str, ...]] = {
    "local": (
        "boto3",
        "botocore",
        "flask",
        "jsonschema_rs",
        "jwt",
        "localstack_client",
        "pip",
        "waitress",
        "watchfiles",
        "werkzeug",
    ),
    "test": ("hypothesis", "pytest", "requests", "schemathesis"),
}
"""The modules that come with an extra of ``homeport``, as far as commands import them."""


def extra_of(module: str) -> str | None:
    """Return the extra that installs a module (``local`` for ``flask``), None for another module."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRA_MODULES.items() if top in modules), None)


def kit_requirement(extras: str = EXTRAS, installed: Distribution | None = None) -> str:
    """Return a requirement for pip: ``homeport[…]==1.2.0``, or the folder or file that homeport was installed from.

    A version that came from no index can't be had from one, where the name may be a stranger's; pip notes such an
    origin in direct_url.json.
    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    import json
    from importlib.metadata import distribution

    installed = installed or distribution("homeport")
    name = f"homeport[{extras}]"
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if "url" not in origin:
        return f"{name}=={installed.version}"
    url: str = origin["url"]
    commit = origin.get("vcs_info", {}).get("commit_id")
    return f"{name} @ {origin['vcs_info']['vcs']}+{url}@{commit}" if commit else f"{name} @ {url}"


def install_hint(extra: str) -> str:
    """Return the command that installs an extra of the kit from where the kit came."""
    return f"pip install '{kit_requirement(extra)}'"
