"""The errors of this service, each with the problem details that the client sees (RFC 9457).

ServiceError
├── BadRequest     400: the request does not match openapi.yaml; ``errors`` has each violation
├── NotFound       404: there is no such order
├── Failure        500: a bug in this service; the log has the traceback
└── Unavailable    503: DynamoDB is out of reach or out of capacity; a retry may succeed
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CONTENT_TYPE = "application/problem+json"


class ServiceError(Exception):
    """An error response. ``errors`` are violations of openapi.yaml, each with ``in``, ``pointer`` and ``detail``."""

    status = 500
    title = "Internal Server Error"
    retry_after: int | None = None

    def __init__(self, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def problem(self, request_id: str) -> dict[str, Any]:
        """Return the problem details of this error."""
        details = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:uuid:{request_id}",
        }
        return {**details, "errors": self.errors} if self.errors else details


class BadRequest(ServiceError):
    """400."""

    status = 400
    title = "Bad Request"

    def __init__(self, errors: Sequence[dict[str, str]]) -> None:
        count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__(f"The request has {count}.", errors)


class NotFound(ServiceError):
    """404."""

    status = 404
    title = "Not Found"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"There is no order {order_id}.")


class Failure(ServiceError):
    """500."""

    def __init__(self) -> None:
        super().__init__("Something went wrong here. The log says what, under the id of this request.")


class Unavailable(ServiceError):
    """503. ``retry_after`` is in seconds."""

    status = 503
    title = "Service Unavailable"
    retry_after = 1
