"""The lines of the function's own code that write its log: the inspector links each line of a log to its source."""

from __future__ import annotations

import sys
from collections.abc import Sequence

# Lines of an invocation's log of which the place is kept, and the characters by which a line is found again.
_MOST = 500
_LONGEST = 120
# Folders in a project that hold the code of others.
_FOREIGN = ("/site-packages/", "/node_modules/", "/.")

LogPlace = tuple[str, str, int]
"""The beginning of a line, and the file and line that wrote it."""


class LogPlaces:
    """Notes who writes each line. ``roots`` are the folders of the function's own code."""

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = tuple(f"{root.rstrip('/')}/" for root in roots)
        self._is_own: dict[str, bool] = {}
        self._noted: list[LogPlace] = []
        self._begins_line = True

    def note(self, text: str) -> None:
        """Note who writes ``text``: the innermost caller that is the function's own code, else nobody."""
        if self._begins_line and text.strip() and len(self._noted) < _MOST:
            place = self._find_writer()
            if place is not None:
                self._noted += [(line[:_LONGEST], *place) for line in text.splitlines() if line.strip()]
        if text:
            self._begins_line = text.endswith("\n")

    def take(self) -> list[LogPlace]:
        """Return what was noted since the last call."""
        noted, self._noted = self._noted, []
        return noted

    def _find_writer(self) -> tuple[str, int] | None:
        # note() and the stream's write() are the kit's.
        frame = sys._getframe(2).f_back
        while frame is not None:
            if self._is_own_code(frame.f_code.co_filename):
                return frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        return None

    def _is_own_code(self, file: str) -> bool:
        known = self._is_own.get(file)
        if known is None:
            root = next((root for root in self._roots if file.startswith(root)), None)
            known = root is not None and not any(part in file[len(root) - 1 :] for part in _FOREIGN)
            self._is_own[file] = known
        return known
