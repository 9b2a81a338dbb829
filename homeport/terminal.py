"""Colours for people, where output goes to a terminal and NO_COLOR does not forbid them (https://no-color.org)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Literal, TextIO

from homeport.environment import read_environment

Colour = Literal["red", "green", "yellow", "cyan", "grey"]
_CODES: dict[Colour, str] = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "grey": "90"}


@dataclass(frozen=True, slots=True)
class Palette:
    """``on`` says whether to colour at all."""

    on: bool = False

    def paint(self, colour: Colour | None, text: str) -> str:
        """``text`` in a colour, None: as it is."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.on and colour else text


def palette_of(out: TextIO) -> Palette:
    """The colours for what is written to ``out``."""
    return Palette(out.isatty() and read_environment().colour)


def show(out: TextIO, text: str) -> None:
    """Write and flush ``text``. What can't be shown, on a full disk or a terminal that is gone, is lost: nothing that
    is told of may fail of it.
    """
    with contextlib.suppress(OSError):
        out.write(text)
        out.flush()


def line_colour(line: str) -> Colour | None:
    """How a line of a function's log is shown: by its level, in either of Lambda's formats."""
    if line.startswith(("[ERROR]", "[CRITICAL]")) or '"level": "ERROR"' in line or '"log_level": "ERROR"' in line:
        return "red"
    if line.startswith("[WARNING]") or '"level": "WARNING"' in line:
        return "yellow"
    return "cyan" if line.startswith("homeport: ") else None


def printable(text: str, limit: int = 200) -> str:
    """Text from outside as it is safe to show: no control characters that a terminal would obey, not too long."""
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return shown if len(text) <= limit else f"{shown}…"
