"""Injects faults into calls to DynamoDB, attempt by attempt, by the rules of ``homeport/runtime/faults.py``.

A response has the form that DynamoDB sends, a missing one is a connection on which nothing comes back. So botocore
tries again, waits and gives up as it does on AWS.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import secrets
import socket
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Any

from .held_call import wait_until_released

Items = dict[str, Any]
Rule = Mapping[str, Any]

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})
# The headers of a request that a second one needs as well; signing adds the others.
_COPIED_HEADERS = ("Content-Type", "X-Amz-Target")


class FaultInjector:
    """The faults of one process. ``log`` gets a line about each fault that happens."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._order: Mapping[str, Any] | None = None
        self._attempts = itertools.count(1)
        self._silent_listener: socket.socket | None = None
        self._request_id = ""

    def set(self, order: Mapping[str, Any] | None, request_id: str = "") -> None:
        """Inject these faults from now on, None: none. ``order`` has ``rules``, ``seed``, and ``call``, a number.

        ``request_id`` is that of the invocation.
        """
        self._order = order
        self._request_id = request_id
        if order is not None:
            self._attempts = itertools.count(1)

    def apply(self, operation: str, arns: Sequence[str], request: Any, body: Mapping[str, Any]) -> Any:
        """Return the response of a fault that is due, or None to send the request.

        ``arns`` are the tables and indexes that the request works on, ``body`` is its body.
        """
        if self._order is None:
            return None
        seed, call, attempt = self._order["seed"], self._order["call"], next(self._attempts)
        for rule in self._order["rules"]:
            matching = [arn for arn in arns if fnmatchcase(arn.partition(":table/")[2], rule["on"])]
            if operation not in rule["actions"] or not matching:
                continue
            if draw(f"{seed}/{call}/{attempt}/{rule['text']}") >= rule["probability"]:
                continue
            if "held" in rule:
                wait_until_released(rule["held"], self._held_call(operation, matching[0], body))
                continue
            self._log(f"homeport: fault {rule['text']} on {operation} (attempt {attempt} of this invocation's)")
            if "latency" in rule:
                time.sleep(rule["latency"])
            else:
                return self._respond(rule, operation, matching, request)
        return None

    def _held_call(self, operation: str, arn: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "action": operation,
            "table": arn.partition(":table/")[2].partition("/")[0],
            "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            "requestId": self._request_id,
            "body": body,
        }

    def _respond(self, rule: Rule, operation: str, arns: Sequence[str], request: Any) -> Any:
        if "error" in rule:
            return _error_response(rule["error"], operation, arns, request)
        if "unprocessed" in rule:
            return _partial_response(rule, operation, arns, request)
        if "page" in rule:
            return _short_page(rule["page"], request)
        if rule["silent"] == "done":
            send_copy(request, request.body)
        # The client's own timeouts end the wait.
        request.url = self._silent_url()
        return None

    def _silent_url(self) -> str:
        """Return a URL at which connections are accepted and nothing is ever sent."""
        if self._silent_listener is None:
            self._silent_listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        return f"http://127.0.0.1:{self._silent_listener.getsockname()[1]}/"


def draw(text: str) -> float:
    """Return a number from 0 up to 1, the same for the same text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / (1 << 64)


def dynamodb_response(url: str, status: int, content: Mapping[str, Any]) -> Any:
    """Return a response that botocore takes for DynamoDB's."""
    from botocore.awsrequest import AWSResponse

    body = json.dumps(content).encode()
    headers: Any = {
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(body)),
        # botocore compares it with the body.
        "x-amz-crc32": str(zlib.crc32(body)),
        "x-amzn-RequestId": secrets.token_hex(26).upper(),
    }
    return AWSResponse(url, status, headers, _RawBody(body))


class _RawBody(BytesIO):
    """A body with the method by which botocore reads it from a connection."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Yield all of it."""
        yield self.read()


def split_batch(
    operation: str, requested: Mapping[str, Any], tables: Collection[str], share: float
) -> tuple[Items, Items]:
    """Split a batch's ``RequestItems`` into those that are processed and those that are not.

    Not processed is a share, rounded up, at the end of each of the ``tables``.
    """
    processed: Items = {}
    unprocessed: Items = {}
    for name, part in requested.items():
        entries = part["Keys"] if operation == "BatchGetItem" else part
        end = len(entries) - (math.ceil(len(entries) * share) if name in tables else 0)
        for target, some in ((processed, entries[:end]), (unprocessed, entries[end:])):
            if some:
                target[name] = {**part, "Keys": some} if operation == "BatchGetItem" else some
    return processed, unprocessed


def send_copy(request: Any, body: bytes) -> Any:
    """Send a request with another body, signed for the function's role, and return the response."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    headers = {name: _text(request.headers[name]) for name in _COPIED_HEADERS if name in request.headers}
    copy = AWSRequest(method=request.method, url=request.url, data=body, headers=headers)
    token = os.environ.get("AWS_SESSION_TOKEN")
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], token)
    SigV4Auth(credentials, "dynamodb", os.environ["AWS_REGION"]).add_auth(copy)
    session = URLLib3Session()
    try:
        return session.send(copy.prepare())
    finally:
        session.close()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _partial_response(rule: Rule, operation: str, arns: Sequence[str], request: Any) -> Any:
    """Return the response of a batch of which a share in these tables is not processed."""
    names = {arn.partition(":table/")[2] for arn in arns} | set(arns)
    body = json.loads(request.body)
    processed, unprocessed = split_batch(operation, body["RequestItems"], names, rule["unprocessed"])
    if not unprocessed:
        return None
    if not processed:
        return _error_response(rule["nothing"], operation, arns, request)
    response = send_copy(request, json.dumps({**body, "RequestItems": processed}).encode())
    if response.status_code != 200:
        return response
    content = json.loads(response.content)
    key = "UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems"
    return dynamodb_response(request.url, 200, {**content, key: {**content.get(key, {}), **unprocessed}})


def _short_page(items: int, request: Any) -> Any:
    """Return the response of a Query or a Scan that looks at so many items; None where it looks at no more."""
    body = json.loads(request.body)
    if body.get("Limit", items + 1) <= items:
        return None
    response = send_copy(request, json.dumps({**body, "Limit": items}).encode())
    return dynamodb_response(request.url, response.status_code, json.loads(response.content))


def _error_response(error: Rule, operation: str, arns: Sequence[str], request: Any) -> Any:
    on_index = "/index/" in arns[0]
    message = error["on_index" if on_index else "message"]
    content: dict[str, Any] = {"__type": error["type"]}
    if "canceled" in error:
        reasons = _cancellation_reasons(error["canceled"], json.loads(request.body))
        content["CancellationReasons"] = reasons
        message = f"{message} [{', '.join(reason['Code'] for reason in reasons)}]"
    if "limit" in error:
        reason = f"{'Index' if on_index else 'Table'}{'Read' if operation in _READS else 'Write'}{error['limit']}"
        content[error["reasons"]] = [{"reason": reason, "resource": arns[0]}]
    return dynamodb_response(request.url, error["status"], {**content, error["key"]: message})


def _cancellation_reasons(reason: Mapping[str, str], body: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return a reason for each item of a transaction, which is canceled because of the first one."""
    items = body.get("TransactItems") or body.get("TransactStatements") or [None]
    return [reason, *({"Code": "None"} for _ in items[1:])]
