"""The interface of the local Lambda: call a function with an event, and get its response.

The pool of workers and the in-process runtime for debuggers implement it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable


class PermissionCheck(NamedTuple):
    """A permission that an invocation needed: an IAM action (``dynamodb:GetItem``) on a resource's ARN."""

    action: str
    resource: str
    allowed: bool


class DynamoDBRequest(NamedTuple):
    """An attempt at a DynamoDB operation (``GetItem``) and the permissions that it needed.

    ``duration_ms`` is milliseconds, ``capacity`` the units consumed (None: DynamoDB did not say), ``error`` the code of
    its response (``ConditionalCheckFailedException``) or the exception in place of one, None: it succeeded.
    ``consistent`` says that it was a strongly consistent read. ``request`` and ``response`` are the bodies as JSON,
    ``""`` where they were too long or were not asked for. ``writes`` are the tables and items of a successful write, of
    each what may be a part of its key, and ``at`` is when it ended, in seconds since the epoch.
    """

    operation: str
    permissions: tuple[PermissionCheck, ...]
    duration_ms: float
    error: str | None = None
    capacity: float | None = None
    consistent: bool = False
    request: str = ""
    response: str = ""
    writes: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    at: float = 0.0

    @classmethod
    def from_trace(cls, kept: Mapping[str, Any]) -> DynamoDBRequest:
        """Return the request that a worker traced."""
        checks = tuple(
            PermissionCheck(f"dynamodb:{action}", resource, allowed)
            for action, resource, allowed in kept["permissions"]
        )
        bodies = (kept.get("request", ""), kept.get("response", ""))
        writes = tuple((table, item) for table, item in kept.get("writes", ()))
        given = (kept["operation"], checks, kept["ms"], kept["error"], kept["capacity"], kept["consistent"])
        return cls(*given, *bodies, writes, kept.get("at", 0.0))


class AwsServiceCall(NamedTuple):
    """An attempt at a call to another service than DynamoDB, by IAM's name (``sqs``) and operation (``SendMessage``).

    ``status`` is that of HTTP, None: no response came. ``error`` is its code, or the exception in place of a response,
    None: it succeeded. ``made`` are the ids of what it made (``worker/made_ids.py``). ``at`` is when it ended, in
    seconds since the epoch. ``secrets`` are the secret values in its response, which are to be masked.
    """

    service: str
    operation: str
    permissions: tuple[PermissionCheck, ...]
    duration_ms: float
    at: float
    status: int | None = None
    error: str | None = None
    made: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @classmethod
    def from_trace(cls, kept: Mapping[str, Any]) -> AwsServiceCall:
        """Return the call that a worker traced."""
        checks = tuple(PermissionCheck(*check) for check in kept["permissions"])
        ended = (kept["ms"], kept["at"], kept["status"], kept["error"], tuple(kept["made"]), tuple(kept["secrets"]))
        return cls(kept["service"], kept["operation"], checks, *ended)


@dataclass(frozen=True, slots=True)
class Invocation:
    """The result of an invocation.

    ``payload`` is the function's response as JSON, or the error payload where ``error`` is set (``Unhandled``, the
    value of ``X-Amz-Function-Error``). Times are milliseconds; ``init_ms`` is None unless it was a cold start.
    ``log_times`` tells when the parts of ``log`` were written: the offset of each, and seconds since the epoch.
    ``permission_checks`` are the permissions on DynamoDB that it needed, each once; ``requests``
    its requests in order, and ``service_calls`` those to other services, if they are traced. ``log_places`` has, of the
    lines of the log that the function's own code wrote, the beginning of each, its file and line (``LogPlaces``).
    """

    payload: bytes
    error: str | None
    request_id: str
    duration_ms: float
    init_ms: float | None
    log: bytes
    permission_checks: tuple[PermissionCheck, ...] = ()
    requests: tuple[DynamoDBRequest, ...] = ()
    log_times: tuple[tuple[int, float], ...] = ()
    service_calls: tuple[AwsServiceCall, ...] = ()
    log_places: tuple[tuple[str, str, int], ...] = ()


class FunctionResult(Protocol):
    """The result of a function, or its error: ``payload`` and ``error`` of an ``Invocation``."""

    @property
    def payload(self) -> bytes:
        """The response as JSON, or the error payload."""
        ...

    @property
    def error(self) -> str | None:
        """``Unhandled`` where the payload is an error's."""
        ...


class FunctionResponse(FunctionResult, Protocol):
    """A result with which a gateway can reply before it looks at the rest of the invocation."""

    def invocation(self) -> Invocation:
        """Return the invocation, which is put together now."""
        ...


@dataclass(frozen=True, slots=True)
class WholeResponse:
    """The response of an invocation that is known as a whole."""

    whole: Invocation

    @property
    def payload(self) -> bytes:
        """Return the invocation's."""
        return self.whole.payload

    @property
    def error(self) -> str | None:
        """Return the invocation's."""
        return self.whole.error

    def invocation(self) -> Invocation:
        """Return it."""
        return self.whole


class InvokeError(Exception):
    """Lambda refused the call; the function did not run.

    InvokeError
    ├── Throttled          429 TooManyRequestsException: no concurrency left
    ├── RequestTooLarge    413 RequestEntityTooLargeException: the event is over 6 MB
    └── Unavailable        the local Lambda is not there (restarting)
    """


class Throttled(InvokeError):
    """429 TooManyRequestsException."""


class RequestTooLarge(InvokeError):
    """413 RequestEntityTooLargeException."""


class Unavailable(InvokeError):
    """The worker parent did not come back in time."""


Sink = Callable[[bytes], None]
"""A function that gets the parts of a streamed response, in the thread that invokes the function."""


@runtime_checkable
class StreamingRuntime(Protocol):
    """Runs functions whose responses are streams."""

    def invoke_streaming(self, function: str, event: bytes, sink: Sink, *, trace_id: str | None = None) -> Invocation:
        """Call ``function`` as ``Runtime.invoke`` does; ``sink`` gets its response as it comes, where it is streamed.

        The payload of the result is ``b""`` then, unless the function failed.
        """
        ...


@runtime_checkable
class PromptRuntime(Protocol):
    """Runs functions, and leaves it to the caller when the rest of their invocations is put together."""

    def respond(self, function: str, event: bytes, *, trace_id: str | None = None) -> FunctionResponse:
        """Call ``function`` as ``Runtime.invoke`` does, and return its response."""
        ...


@runtime_checkable
class AsyncRuntime(Protocol):
    """Runs functions asynchronously: events are kept, tried again, and their records sent."""

    def invoke_later(self, function: str, event: bytes) -> str:
        """Take an event for a function, and return the id of the invocation. Raises RequestTooLarge."""
        ...


class Runtime(Protocol):
    """Runs functions by name."""

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call ``function`` with a JSON event and wait for its end. Raises InvokeError."""
        ...

    def close(self) -> None:
        """End every environment."""
        ...
