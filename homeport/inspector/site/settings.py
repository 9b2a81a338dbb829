"""What the supervisor tells the inspector's process; apart, so that only that process loads Flask."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


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
