"""The options of ``homeport dev``, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from homeport.runtime.faults import Faults


@dataclass(frozen=True, slots=True)
class DevOptions:
    """``dynamodb`` is ``embedded``, ``none`` or an endpoint's URL; ``data`` the engine's folder, None: keep nothing.
    ``faults`` are what is to go wrong with DynamoDB.

    ``record`` is a folder that gets every call, for tests that look behind the API; ``recorded`` is whether the
    inspector's database keeps them; ``fault_switch`` is a socket at which it is told what is to go wrong.
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
    fault_switch: Path | None = None

    @property
    def embedded(self) -> bool:
        """Whether the kit runs the DynamoDB engine itself."""
        return self.dynamodb == "embedded"
