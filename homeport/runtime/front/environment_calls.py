"""The calls to AWS of one execution environment; those to DynamoDB with permissions, faults and the trace.

The decisions are those of ``homeport/runtime/worker/``, which functions of Python meet in their own process.
"""

from __future__ import annotations

import secrets
import threading
import time
from base64 import b32encode
from collections.abc import Callable, Mapping
from typing import Any

from homeport.permissions.role import Role
from homeport.runtime.api import AwsServiceCall, DynamoDBRequest, PermissionCheck
from homeport.runtime.front.aws_request import AwsRequest
from homeport.runtime.front.replies import FrontReply, answer_reply, not_serialized, unknown_operation
from homeport.runtime.front.service_calls import FrontServiceCalls
from homeport.runtime.function_config import LOCAL_CREDENTIALS, FunctionConfig
from homeport.runtime.worker.authorization import AccessDecision, DynamoDBAnswer, authorize
from homeport.runtime.worker.faults import ChangedRequest, FaultInjector, NoAnswer, Outcome
from homeport.runtime.worker.trace import Check, SentRequest, Trace, with_capacity_member

# The operations that can tell the capacity that they consumed.
CAPACITY_OPERATIONS = frozenset(
    (
        *("BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement"),
        *("ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan", "SearchVectors", "TransactGetItems"),
        *("TransactWriteItems", "UpdateItem"),
    )
)

# What a body that is not the operation's raises in code that reads it as such.
_UNREADABLE = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
# The error that botocore raises for a response that does not come.
_NO_RESPONSE = "ReadTimeoutError"

# Sends a body to DynamoDB in place of the request's.
Forward = Callable[[bytes], FrontReply]


class CallerGone(Exception):
    """The function's end of the connection was closed before its request was sent on."""


class FrontCalls:
    """The calls of one environment. ``url`` is that of the front; ``close`` has it forget the environment.

    Safe for any number of threads: a function may send several requests at a time.
    """

    def __init__(self, config: FunctionConfig, url: str, close: Callable[[FrontCalls], None]) -> None:
        self.access_key = f"ASIA{b32encode(secrets.token_bytes(10)).decode()}"
        self._config = config
        self._url = url
        self._close = close
        self._role = Role(config.permissions, config.policies, config.partition_keys, config.principal, config.boundary)
        self._faults = FaultInjector(self._add_to_log, config.function_name)
        self._trace = Trace(config.bodies) if config.traced else None
        self._lock = threading.Lock()
        self._checks: dict[Check, None] = {}
        self._log: list[tuple[float, bytes]] = []
        self._unanswered: dict[int, SentRequest] = {}
        self.services = FrontServiceCalls(config, self._role, self._faults, self._note_checks)

    @property
    def engine_url(self) -> str | None:
        """The endpoint of DynamoDB that its calls are passed on to, None: there is none."""
        return self._config.environment.get("AWS_ENDPOINT_URL_DYNAMODB")

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which the SDK of the environment sends to the front.

        A function that may call AWS itself keeps its own.
        https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        """
        if not self._config.offline:
            return {}
        given = self._config.environment
        own = {"AWS_ENDPOINT_URL": given.get("AWS_ENDPOINT_URL", self._url)}
        chosen = {**own, **self._through_front(given), "AWS_ENDPOINT_URL_DYNAMODB": self._url}
        return {**chosen, **LOCAL_CREDENTIALS, "AWS_ACCESS_KEY_ID": self.access_key}

    def _through_front(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that name an endpoint of the services, alone or in the URL of a queue, with the front's.

        JavaScript's SDK sends the requests about a queue where its URL points.
        """
        places = [place for place in (self._config.aws_url, self._config.functions_url) if place is not None]
        return {
            name: f"{self._url}{value.removeprefix(place)}"
            for name, value in variables.items()
            for place in places
            if value == place or value.startswith(f"{place}/")
        }

    def service_url(self, request: AwsRequest) -> str | None:
        """Return the endpoint of the service that a request is for, None: it does not run here."""
        return self._config.functions_url if request.service == "lambda" else self._config.aws_url

    def begin(self, faults: Mapping[str, Any] | None, request_id: str = "") -> None:
        """Begin the Init phase, or an invocation: its calls meet these faults (``FaultInjector.set``)."""
        self._faults.set(faults, request_id)

    def take_checks(self) -> list[PermissionCheck]:
        """Return the permission checks since the last call, each one once."""
        with self._lock:
            checks, self._checks = self._checks, {}
        return [PermissionCheck(*check) for check in checks]

    def take_requests(self) -> list[DynamoDBRequest]:
        """Return the traced requests since the last call, with those that will never be answered."""
        with self._lock:
            if self._trace is None:
                return []
            for sent in self._unanswered.values():
                self._trace.end(sent, {}, _NO_RESPONSE, None)
            self._unanswered.clear()
            return list(map(DynamoDBRequest.from_trace, self._trace.take()))

    def take_service_calls(self) -> list[AwsServiceCall]:
        """Return the traced calls to other services since the last call."""
        return self.services.take()

    def take_log(self) -> list[tuple[float, bytes]]:
        """Return the lines for the function's log since the last call, with the time of each on the monotonic clock."""
        with self._lock:
            log, self._log = self._log, []
        return log

    def close(self) -> None:
        """Take no request of the environment any more."""
        self._close(self)

    def answer(self, request: AwsRequest, forward: Forward, is_waiting: Callable[[], bool]) -> FrontReply | None:
        """Return the reply to a request to DynamoDB, None: there is none, and ``end_unanswered`` is to be called.

        ``is_waiting`` returns whether the function still waits for the reply; raises CallerGone if it does not, where
        the request would be sent late.
        """
        named = request.dynamodb_operation()
        if named is None:
            return unknown_operation()
        operation, of_streams = named
        try:
            body = request.json_body()
            decided = authorize(self._role, operation, body, request.region)
            sent = self._begin(operation, decided, body, of_streams)
            outcome = decided.denial or self._faults.apply(operation, decided.resources, body)
        except _UNREADABLE:
            return not_serialized(operation)
        if not is_waiting():
            raise CallerGone
        capacity = _capacity_asked(request.body, operation, body) if sent is not None else None
        reply = _reply(outcome, capacity or request.body, forward)
        if reply is None:
            self._keep_unanswered(request, sent)
            return None
        return self._end(sent, reply, hides_capacity=capacity is not None)

    def end_unanswered(self, request: AwsRequest) -> None:
        """Record that the function does not wait any more for a reply that never comes."""
        self.services.end_unanswered(request)
        with self._lock:
            sent = self._unanswered.pop(id(request), None)
            if sent is not None and self._trace is not None:
                self._trace.end(sent, {}, _NO_RESPONSE, None)

    def _note_checks(self, checks: tuple[Check, ...]) -> None:
        with self._lock:
            for check in checks:
                self._checks[check] = None

    def _begin(
        self, operation: str, decided: AccessDecision, body: Mapping[str, Any], of_streams: bool
    ) -> SentRequest | None:
        """Note the permissions of a request; return it if it is traced, as those of DynamoDB Streams are not."""
        with self._lock:
            for action, resource, allowed in decided.checks:
                self._checks[f"dynamodb:{action}", resource, allowed] = None
        return None if self._trace is None or of_streams else self._trace.begin(operation, decided.checks, body)

    def _end(self, sent: SentRequest | None, reply: FrontReply, hides_capacity: bool = False) -> FrontReply:
        """Record a request and return the reply without the capacity that the function did not ask for."""
        if sent is None or self._trace is None:
            return reply
        content = reply.content()
        consumed = content.pop("ConsumedCapacity", None) if hides_capacity else content.get("ConsumedCapacity")
        code = _error_code(reply, content)
        parts = content if code is None else _error_parts(code, content)
        with self._lock:
            self._trace.end(sent, parts, code, consumed)
        return reply.with_content(content) if hides_capacity and consumed is not None else reply

    def _keep_unanswered(self, request: AwsRequest, sent: SentRequest | None) -> None:
        if sent is not None:
            with self._lock:
                self._unanswered[id(request)] = sent

    def _add_to_log(self, line: str) -> None:
        with self._lock:
            self._log.append((time.monotonic(), f"{line}\n".encode()))


def _reply(outcome: Outcome | None, body: bytes, forward: Forward) -> FrontReply | None:
    if outcome is None:
        return forward(body)
    if isinstance(outcome, DynamoDBAnswer):
        return answer_reply(outcome)
    if isinstance(outcome, ChangedRequest):
        reply = forward(outcome.request_body(body))
        return reply.with_content(outcome.content(reply.content())) if reply.status == 200 else reply
    if isinstance(outcome, NoAnswer) and outcome.done:
        forward(body)
    return None


def _capacity_asked(body: bytes, operation: str, content: Mapping[str, Any]) -> bytes | None:
    """Return the body that asks for the consumed capacity, None where it can't, or the function's does."""
    return with_capacity_member(body) if content and operation in CAPACITY_OPERATIONS else None


def _error_code(reply: FrontReply, content: Mapping[str, Any]) -> str | None:
    if reply.status < 300:
        return None
    return str(content.get("__type", reply.status)).rpartition("#")[2]


def _error_parts(code: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error's parts as botocore names them."""
    message = content.get("message", content.get("Message", ""))
    more = {name: part for name, part in content.items() if name not in ("__type", "Message")}
    return {"Error": {"Message": message, "Code": code}, **more}
