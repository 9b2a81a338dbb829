"""What the supervisor tells the process that makes the tables; apart, so that only that process loads boto3."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


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
