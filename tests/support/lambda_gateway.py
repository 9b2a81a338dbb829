"""A gateway's process for tests: invokes one function and prints what comes back.

Run with the worker parent's socket, a scratch folder, a Handler setting, and the descriptor of a lifeline.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

from homeport.runtime.host.pool import PoolRuntime
from tests.support.runtime import make_config


def main(socket_path: str, scratch: str, handler: str, lifeline: str) -> None:
    """Invoke once and print the payload."""
    threading.Thread(target=_end_with, args=(int(lifeline),), daemon=True).start()
    config = replace(make_config(handler), timeout=60)
    runtime = PoolRuntime({config.name: config}, Path(socket_path), Path(scratch))
    print(runtime.invoke(config.name, b"{}").payload.decode(), flush=True)


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
