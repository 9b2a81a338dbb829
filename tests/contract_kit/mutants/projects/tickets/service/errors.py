"""Errors that clients see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class DeskError(Exception):
    """An error of the desk."""

    status, code = 500, "failed"

    def __init__(self, message: str, details: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(message)
        self.message, self.details = message, list(details)

    def body(self) -> dict[str, Any]:
        """What the client sees."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class BadRequest(DeskError):
    """The request breaks the document."""

    status, code = 400, "invalid"

    def __init__(self, details: Sequence[dict[str, str]]) -> None:
        super().__init__("The request breaks the document.", details)


class NotFound(DeskError):
    """There is no such thing."""

    status, code = 404, "not_found"


class Conflict(DeskError):
    """The state of the ticket does not let it."""

    status, code = 409, "conflict"


class Busy(DeskError):
    """The database does not answer."""

    status, code = 503, "busy"
