"""What the stack under test kept of its calls (``homeport dev --record DIR``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeport.gateway.record import EXCHANGES, RIGHTS
from homeport.line_files import older


def read_exchanges(folder: Path, request_ids: frozenset[str]) -> dict[str, dict[str, Any]]:
    """The recorded calls by their request id; only those asked for."""
    found = {}
    for line in _lines(folder / EXCHANGES):
        exchange = json.loads(line)
        if exchange["requestId"] in request_ids:
            found[exchange["requestId"]] = exchange
    return found


def read_right_lines(folder: Path) -> list[str]:
    """The lines of RIGHTS."""
    return list(_lines(folder / RIGHTS))


def _lines(file: Path) -> Iterator[str]:
    for part in (older(file), file):
        if part.exists():
            with part.open() as lines:
                # The last line of a running stack may still be on its way.
                yield from (line for line in lines if line.endswith("\n"))
