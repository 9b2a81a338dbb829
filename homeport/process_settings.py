"""What the supervisor tells the gateway's process; apart, so that only that process loads Flask.

What the supervisor tells the recorder's process; apart, so that only that process loads what it needs.

What the supervisor tells the inspector's process; apart, so that only that process loads Flask.

What the supervisor tells the process that makes the tables; apart, so that only that process loads boto3.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What the supervisor tells the gateway.

    ``listener``, ``lifeline``, ``status`` and ``changes`` are inherited descriptors; a byte on ``changes`` means that
    the project's files have changed. ``workers`` is the worker parent's socket, ``packages`` the functions' package
    set, ``dynamodb`` the endpoint for the functions (None: AWS's own). ``faults`` are as ``--fault`` has them;
    ``record`` is the folder that keeps every call (None: none does), ``recorder`` the socket of the recorder and
    ``fault_switch`` the one at which faults are taken while it runs (None: there is none).
    """

    project: str
    stage: str
    listener: int
    lifeline: int
    status: int
    changes: int
    workers: str
    scratch: str
    packages: str
    dynamodb: str | None
    in_process: bool
    faults: tuple[str, ...] = ()
    fault_seed: int = 0
    record: str | None = None
    recorder: str | None = None
    fault_switch: str | None = None

    def to_argument(self) -> str:
        """As one command line argument."""
        return json.dumps(asdict(self))


# Below a project's `.homeport`.
DATABASE = "inspector.db"


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """``place`` is the Unix socket to listen at, ``file`` the database. ``lifeline`` and ``status`` are inherited
    descriptors.
    """

    project: str
    stage: str
    place: str
    file: str
    lifeline: int
    status: int

    def to_argument(self) -> str:
        """As one command line argument."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """``listener``, ``lifeline`` and ``status`` are inherited descriptors. ``api`` is the API's base URL, ``dynamodb``
    its tables' endpoint, ``recordings`` the recorder's database (``recorded``: whether it is being filled),
    ``fault_switch`` the gateway's socket for faults. ``token_file`` keeps the token of state-changing calls: it is in a
    folder that only this user can read, not among the arguments, which anyone can.
    """

    project: str
    stage: str
    listener: int
    lifeline: int
    status: int
    api: str
    dynamodb: str | None
    recordings: str
    recorded: bool
    fault_switch: str
    token_file: str

    def to_argument(self) -> str:
        """As one command line argument."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class PrepareSettings:
    """``status`` is an inherited descriptor that is written to once the tables are there. With ``afresh`` those that
    are there are deleted first.
    """

    project: str
    stage: str
    endpoint: str
    status: int
    afresh: bool = False

    def to_argument(self) -> str:
        """As one command line argument."""
        return json.dumps(asdict(self))
