"""What a function asked of DynamoDB, request by request, with what each one took and consumed.

The requests ask DynamoDB for the capacity that they consume; a function that did not ask itself does not see it.

The one place that every AWS call of a function passes, right before it is sent.

A call to DynamoDB that the function's role would not allow is answered as DynamoDB answers it; so is one that is to
fail by order (``faults.py``). A call to any AWS service that is not there locally never leaves this machine.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from .faults import Faults, dynamodb_answer

# An invocation's later ones are not kept.
MOST = 200
_ASKED = "homeport_asked_for_capacity"
# The beginning of a request that asks for it.
_ASKING = b'{"ReturnConsumedCapacity": "TOTAL", '

CheckedPermission = tuple[str, str, bool]


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

    def begin(self, operation: str, rights: Sequence[CheckedPermission]) -> None:
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


Rights = Mapping[str, Sequence[str]]
# An action, and the ARN of the resource that it works on.
Right = tuple[str, str]

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")
_ANY = "*"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-iam
_PARTS = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_STATEMENT = re.compile(
    r"""\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE|EXISTS)\b.*?
        (?:\bFROM\b|\bINTO\b|(?<=UPDATE))\s*
        (?P<table>"[^"]+"|[\w-]+) (?:\s*\.\s*(?P<index>"[^"]+"|[\w-]+))?""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_VERBS = {"EXISTS": "PartiQLSelect"}
# What a request without a table's name may name its resource in.
_ARNS = ("ResourceArn", "TableArn", "BackupArn", "SourceTableArn", "ExportArn", "ImportArn")


class AwsCalls:
    """Judges a function's calls, and keeps what they needed.

    ``rights`` maps ARNs of tables and indexes to actions. ``principal`` is the ARN of the function's assumed role;
    ``offline`` forbids calls to AWS itself. ``faults`` are what is to go wrong with those that are allowed; ``trace``
    keeps them one by one, None: nobody wants to know.
    """

    def __init__(
        self, rights: Rights, principal: str, offline: bool, faults: Faults, trace: Trace | None = None
    ) -> None:
        self._principal = principal
        self._offline = offline
        self.faults = faults
        self.trace = trace
        self._account = principal.split(":")[4]
        self._seen: dict[tuple[str, str, bool], None] = {}
        # The rights of an environment never change.
        self._allowed = lru_cache(maxsize=256)(partial(is_allowed, rights))

    def take_seen(self) -> list[tuple[str, str, bool]]:
        """What has been asked for since the last time: action, resource, whether it is allowed; each once."""
        seen, self._seen = list(self._seen), {}
        return seen

    def on_send(self, request: Any, event_name: str, **_rest: Any) -> Any:
        """botocore's ``before-send``: None lets the call go, a response is taken for the service's."""
        _, service, operation = event_name.split(".")
        if self._offline and _is_aws(request.url):
            raise not_emulated(service, operation, request.url)
        if service != "dynamodb":
            return None
        prefix = f"arn:aws:dynamodb:{_region(request)}:{self._account}:table/"
        needed = list(needed_rights(operation, json.loads(request.body or b"{}"), prefix))
        judged = self._judged(needed)
        if self.trace is not None:
            self.trace.begin(operation, [(right[0], right[1], allowed) for right, allowed in judged])
        denied = next((right for right, allowed in judged if not allowed), None)
        if denied is not None:
            return _access_denied(request, self._principal, denied)
        return self.faults.strike(operation, [arn for _, arn in needed], request)

    def _judged(self, needed: Sequence[Right]) -> list[tuple[Right, bool]]:
        judged = [((action, resource), self._allowed(action, resource)) for action, resource in needed]
        for (action, resource), allowed in judged:
            self._seen[f"dynamodb:{action}", resource, allowed] = None
        return judged


def install(calls: Callable[[], AwsCalls | None]) -> None:
    """Have every botocore session made from now on ask ``calls()``: those of the function that runs, if one does."""
    from botocore.handlers import BUILTIN_HANDLERS

    def on_send(**arguments: Any) -> Any:
        running = calls()
        return None if running is None else running.on_send(**arguments)

    def on_call(**arguments: Any) -> None:
        running = calls()
        if running is not None and running.trace is not None:
            running.trace.ask_capacity(**arguments)

    def on_response(**arguments: Any) -> None:
        running = calls()
        if running is not None and running.trace is not None:
            running.trace.end(**arguments)

    BUILTIN_HANDLERS.append(("before-send", on_send))
    BUILTIN_HANDLERS.append(("before-call.dynamodb", on_call))
    BUILTIN_HANDLERS.append(("response-received.dynamodb", on_response))


def is_allowed(rights: Rights, action: str, resource: str) -> bool:
    """Whether ``action`` (``PutItem``) is allowed on an ARN. IAM ignores the case of actions, not that of resources."""
    actions = (*rights.get(resource, ()), *rights.get(_ANY, ()))
    return any(fnmatchcase(action.lower(), allowed.lower()) for allowed in actions)


def needed_rights(operation: str, body: Mapping[str, Any], prefix: str) -> Iterator[Right]:
    """The rights that a DynamoDB request needs, by its operation and its body. ``prefix`` begins a table's ARN.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
    """
    if operation in ("BatchGetItem", "BatchWriteItem"):
        for table in body.get("RequestItems", {}):
            yield operation, _table(table, prefix)
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in body.get("TransactItems", ()):
            for kind, part in item.items():
                yield _PARTS.get(kind, kind), _table(part.get("TableName", ""), prefix)
    elif operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        for statement in _statements(body):
            yield from _of_statement(statement, prefix)
    elif operation == "ListTables":
        # Observed: that is the resource which AWS names when it refuses.
        yield operation, prefix + _ANY
    else:
        yield operation, _resource(body, prefix)


def _resource(body: Mapping[str, Any], prefix: str) -> str:
    if "TableName" in body:
        table = _table(body["TableName"], prefix)
        return f"{table}/index/{body['IndexName']}" if "IndexName" in body else table
    named = next((body[key] for key in _ARNS if body.get(key)), None)
    return str(named) if named else _ANY


def _table(name: str, prefix: str) -> str:
    # Where a table's name is asked for, its ARN does as well.
    return name if name.startswith("arn:") else prefix + name


def _statements(body: Mapping[str, Any]) -> list[str]:
    parts = [body, *body.get("Statements", ()), *body.get("TransactStatements", ())]
    return [part["Statement"] for part in parts if "Statement" in part]


def _of_statement(statement: str, prefix: str) -> Iterator[Right]:
    found = _STATEMENT.match(statement)
    if found is None:
        return
    verb = found["verb"].upper()
    table = _table(found["table"].strip('"'), prefix)
    index = (found["index"] or "").strip('"')
    yield _VERBS.get(verb, f"PartiQL{verb.capitalize()}"), f"{table}/index/{index}" if index else table


@lru_cache(maxsize=256)
def _is_aws(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(_AWS_HOSTS)


def _region(request: Any) -> str:
    """The region that a request is signed for."""
    authorization = request.headers.get("Authorization", b"")
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    found = re.search(r"Credential=[^/]*/\d+/([^/]+)/", text)
    return found[1] if found else ""


def _access_denied(request: Any, principal: str, denied: Right) -> Any:
    action, resource = denied
    message = (
        f"User: {principal} is not authorized to perform: dynamodb:{action} on resource: {resource} "
        f"because no identity-based policy allows the dynamodb:{action} action"
    )
    content = {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message}
    return dynamodb_answer(request.url, 400, content)


def not_emulated(service: str, operation: str, url: str) -> Exception:
    """The error of a call to what is not there locally; botocore passes it on to the caller."""
    from botocore.exceptions import BotoCoreError

    class NotEmulatedError(BotoCoreError):
        """A call to an AWS service that homeport does not emulate."""

        fmt = (
            "homeport has no {service} and holds no AWS credentials: {operation} would go to {url}. "
            "Give the client the endpoint_url of something local, or do without the call where it is refused"
        )

    return NotEmulatedError(service=service, operation=operation, url=url)
