"""Everything that a request can end with but success, each with what the client sees (RFC 9457).

ServiceError
├── BadRequest     400: the request doesn't keep to openapi.yaml; ``errors`` says where
├── NotFound       404: there is no such order
├── Conflict       409: the order's state says otherwise
├── Changed        412: the order isn't as If-Match or If-None-Match wants it
├── KeyReused      422: an Idempotency-Key came with two bodies
├── Failure        500: a mistake in here; the log has it
└── Unavailable    503: DynamoDB is out of reach or out of capacity; trying again may help
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CONTENT_TYPE = "application/problem+json"


class ServiceError(Exception):
    """``errors`` are violations of the contract, each with ``in``, ``pointer`` and ``detail``."""

    status = 500
    title = "Internal Server Error"
    retry_after: int | None = None

    def __init__(self, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def problem(self, request_id: str) -> dict[str, Any]:
        """The problem details of this error."""
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


class Conflict(ServiceError):
    """409."""

    status = 409
    title = "Conflict"


class Changed(ServiceError):
    """412."""

    status = 412
    title = "Precondition Failed"

    def __init__(self) -> None:
        super().__init__("The order is not as If-Match or If-None-Match wants it.")


class KeyReused(ServiceError):
    """422."""

    status = 422
    title = "Unprocessable Content"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key came with another body before.")


class Failure(ServiceError):
    """500."""

    def __init__(self) -> None:
        super().__init__("Something went wrong here. The log says what, under the id of this request.")


class Unavailable(ServiceError):
    """503; ``retry_after`` is in seconds."""

    status = 503
    title = "Service Unavailable"
    retry_after = 1
