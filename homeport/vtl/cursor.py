"""A place in a template's text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never

from homeport.vtl.errors import LimitExceeded, TemplateError

_DEEPEST = 48
_WHITESPACE = re.compile(r"[ \t\n\r]*")


class TemplateCursor:
    """The text of a template and how far it has been read.

    ``place`` is the line and column that errors name, for the text of a string; None: that of the position. ``depth``
    counts blocks, lists, parentheses and strings within each other.
    """

    def __init__(self, text: str, place: tuple[int, int] | None = None, depth: int = 0) -> None:
        self.text = text
        self.position = 0
        self.depth = depth
        self.in_string = place is not None
        self._place = place
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))] if place is None else []

    def at_end(self) -> bool:
        """Return whether everything has been read."""
        return self.position >= len(self.text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches here, and return the match; None if it does not."""
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def skip_whitespace(self) -> None:
        """Read blanks and line ends."""
        match = _WHITESPACE.match(self.text, self.position)
        assert match is not None
        self.position = match.end()

    def take_text(self, text: str) -> bool:
        """Read a text if it stands here."""
        if self.text.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def expect(self, text: str, what: str) -> None:
        """Read a text that must stand here. Raises TemplateError."""
        if not self.take_text(text):
            self.fail(f"{what}: {text!r} is missing")

    def place(self, position: int | None = None) -> tuple[int, int]:
        """Return the line and column, from 1, of the position or of another."""
        if self._place is not None:
            return self._place
        at = self.position if position is None else position
        line = bisect_right(self._line_starts, at)
        return line, at - self._line_starts[line - 1] + 1

    def fail(self, message: str, position: int | None = None) -> Never:
        """Raise TemplateError for the position or for another."""
        raise TemplateError(message, *self.place(position))

    @contextmanager
    def go_deeper(self) -> Iterator[None]:
        """Go into something that may hold itself. Raises LimitExceeded where it is nested too deeply."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise LimitExceeded(f"the template is nested more than {_DEEPEST} deep", *self.place())
        yield
        self.depth -= 1
