"""What every page of the inspector works on."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.inspector.recordings import Recordings
from homeport.inspector.site.fault_board import FaultBoard
from homeport.inspector.site.projects import Projects


@dataclass(frozen=True, slots=True)
class Site:
    """``api`` is the API's base URL, ``dynamodb`` its tables' endpoint (None: it has none). ``recorded`` is whether
    requests are being recorded. ``token`` is what state-changing calls must carry.
    """

    projects: Projects
    recordings: Recordings
    recorded: bool
    api: str
    dynamodb: str | None
    faults: FaultBoard
    token: str
