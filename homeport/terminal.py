"""Output for people: colours where it goes to a terminal and NO_COLOR does not forbid them, and the progress of work.

https://no-color.org
"""

from __future__ import annotations

import contextlib
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TextIO

from homeport.environment import read_environment
from homeport.errors import Problem

Colour = Literal["red", "green", "yellow", "cyan", "grey"]
# Seconds between two lines about a work, where output is no terminal.
_PROGRESS_INTERVAL = 10.0
_MARGIN = " " * 9
_CODES: dict[Colour, str] = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "grey": "90"}


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of an output. Without ``on`` nothing is coloured."""

    on: bool = False

    def paint(self, colour: Colour | None, text: str) -> str:
        """Return ``text`` in a colour (None: as it is)."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.on and colour else text


def with_noun(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 error``, ``2 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def palette_of(out: TextIO) -> Palette:
    """Return the colours for an output."""
    return Palette(out.isatty() and read_environment().colour)


def show(out: TextIO, text: str) -> None:
    """Write and flush ``text``. Text for a full disk or a terminal that is gone is lost: no work may fail of it."""
    with contextlib.suppress(OSError):
        out.write(text)
        out.flush()


@dataclass(frozen=True, slots=True)
class TerminalStyle:
    """The terminal that lines are for: its columns and colours."""

    columns: int
    palette: Palette


def style_of(out: TextIO) -> TerminalStyle | None:
    """Return the style of an output, None if it is no terminal."""
    return TerminalStyle(shutil.get_terminal_size().columns, palette_of(out)) if out.isatty() else None


def problem_lines(problem: Problem, style: TerminalStyle | None) -> Iterator[str]:
    """Yield a warning or an error: one line, or on a terminal lines that fit, the hint on one of its own."""
    if style is None:
        yield str(problem)
        return
    colour: Colour = "red" if problem.severity == "error" else "yellow"
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    first, *more = _wrap(f"{where}: {problem.message}", style.columns)
    yield style.palette.paint(colour, f"{problem.severity:<9}") + first
    yield from (_MARGIN + line for line in more)
    for number, line in enumerate(_wrap(problem.hint, style.columns - 2) if problem.hint else ()):
        yield f"{_MARGIN}{'  ' if number else '→ '}{line}"


def _wrap(text: str, columns: int) -> list[str]:
    # A path or a URL stays whole, to be copied.
    width = max(columns - len(_MARGIN), 30)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def line_colour(line: str) -> Colour | None:
    """Return the colour of a line of a function's log, by its level, in either of Lambda's formats."""
    if line.startswith(("[ERROR]", "[CRITICAL]")) or '"level": "ERROR"' in line or '"log_level": "ERROR"' in line:
        return "red"
    if line.startswith("[WARNING]") or '"level": "WARNING"' in line:
        return "yellow"
    return "cyan" if line.startswith("homeport: ") else None


def printable(text: str, limit: int = 200) -> str:
    """Return text from outside without control characters, which a terminal would obey, and cut off at ``limit``."""
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return shown if len(text) <= limit else f"{shown}…"


class ProgressLine:
    """The state of a long work: a line that is written again and again in a terminal, elsewhere one now and then."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._is_terminal = out.isatty()
        self._printed_at = clock()
        self._text = ""

    def show(self, text: str) -> None:
        """Show the state of the work."""
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns
            if text != self._text:
                show(self._out, f"\r\x1b[K{text[: columns - 1]}")
        elif text != self._text and self._clock() - self._printed_at >= _PROGRESS_INTERVAL:
            self._printed_at = self._clock()
            show(self._out, f"{text}\n")
        self._text = text

    def end(self, text: str = "") -> None:
        """Replace the state by a last line, or by nothing."""
        if self._is_terminal:
            show(self._out, "\r\x1b[K")
        if text:
            show(self._out, f"{text}\n")
        self._text = ""
