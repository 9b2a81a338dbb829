"""Start the embedded DynamoDB in its own process, whose code is ``embedded/``, and read its data directory."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.dynamodb.embedded_process import EmbeddedProcess, start_embedded
from homeport.dynamodb.read_lag import STRONG, ReadLag
from homeport.errors import EngineError
from homeport.package_cache import Say, package_set, package_set_folder
from homeport.project.model import LOCAL_ACCOUNT

_HERE = Path(__file__).resolve().parent
LOCK = _HERE / "engine.lock"
PACKAGES = "dynamodb-engine"
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The options of the embedded engine.

    ``data`` is the directory of its tables and journal (None: everything is kept in memory). ``region`` is the
    region in the ARNs of a new store; an old store keeps its own, and answers to clients of any region and account.
    ``log`` is the file for what goes wrong (None: this process's standard error). A checkpoint is made when more than
    ``checkpoint_after`` writes wait in the journal. Items whose time to live is over are removed every
    ``expiry_interval`` seconds. Eventually consistent reads have a ``lag``.
    With ``throttle`` a table with provisioned throughput refuses what it has no capacity for. A table is CREATING,
    UPDATING or DELETING for ``table_delay`` seconds after it was.
    """

    data: Path | None
    region: str = "us-east-1"
    log: Path | None = None
    checkpoint_after: int = 2000
    expiry_interval: float = 60.0
    lag: ReadLag = STRONG
    throttle: bool = False
    table_delay: float = 0.0


def start_engine(options: EngineOptions, *, listener: int, lifeline: int, cache: Path, say: Say) -> EmbeddedProcess:
    """Start the embedded engine; its ``take`` says when it serves.

    ``listener`` and ``lifeline`` are as ``start_embedded`` has them. ``cache`` is where package sets are kept. The
    first start on a machine installs the engine's packages, which takes a while; ``say`` gets a line about it.
    Raises SetupError if they can't be installed.
    """
    settings = {
        "data": str(options.data.absolute()) if options.data else None,
        "account": LOCAL_ACCOUNT,
        "region": options.region,
        "checkpoint_after": options.checkpoint_after,
        "expiry_interval": options.expiry_interval,
        "lag": options.lag.seconds,
        "stale_seed": options.lag.seed,
        "throttle": options.throttle,
        "table_delay": options.table_delay,
    }
    return start_embedded(
        _HERE / "embedded",
        [engine_packages(cache, say)],
        settings,
        listener=listener,
        lifeline=lifeline,
        log=options.log,
        say=say,
        # It speaks no TLS, and asyncio does without ssl: 1 MB and 5 ms.
        without=["ssl"],
    )


def examine_data(directory: Path) -> tuple[tuple[str, ...], Mapping[str, Mapping[str, Any]]]:
    """Read a data directory as the engine does at its start, and change nothing. Raises EngineError as that does.

    Return its warnings for a person, and the tables by their names.
    """
    # The supervisor, which imports this module too, needs none of these.
    from homeport.dynamodb.embedded.data_directory import examine
    from homeport.dynamodb.embedded.journal import DataDirectoryError
    from homeport.dynamodb.embedded.service import stored_tables

    try:
        content = examine(directory)
    except DataDirectoryError as error:
        raise EngineError(error.message, error.hint) from error
    return (content.warnings, stored_tables(content)) if content is not None else ((), {})


def engine_packages(cache: Path, say: Say) -> Path:
    """Return the engine's package set, and install it if it is missing. Raises SetupError."""
    return package_set(cache, PACKAGES, [LOCK], python=sys.executable, version=PYTHON_VERSION, say=say)


def engine_packages_folder(cache: Path) -> Path:
    """Return the folder of the engine's package set, which may not exist yet."""
    return package_set_folder(cache, PACKAGES, [LOCK], PYTHON_VERSION)
