"""Errors that clients see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class HotelError(Exception):
    """An error of the hotel."""

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


class BadRequest(HotelError):
    """The request breaks the document."""

    status, code = 400, "invalid"

    def __init__(self, details: Sequence[dict[str, str]]) -> None:
        super().__init__("The request breaks the document.", details)


class NotFound(HotelError):
    """There is no such thing."""

    status, code = 404, "not_found"


class Conflict(HotelError):
    """The state of a booking does not let it."""

    status, code = 409, "conflict"


class Impossible(HotelError):
    """The request keeps to the document and makes no sense."""

    status, code = 422, "impossible"


class Busy(HotelError):
    """The database does not answer."""

    status, code = 503, "busy"
