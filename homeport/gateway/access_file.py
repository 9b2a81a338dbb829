"""Keeps access log lines in a file of bounded size, off the path of the requests."""

from __future__ import annotations

import atexit
import logging
import logging.handlers
import threading
import time
from collections import deque
from pathlib import Path

from homeport.gateway.access_log import access_log
from homeport.gateway.context import Exchange
from homeport.gateway.message import Reply
from homeport.gateway.outcome import outcome_of
from homeport.spec.log_variables import log_format
from homeport.spec.stage import Stage

_LARGEST = 10 * 1024 * 1024
# Seconds between two writes. AWS delivers access logs within minutes.
_PAUSE = 0.2


class AccessFile:
    """Writes a line a call in the stage's format; the file before the last 10 MB is kept beside it as ``.1``."""

    def __init__(self, stage: Stage, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._line = access_log(log_format(stage.access_log, stage.flavor), stage.flavor, tracing=stage.tracing)
        self._log = logging.Logger("homeport.access")
        self._log.addHandler(
            logging.handlers.RotatingFileHandler(file, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True)
        )
        self._waiting: deque[tuple[Exchange, Reply, float]] = deque()
        self._flushing = threading.Lock()
        atexit.register(self.flush)
        threading.Thread(target=self._keep_flushing, name="access-log", daemon=True).start()

    def replied(self, exchange: Exchange, reply: Reply) -> None:
        """Remember a call."""
        self._waiting.append((exchange, reply, time.time()))

    def flush(self) -> None:
        """Write what is remembered."""
        with self._flushing:
            while self._waiting:
                exchange, reply, at = self._waiting.popleft()
                self._log.info("%s", self._line(exchange, reply, outcome_of(exchange, reply, at)))

    def _keep_flushing(self) -> None:
        while True:
            time.sleep(_PAUSE)
            self.flush()
