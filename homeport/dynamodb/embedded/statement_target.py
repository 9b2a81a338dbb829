"""The target of a PartiQL statement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatementTarget:
    """The table of a statement, the index that it reads, "" for none, and whether it only reads."""

    table: str
    index: str
    reads: bool
