"""The place of a part of the project in the owner's files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the project's files: the file relative to the project, and the line, counted from 1."""

    file: str
    line: int
