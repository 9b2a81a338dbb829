"""What a text becomes: plain values, and the line of every one of them."""

from __future__ import annotations

from typing import Any, NamedTuple

MOST_VALUES = 500_000
"""A text whose aliases unfold to more values than this is refused (a "billion laughs" file)."""

DEEPEST = 100
"""A text nested deeper than this is refused; OpenAPI documents and templates stay far below."""


class TextError(Exception):
    """A text that can't be read; ``line`` counts from 1, ``cure`` says what to do."""

    def __init__(self, message: str, line: int = 0, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.cure = cure


class Marks(NamedTuple):
    """Lines of a container: its own, and those of its keys or entries, counted from 1."""

    line: int
    children: dict[str, int] | list[int]


class Tree(NamedTuple):
    """``marks`` is keyed by the ``id`` of the containers in ``value``, which must therefore outlive it.

    ``flaws`` are errors that did not keep the rest from being read: duplicate keys, unknown tags.
    """

    value: Any
    marks: dict[int, Marks]
    flaws: list[TextError]
