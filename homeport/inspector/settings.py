"""What the supervisor tells the recorder's process; apart, so that only that process loads what it needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

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
