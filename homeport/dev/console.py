"""The lines that ``homeport dev`` writes to its terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from homeport.terminal import Colour, palette_of, show


def say(line: str) -> None:
    """Write a line to standard output, at once; a problem of the project is coloured in a terminal."""
    palette = palette_of(sys.stdout)
    show(sys.stdout, "".join(f"{palette.paint(_colour(part), part)}\n" for part in line.split("\n")))


def say_all(lines: Iterable[str]) -> None:
    """Write lines to standard output."""
    for line in lines:
        say(line)


def _colour(line: str) -> Colour | None:
    return "red" if ": error: " in line else "yellow" if line.startswith("warning: ") else None
