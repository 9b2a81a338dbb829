"""The embedded DynamoDB alone, without a project and its supervisor: for a terminal, and for tests."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from homeport.dynamodb.embedded_process import EmbeddedProcess
from homeport.dynamodb.engine import EngineOptions, start_engine
from homeport.errors import EngineError
from homeport.package_cache import Say


@contextlib.contextmanager
def engine_alone(listener: socket.socket, options: EngineOptions, cache: Path, say: Say) -> Iterator[EmbeddedProcess]:
    """Have the engine serve on a listening socket within the context, and end it at its end.

    It also ends with this process, however that ends. ``cache`` keeps the engine's packages; ``say`` gets a line for a
    person. Raises EngineError if it does not start, SetupError if its packages can't be installed.
    """
    lifeline, held = os.pipe()
    try:
        listener.set_inheritable(True)
        engine = start_engine(options, listener=listener.fileno(), lifeline=lifeline, cache=cache, say=say)
        try:
            _wait_until_ready(engine)
            yield engine
        finally:
            engine.stop()
    finally:
        os.close(lifeline)
        os.close(held)


def _wait_until_ready(engine: EmbeddedProcess) -> None:
    with os.fdopen(engine.status, "rb") as lines:
        if not any(engine.take(line) for line in lines):
            raise EngineError(
                f"the embedded DynamoDB ended while it started: exit status {engine.process.wait()}",
                "the lines above say why",
            )
