"""The options of ``homeport dev``, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DevOptions:
    """``dynamodb`` is ``embedded``, ``none`` or an endpoint's URL; ``data`` the engine's folder, None: keep nothing."""

    project: Path
    stage: str
    host: str
    port: int
    dynamodb: str
    dynamodb_port: int
    data: Path | None
    in_process: bool
    reload: bool

    @property
    def embedded(self) -> bool:
        """Whether the kit runs the DynamoDB engine itself."""
        return self.dynamodb == "embedded"
