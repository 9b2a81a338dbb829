"""Keeps access log lines in a file, off the path of the requests."""

from __future__ import annotations

import time
from pathlib import Path

from homeport.gateway.access_log import access_log
from homeport.gateway.context import Exchange
from homeport.gateway.message import Reply
from homeport.gateway.outcome import outcome_of
from homeport.line_files import LineFiles
from homeport.spec.log_variables import log_format
from homeport.spec.stage import Stage


class AccessFile:
    """Writes a line a call in the stage's format."""

    def __init__(self, stage: Stage, file: Path, files: LineFiles) -> None:
        self._line = access_log(log_format(stage.access_log, stage.flavor), stage.flavor, tracing=stage.tracing)
        self._file = file
        self._files = files

    def replied(self, exchange: Exchange, reply: Reply) -> None:
        """Remember a call."""
        at = time.time()
        self._files.append(self._file, lambda: f"{self._line(exchange, reply, outcome_of(exchange, reply, at))}\n")
