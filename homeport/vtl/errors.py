"""The errors of templates.

TemplateError             a template can't be read, or can't be filled in; ``line`` and ``column`` count from 1
└── LimitExceeded         a bound of ``RenderLimits`` was reached
"""

from __future__ import annotations


class TemplateError(Exception):
    """A fault of a template. ``line`` and ``column`` are 0 where the place is not known."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}" if self.line else self.message


class LimitExceeded(TemplateError):
    """A template does more than it may: steps, characters, depth, or the time of a pattern."""
