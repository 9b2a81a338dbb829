"""One map laid over another, every value keeping its line: a stage over the defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from homeport.spec.document import Document
from homeport.spec.tree import Marks
from homeport.spec.view import View


def layered(below: View, above: View, text: Callable[[View], str]) -> View:
    """``above`` over ``below``, maps merged key by key, as a document of its own.

    A null above takes away what is below. ``text`` says what becomes of each text.
    """
    layering = _Layering(text)
    value = layering.over(below, above)
    document = Document(below.document.file, value, layering.marks)
    return View(document, (), value, below.findings)


class _Layering:
    def __init__(self, text: Callable[[View], str]) -> None:
        self._text = text
        self.marks: dict[int, Marks] = {}

    def over(self, below: View, above: View) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key in {**below.value, **above.value}:
            winner = above.at(key) if key in above.value else below.at(key)
            if winner.value is None:
                continue
            both = isinstance(above.value.get(key), dict) and isinstance(below.value.get(key), dict)
            merged[key] = self.over(below.at(key), above.at(key)) if both else self._copy(winner)
            lines[key] = winner.line
        self.marks[id(merged)] = Marks((above if above.value else below).line, lines)
        return merged

    def _copy(self, view: View) -> Any:
        match view.value:
            case str():
                return self._text(view)
            case list():
                entries = list(view.entries())
                copies = [self._copy(entry) for entry in entries]
                self.marks[id(copies)] = Marks(view.line, [entry.line for entry in entries])
                return copies
            case dict():
                copied = {key: self._copy(child) for key, child in view.items()}
                self.marks[id(copied)] = Marks(view.line, {key: child.line for key, child in view.items()})
                return copied
            case value:
                return value
