"""The hook that every AWS call of a function passes: permissions, faults and the trace of DynamoDB requests.

botocore emits events around each call (https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html), and
registers each entry of ``botocore.handlers.BUILTIN_HANDLERS`` with each session that is made. ``install`` appends to
that list, which is the only way to reach also the sessions that a function makes itself. Nothing of botocore is
replaced.
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from .faults import FaultInjector, dynamodb_response
from .permissions import NeededPermission, needed_permissions
from .role import Role

# An action (``dynamodb:GetItem``, in a trace ``GetItem``), a resource's ARN, and whether the action is allowed.
Check = tuple[str, str, bool]

# Requests beyond this number in one invocation are not traced.
MOST_REQUESTS = 200
# Longer bodies, as JSON, are not kept.
MOST_CHARACTERS = 4096
# The services whose actions IAM has under ``dynamodb``.
_DYNAMODB = ("dynamodb", "dynamodb-streams")
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")
_CAPACITY_ADDED = "homeport_capacity_added"
_CAPACITY_MEMBER = b'{"ReturnConsumedCapacity": "TOTAL", '


class AwsCalls:
    """The AWS calls of one execution environment.

    ``role`` decides what the function may do on DynamoDB. ``offline`` forbids calls to AWS itself. ``faults`` are
    injected into calls that are allowed. ``trace`` records the requests to DynamoDB one by one (None: they are not
    recorded).
    """

    def __init__(
        self,
        role: Role,
        offline: bool,
        faults: FaultInjector,
        trace: Trace | None = None,
    ) -> None:
        self._offline = offline
        self._faults = faults
        self._trace = trace
        self._account = role.principal.split(":")[4]
        self._role = role
        self._checks: dict[Check, None] = {}

    def take_checks(self) -> list[Check]:
        """Return the permission checks since the last call, each one once."""
        checks, self._checks = list(self._checks), {}
        return checks

    def take_requests(self) -> list[dict[str, Any]]:
        """Return the traced requests since the last call."""
        return self._trace.take() if self._trace is not None else []

    def before_call(self, params: Any, model: Any, context: Any, **_rest: Any) -> None:
        """Handle ``before-call.dynamodb``: ask for the capacity that a traced request consumes."""
        if self._trace is not None:
            self._trace.add_capacity_member(params, model, context)

    def before_send(self, request: Any, event_name: str, **_rest: Any) -> Any:
        """Handle ``before-send``: None lets botocore send the request, a response is used in place of a sent one.

        Raises NotEmulatedError for a call to AWS itself.
        """
        _, service, operation = event_name.split(".")
        if self._offline and _is_aws(request.url):
            if service not in _DYNAMODB or not (endpoint := os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")):
                raise not_emulated(service, operation, request.url)
            # botocore reads that variable since 1.31 (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html),
            # has none of it for streams, and prefers an endpoint_url in the code, which is AWS's here.
            request.url = urlunsplit((*urlsplit(endpoint)[:2], *urlsplit(request.url)[2:]))
        if service not in _DYNAMODB:
            return None
        region = _region(request)
        body = json.loads(request.body or b"{}")
        if self._trace is not None and self._trace.has_added_capacity:
            del body["ReturnConsumedCapacity"]
        prefix = f"arn:aws:dynamodb:{region}:{self._account}:table/"
        needed = [
            (each, self._role.denial(operation, each, region)) for each in needed_permissions(operation, body, prefix)
        ]
        checks: list[Check] = [(each.action, each.resource, not denial) for each, denial in needed]
        for action, resource, allowed in checks:
            self._checks[f"dynamodb:{action}", resource, allowed] = None
        if self._trace is not None:
            self._trace.begin(operation, checks, body)
        for each, denial in needed:
            if denial:
                return _access_denied(request, self._role.principal, each, denial)
        return self._faults.apply(operation, [each.resource for each, _ in needed], request, body)

    def response_received(self, parsed_response: Any, exception: Any, context: Any, **_rest: Any) -> None:
        """Handle ``response-received.dynamodb``: an attempt has ended."""
        if self._trace is not None:
            self._trace.end(parsed_response, exception, context)


class Trace:
    """The requests to DynamoDB of one environment. ``ticks`` gives seconds on a monotonic clock.

    With ``bodies`` they are kept with the bodies of request and response, as far as these have ``MOST_CHARACTERS``.
    """

    def __init__(self, bodies: bool = False, ticks: Callable[[], float] = time.perf_counter) -> None:
        self._bodies = bodies
        self._ticks = ticks
        # botocore's before-send and response-received share no object, but they run in the same thread.
        self._sent = threading.local()
        self._requests: list[dict[str, Any]] = []

    def add_capacity_member(self, params: Any, model: Any, context: Any) -> None:
        """Add ``ReturnConsumedCapacity`` to a request that could have it and has not.

        The body is JSON by now: an object that has the table's name at least.
        """
        members = model.input_shape.members if model.input_shape is not None else {}
        body = params["body"]
        self._sent.has_added_capacity = False
        if "ReturnConsumedCapacity" in members and isinstance(body, bytes) and b"ReturnConsumedCapacity" not in body:
            params["body"] = _CAPACITY_MEMBER + body[1:]
            context[_CAPACITY_ADDED] = self._sent.has_added_capacity = True

    @property
    def has_added_capacity(self) -> bool:
        """Return whether this thread's request has ``ReturnConsumedCapacity`` from here, not from the function."""
        return getattr(self._sent, "has_added_capacity", False)

    def begin(self, operation: str, checks: Sequence[Check], body: Mapping[str, Any]) -> None:
        """Note that a request is about to be sent."""
        self._sent.request = (operation, checks, body, self._ticks())

    def end(self, parsed_response: Any, exception: Any, context: Any) -> None:
        """Record the request that this thread waited for, and hide the capacity that the function did not ask for."""
        sent = getattr(self._sent, "request", None)
        if sent is None:
            return
        self._sent.request = None
        operation, checks, body, started = sent
        consumed = parsed_response.get("ConsumedCapacity") if parsed_response else None
        if consumed is not None and context.get(_CAPACITY_ADDED):
            del parsed_response["ConsumedCapacity"]
        if len(self._requests) < MOST_REQUESTS:
            error = (parsed_response or {}).get("Error", {}).get("Code")
            self._requests.append(
                {
                    "operation": operation,
                    "permissions": checks,
                    "ms": round((self._ticks() - started) * 1000, 3),
                    "error": error or (type(exception).__name__ if exception is not None else None),
                    "capacity": _capacity_units(consumed),
                    "consistent": _is_consistent(operation, body),
                    **(self._bodies_of(body, parsed_response) if self._bodies else {}),
                }
            )

    def _bodies_of(self, request: Mapping[str, Any], response: Mapping[str, Any] | None) -> dict[str, str]:
        parts = {name: part for name, part in (response or {}).items() if name != "ResponseMetadata"}
        return {"request": _short_json(request), "response": _short_json(parts)}

    def take(self) -> list[dict[str, Any]]:
        """Return the requests that ended since the last call."""
        requests, self._requests = self._requests, []
        return requests


def install(calls: Callable[[], AwsCalls | None]) -> None:
    """Have each botocore session that is made from now on report to ``calls()``, unless that is None."""
    from botocore.handlers import BUILTIN_HANDLERS

    def before_send(**arguments: Any) -> Any:
        current = calls()
        return None if current is None else current.before_send(**arguments)

    def before_call(**arguments: Any) -> None:
        if (current := calls()) is not None:
            current.before_call(**arguments)

    def response_received(**arguments: Any) -> None:
        if (current := calls()) is not None:
            current.response_received(**arguments)

    BUILTIN_HANDLERS.append(("before-send", before_send))
    BUILTIN_HANDLERS.append(("before-call.dynamodb", before_call))
    BUILTIN_HANDLERS.append(("response-received.dynamodb", response_received))


def not_emulated(service: str, operation: str, url: str) -> Exception:
    """Return the error of a call to a service that is not there locally; botocore passes it on to the caller."""
    from botocore.exceptions import BotoCoreError

    class NotEmulatedError(BotoCoreError):
        """A call to an AWS service that homeport does not emulate."""

        fmt = (
            "homeport has no {service} and holds no AWS credentials: {operation} would go to {url}. "
            "Give the client the endpoint_url of something local, or do without the call where it is refused"
        )

    return NotEmulatedError(service=service, operation=operation, url=url)


def _access_denied(request: Any, principal: str, denied: NeededPermission, reason: str) -> Any:
    what = f"dynamodb:{denied.action} on resource: {denied.resource} {reason}"
    message = f"User: {principal} is not authorized to perform: {what}"
    content = {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message}
    return dynamodb_response(request.url, 400, content)


@lru_cache(maxsize=256)
def _is_aws(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(_AWS_HOSTS)


def _region(request: Any) -> str:
    """Return the region that a request is signed for, "" for an unsigned one."""
    authorization = request.headers.get("Authorization", b"")
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    found = re.search(r"Credential=[^/]*/\d+/([^/]+)/", text)
    return found[1] if found else ""


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
