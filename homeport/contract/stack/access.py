"""``StackAccess``: faults, held calls, stored items, logs and environments of a local stack."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class TracedCall:
    """A DynamoDB call of a request.

    ``target`` is a table's logical id, or ``ItemsTable/byStatus``. ``consistent`` is ConsistentRead as it was sent.
    ``error`` is the code of the response's error, ``""``: it succeeded. ``request`` and ``response`` are DynamoDB's
    JSON, empty where they were too long.
    """

    action: str
    target: str
    consistent: bool = False
    error: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedExchange:
    """The part of a request that its functions saw and did.

    ``event`` is None where the gateway answered without a function; ``rejected`` says why, where it was an error.
    ``is_cold`` is whether the function was started for it, ``function_request_id`` the id of its invocation, which its
    log and ``HeldCall`` have.
    """

    event: Mapping[str, Any] | None
    log: str
    calls: tuple[TracedCall, ...]
    rejected: str = ""
    is_cold: bool = False
    function_request_id: str = ""


class HeldCall(Protocol):
    """A DynamoDB call that waits before it is sent. ``body`` is the request in DynamoDB's JSON."""

    action: str
    table: str
    function: str
    request_id: str
    body: Mapping[str, Any]

    def release(self) -> None:
        """Let the call continue."""
        ...


class Holds(Protocol):
    """The calls that are held at the moment."""

    def wait(self, timeout: float = 5.0) -> HeldCall | None:
        """Return the next call that has arrived, None where none came within ``timeout`` seconds."""
        ...

    def release_all(self) -> None:
        """Let every call continue, and those that come later."""
        ...


class StackAccess(Protocol):
    """The controls of a stack. A table is named by its logical id."""

    def faults(self, *texts: str, seed: int = 0) -> AbstractContextManager[None]:
        """Have DynamoDB fail so (``runtime/faults.py`` has the notation) within the context, and no longer."""
        ...

    def hold(self, target: str = "*") -> AbstractContextManager[Holds]:
        """Have the calls to ``target`` (``ItemsTable.PutItem``) wait before they are sent, within the context."""
        ...

    def eventual(self) -> AbstractContextManager[None]:
        """Have eventually consistent reads see each item as it was before its latest write, within the context."""
        ...

    def new_environments(self) -> None:
        """Have the next request of every function meet a cold start."""
        ...

    def find_log(self, request_id: str) -> LoggedExchange | None:
        """Return what was logged of a request; None where it is not known."""
        ...

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the stored items of a table in DynamoDB's JSON (``{"S": "x"}``)."""
        ...

    def put_item(self, table: str, item: Mapping[str, Any]) -> None:
        """Store an item, in DynamoDB's JSON, in place of the one with its key."""
        ...

    def describe(self, table: str) -> Mapping[str, Any]:
        """Return the properties of a table as CloudFormation has them."""
        ...
