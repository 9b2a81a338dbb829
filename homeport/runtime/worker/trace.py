"""The trace of an environment's requests to DynamoDB: what each needed, took, consumed and got.

``aws_calls.py`` keeps one for a function of Python, ``homeport/runtime/front/`` for one of any other language.
"""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# An action (``dynamodb:GetItem``, in a trace ``GetItem``), a resource's ARN, and whether the action is allowed.
Check = tuple[str, str, bool]

# Requests beyond this number in one invocation are not traced.
MOST_REQUESTS = 200
# Longer bodies, as JSON, are not kept.
MOST_CHARACTERS = 4096
# Items of one request whose keys are reported, and the characters of a value that may be one (a key has 2048 bytes).
_MOST_WRITES = 25
_LONGEST_KEY = 2048

_CAPACITY = b"ReturnConsumedCapacity"
_CAPACITY_MEMBER = b'{"ReturnConsumedCapacity": "TOTAL", '


class SentRequest(NamedTuple):
    """A request that is about to be sent. ``started`` is by the trace's clock."""

    operation: str
    checks: Sequence[Check]
    body: Mapping[str, Any]
    started: float


class _EndedRequest(NamedTuple):
    """A request that has ended ``at``, in seconds since the epoch; ``bodies`` are those that are kept."""

    sent: SentRequest
    milliseconds: float
    at: float
    error: str | None
    capacity: float | None
    bodies: Mapping[str, str]

    def as_kept(self) -> dict[str, Any]:
        """Return it as it is reported."""
        sent = self.sent
        writes = written_items(sent.operation, sent.body) if self.error is None else []
        return {
            "operation": sent.operation,
            "permissions": sent.checks,
            "ms": round(self.milliseconds, 3),
            "error": self.error,
            "capacity": self.capacity,
            "consistent": _is_consistent(sent.operation, sent.body),
            "at": self.at,
            **({"writes": writes} if writes else {}),
            **self.bodies,
        }


class Trace:
    """The requests to DynamoDB of one environment.

    What can wait is worked out by ``take``: the function continues meanwhile.

    ``ticks`` gives seconds on a monotonic clock, ``clock`` seconds since the epoch.

    With ``bodies`` they are kept with the bodies of request and response, as far as these have ``MOST_CHARACTERS``.
    """

    def __init__(
        self,
        bodies: bool = False,
        ticks: Callable[[], float] = time.perf_counter,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bodies = bodies
        self._ticks, self._clock = ticks, clock
        self._ended: list[_EndedRequest] = []

    def begin(self, operation: str, checks: Sequence[Check], body: Mapping[str, Any]) -> SentRequest:
        """Return a request that is about to be sent."""
        return SentRequest(operation, checks, body, self._ticks())

    def end(self, sent: SentRequest, response: Mapping[str, Any], error: str | None, consumed: Any) -> None:
        """Record a request that has ended.

        ``response`` are the parts of its response, ``error`` its code (None: it succeeded), and ``consumed`` its
        ConsumedCapacity (None: DynamoDB did not say).
        """
        if len(self._ended) >= MOST_REQUESTS:
            return
        took = (self._ticks() - sent.started) * 1000
        # The function may change the response: its text is taken now.
        bodies = {"request": _short_json(sent.body), "response": _short_json(response)} if self._bodies else {}
        self._ended.append(_EndedRequest(sent, took, self._clock(), error, _capacity_units(consumed), bodies))

    def take(self) -> list[dict[str, Any]]:
        """Return the requests that ended since the last call."""
        ended, self._ended = self._ended, []
        return [each.as_kept() for each in ended]


def written_items(operation: str, body: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the tables and items that a request writes, of each item what may be a part of its key.

    A stream says of a record's cause no more than its key. Statements of PartiQL are not read.
    """
    found = (pair for pair in _writes(operation, body) if isinstance(pair[1], Mapping))
    return [(table, _key_candidates(item)) for table, item in itertools.islice(found, _MOST_WRITES)]


def _writes(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    match operation:
        case "PutItem":
            yield body.get("TableName", ""), body.get("Item")
        case "UpdateItem" | "DeleteItem":
            yield body.get("TableName", ""), body.get("Key")
        case "BatchWriteItem":
            for table, entries in body.get("RequestItems", {}).items():
                for entry in entries:
                    yield table, entry.get("PutRequest", {}).get("Item") or entry.get("DeleteRequest", {}).get("Key")
        case "TransactWriteItems":
            for entry in body.get("TransactItems", ()):
                for write in ("Put", "Update", "Delete"):
                    part = entry.get(write, {})
                    if part:
                        yield part.get("TableName", ""), part.get("Item" if write == "Put" else "Key")


def _key_candidates(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that can be a part of a key: texts, numbers and binaries of its length."""
    found = {}
    for name, attribute in item.items():
        if isinstance(attribute, Mapping) and len(attribute) == 1:
            ((kind, value),) = attribute.items()
            if kind in ("S", "N", "B") and isinstance(value, str) and len(value) <= _LONGEST_KEY:
                found[name] = {kind: value}
    return found


def with_capacity_member(body: bytes) -> bytes | None:
    """Return a request's body that asks for the consumed capacity, None where the function asks for it itself.

    The body is a JSON object that has the table's name at least.
    """
    return None if _CAPACITY in body else _CAPACITY_MEMBER + body.lstrip()[1:]


def _is_consistent(operation: str, body: Mapping[str, Any]) -> bool:
    """Return whether a request is a strongly consistent read, of each table if it is a batch.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
    """
    if operation == "BatchGetItem":
        return all(part.get("ConsistentRead") is True for part in body.get("RequestItems", {}).values())
    return operation == "TransactGetItems" or body.get("ConsistentRead") is True


def _short_json(value: Mapping[str, Any]) -> str:
    """Return a value as JSON, binary values in base64 as DynamoDB sends them; "" where it is too long."""
    text = json.dumps(value, default=_plain)
    return text if len(text) <= MOST_CHARACTERS else ""


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _capacity_units(consumed: Any) -> float | None:
    """Return the sum of the capacity units; a batch or a transaction has an entry for each table."""
    if consumed is None:
        return None
    entries = [consumed] if isinstance(consumed, Mapping) else consumed
    return float(sum(entry.get("CapacityUnits", 0) for entry in entries))
