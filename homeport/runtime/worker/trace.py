"""What a function asked of DynamoDB, request by request, with what each one took and consumed.

The requests ask DynamoDB for the capacity that they consume; a function that did not ask itself does not see it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# An invocation's later ones are not kept.
MOST = 200
_ASKED = "homeport_asked_for_capacity"
# The beginning of a request that asks for it.
_ASKING = b'{"ReturnConsumedCapacity": "TOTAL", '

Right = tuple[str, str, bool]


class Trace:
    """The requests of one process. ``ticks`` gives seconds that never go back."""

    def __init__(self, ticks: Callable[[], float] = time.perf_counter) -> None:
        self._ticks = ticks
        self._open = threading.local()
        """``request`` is the one that this thread waits for."""
        self._done: list[dict[str, Any]] = []

    def ask_capacity(self, params: Any, model: Any, context: Any, **_rest: Any) -> None:
        """botocore's ``before-call``: the request's body is JSON already, an object with a table's name at least."""
        members = model.input_shape.members if model.input_shape is not None else {}
        body = params["body"]
        if "ReturnConsumedCapacity" in members and isinstance(body, bytes) and b"ReturnConsumedCapacity" not in body:
            params["body"] = _ASKING + body[1:]
            context[_ASKED] = True

    def begin(self, operation: str, rights: Sequence[Right]) -> None:
        """A request is about to be sent. ``rights`` are what it needs: action, resource, whether it is allowed."""
        self._open.request = (operation, list(rights), self._ticks())

    def end(self, parsed_response: Any, exception: Any, context: Any, **_rest: Any) -> None:
        """botocore's ``response-received``: an attempt is over."""
        sent = getattr(self._open, "request", None)
        if sent is None:
            return
        self._open.request = None
        operation, rights, started = sent
        consumed = parsed_response.get("ConsumedCapacity") if parsed_response else None
        if consumed is not None and context.get(_ASKED):
            del parsed_response["ConsumedCapacity"]
        if len(self._done) < MOST:
            error = (parsed_response or {}).get("Error", {}).get("Code")
            self._done.append(
                {
                    "operation": operation,
                    "rights": rights,
                    "ms": round((self._ticks() - started) * 1000, 3),
                    "error": error or (type(exception).__name__ if exception is not None else None),
                    "capacity": _units(consumed),
                }
            )

    def take(self) -> list[dict[str, Any]]:
        """What is over since the last time."""
        done, self._done = self._done, []
        return done


def _units(consumed: Any) -> float | None:
    """A batch or a transaction has an entry a table."""
    if consumed is None:
        return None
    entries = [consumed] if isinstance(consumed, Mapping) else consumed
    return float(sum(entry.get("CapacityUnits", 0) for entry in entries))
