"""Answers of DynamoDB that never left this process, as its protocol has them on the wire.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html

Batch requests of which DynamoDB leaves a part unprocessed.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html

Carries out the faults that were ordered (``homeport/runtime/faults.py``), attempt by attempt.

An answer has DynamoDB's own form, a missing one is a connection on which nothing comes back: so botocore tries again,
waits and gives up as it does on AWS.
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


class _Raw(BytesIO):
    """A body as botocore reads it from a connection."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """All of it, at once."""
        yield self.read()


def dynamodb_response(url: str, status: int, content: Mapping[str, Any]) -> Any:
    """What botocore takes for the answer to a request."""
    from botocore.awsrequest import AWSResponse

    body = json.dumps(content).encode()
    headers: Any = {
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(body)),
        # botocore compares it with the body.
        "x-amz-crc32": str(zlib.crc32(body)),
        "x-amzn-RequestId": secrets.token_hex(26).upper(),
    }
    return AWSResponse(url, status, headers, _Raw(body))


Items = dict[str, Any]

_TOLD = ("Content-Type", "X-Amz-Target")


def split_batch(
    operation: str, requested: Mapping[str, Any], tables: Collection[str], share: float
) -> tuple[Items, Items]:
    """A batch's ``RequestItems`` as what is processed and what is left: a share, rounded up, at the end of each table.

    ``tables`` are the names of those that it is about.
    """
    kept: Items = {}
    left: Items = {}
    for name, part in requested.items():
        entries = part["Keys"] if operation == "BatchGetItem" else part
        count = math.ceil(len(entries) * share) if name in tables else 0
        for target, some in ((kept, entries[: len(entries) - count]), (left, entries[len(entries) - count :])):
            if some:
                target[name] = {**part, "Keys": some} if operation == "BatchGetItem" else some
    return kept, left


def send_anew(request: Any, body: bytes) -> Any:
    """The answer to a request with this body, signed with what the function's role has."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    told = {name: _text(request.headers[name]) for name in _TOLD if name in request.headers}
    anew = AWSRequest(method=request.method, url=request.url, data=body, headers=told)
    token = os.environ.get("AWS_SESSION_TOKEN")
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], token)
    SigV4Auth(credentials, "dynamodb", os.environ["AWS_REGION"]).add_auth(anew)
    session = URLLib3Session()
    try:
        return session.send(anew.prepare())
    finally:
        session.close()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


Rule = Mapping[str, Any]
_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})


class FaultInjector:
    """What is to go wrong in one process. ``log`` gets a line about each fault that happens."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._order: Mapping[str, Any] | None = None
        self._attempts = itertools.count(1)
        self._silence: socket.socket | None = None

    def set(self, order: Mapping[str, Any] | None) -> None:
        """What is to go wrong from now on: ``rules``, ``seed``, and ``call``, which tells invocations apart."""
        self._order = order
        if order is not None:
            self._attempts = itertools.count(1)

    def apply(self, operation: str, arns: Sequence[str], request: Any) -> Any:
        """Let happen what is due: an answer that is taken for DynamoDB's, or None to send the request.

        ``arns`` are the tables and indexes that the request works on.
        """
        if self._order is None:
            return None
        seed, call, attempt = self._order["seed"], self._order["call"], next(self._attempts)
        for rule in self._order["rules"]:
            met = [arn for arn in arns if fnmatchcase(arn.partition(":table/")[2], rule["on"])]
            if operation not in rule["actions"] or not met:
                continue
            if drawn(f"{seed}/{call}/{attempt}/{rule['text']}") >= rule["probability"]:
                continue
            self._log(f"homeport: fault {rule['text']} on {operation} (attempt {attempt} of this invocation's)")
            if "latency" in rule:
                time.sleep(rule["latency"])
            else:
                return self._happen(rule, operation, met, request)
        return None

    def _happen(self, rule: Rule, operation: str, met: Sequence[str], request: Any) -> Any:
        if "error" in rule:
            return _error(rule["error"], operation, met, request)
        if "unprocessed" in rule:
            return _part(rule, operation, met, request)
        if rule["silent"] == "done":
            send_anew(request, request.body)
        # The client's own time limits end the wait.
        request.url = self._nowhere()
        return None

    def _nowhere(self) -> str:
        """A URL at which connections are taken and nothing is ever said."""
        if self._silence is None:
            self._silence = socket.create_server(("127.0.0.1", 0), backlog=1024)
        return f"http://127.0.0.1:{self._silence.getsockname()[1]}/"


def drawn(text: str) -> float:
    """A number from 0 up to 1, the same for the same text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / (1 << 64)


def _part(rule: Rule, operation: str, met: Sequence[str], request: Any) -> Any:
    """Have a batch processed but for a share of what it asks of these tables."""
    names = {arn.partition(":table/")[2] for arn in met} | set(met)
    body = json.loads(request.body)
    kept, left = split_batch(operation, body["RequestItems"], names, rule["unprocessed"])
    if not left:
        return None
    if not kept:
        return _error(rule["nothing"], operation, met, request)
    answer = send_anew(request, json.dumps({**body, "RequestItems": kept}).encode())
    if answer.status_code != 200:
        return answer
    content = json.loads(answer.content)
    key = "UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems"
    return dynamodb_response(request.url, 200, {**content, key: {**content.get(key, {}), **left}})


def _error(error: Rule, operation: str, met: Sequence[str], request: Any) -> Any:
    on_index = "/index/" in met[0]
    message = error["on_index" if on_index else "message"]
    content: dict[str, Any] = {"__type": error["type"]}
    if "canceled" in error:
        reasons = _reasons(error["canceled"], json.loads(request.body))
        content["CancellationReasons"] = reasons
        message = f"{message} [{', '.join(reason['Code'] for reason in reasons)}]"
    if "limit" in error:
        what = f"{'Index' if on_index else 'Table'}{'Read' if operation in _READS else 'Write'}{error['limit']}"
        content[error["reasons"]] = [{"reason": what, "resource": met[0]}]
    return dynamodb_response(request.url, error["status"], {**content, error["key"]: message})


def _reasons(reason: Mapping[str, str], body: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The first item is what the transaction was canceled for."""
    items = body.get("TransactItems") or body.get("TransactStatements") or [None]
    return [reason, *({"Code": "None"} for _ in items[1:])]
