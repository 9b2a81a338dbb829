"""The error of a resource that can't be made."""

from __future__ import annotations


class CannotMakeError(Exception):
    """A resource, or a part of one, can't be made here. ``hint`` is the advice."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
