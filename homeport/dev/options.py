"""The options of ``homeport dev``, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from homeport.runtime.faults import Faults


@dataclass(frozen=True, slots=True)
class DevOptions:
    """``dynamodb`` is ``embedded``, ``none`` or an endpoint's URL; ``data`` the engine's folder, None: keep nothing.
    ``faults`` are what is to go wrong with DynamoDB.

    ``record`` is a folder that gets every call, for tests that look behind the API; ``fault_switch`` a socket at which
    they say what is to go wrong. ``recorded`` is whether the inspector's database keeps requests. ``inspector_port``
    is the inspector's, on ``inspector_host``; None: there is no inspector. Unless it was ``inspector_chosen``, a free
    port will do.
    """

    project: Path
    stage: str
    host: str
    port: int
    dynamodb: str
    dynamodb_port: int
    data: Path | None
    in_process: bool
    reload: bool
    faults: Faults = field(default_factory=Faults)
    record: Path | None = None
    recorded: bool = True
    inspector_host: str = "127.0.0.1"
    inspector_port: int | None = None
    inspector_chosen: bool = False
    fault_switch: Path | None = None

    @property
    def embedded(self) -> bool:
        """Whether the kit runs the DynamoDB engine itself."""
        return self.dynamodb == "embedded"
