"""Keeps access log lines in a file of bounded size."""

from __future__ import annotations

import logging
import logging.handlers
import time
from collections.abc import Callable
from pathlib import Path

from homeport.gateway.access_log import access_log
from homeport.gateway.context import Exchange
from homeport.gateway.message import Reply
from homeport.gateway.outcome import outcome_of
from homeport.spec.log_variables import log_format
from homeport.spec.stage import Stage

_LARGEST = 10 * 1024 * 1024


def access_writer(stage: Stage, file: Path) -> Callable[[Exchange, Reply], None]:
    """Writes a line a call in the stage's format; the file before the last 10 MB is kept beside it as ``.1``."""
    line_of = access_log(log_format(stage.access_log, stage.flavor), stage.flavor, tracing=stage.tracing)
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True)
    log = logging.Logger("homeport.access")
    log.addHandler(handler)

    def write(exchange: Exchange, reply: Reply) -> None:
        log.info("%s", line_of(exchange, reply, outcome_of(exchange, reply, time.time())))

    return write
