"""What the supervisor tells the gateway's process; apart, so that only that process loads Flask."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What the supervisor tells the gateway.

    ``listener``, ``lifeline``, ``status`` and ``changes`` are inherited descriptors; a byte on ``changes`` means that
    the project's files have changed. ``workers`` is the worker parent's socket, ``packages`` the functions' package
    set, ``dynamodb`` the endpoint for the functions (None: AWS's own), which ``embedded`` says is the embedded
    engine's; ``shortcut`` is the name of a Unix socket that leads there too. ``faults`` are as ``--fault`` has them;
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
    embedded: bool
    in_process: bool
    shortcut: str | None = None
    faults: tuple[str, ...] = ()
    fault_seed: int = 0
    record: str | None = None
    recorder: str | None = None
    fault_switch: str | None = None

    def to_argument(self) -> str:
        """As one command line argument."""
        return json.dumps(asdict(self))
