"""The exchange log: every call of an API in a file, for tests that need to know more than a client can see."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from homeport.gateway.context import AnsweredCall, Exchange
from homeport.gateway.http.message import Reply
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import DynamoDBRequest, Invocation, PermissionCheck

EXCHANGES = "exchanges.jsonl"
RIGHTS = "rights.jsonl"
MAX_BYTES = 64 * 1024 * 1024


class ExchangeLog:
    """A writer of ``EXCHANGES``, a line for each call, and of ``RIGHTS``, a line for each permission that was checked.

    Both are in ``folder``. Of the exchanges, at least the last ``MAX_BYTES`` are kept. A permission of a function is
    written once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = RotatingLogWriter(MAX_BYTES)
        self._written: set[tuple[str, PermissionCheck]] = set()

    def on_reply(self, call: AnsweredCall) -> None:
        """Write a call."""
        exchange, reply = call.exchange, call.reply
        self._files.append(self._folder / EXCHANGES, lambda: json.dumps(_exchange_json(exchange, reply)) + "\n")

    def flush(self) -> None:
        """Write what waits, in this thread."""
        self._files.flush()

    def on_invocation(self, function: str, invocation: Invocation) -> None:
        """Write the permissions that a function needed."""
        for check in invocation.permission_checks:
            if (function, check) not in self._written:
                self._written.add((function, check))
                line = json.dumps(_check_json(function, check)) + "\n"
                self._files.append(self._folder / RIGHTS, partial(str, line))


def _check_json(function: str, check: PermissionCheck) -> dict[str, Any]:
    return {"function": function, "action": check.action, "resource": check.resource, "allowed": check.allowed}


def _exchange_json(exchange: Exchange, reply: Reply) -> dict[str, Any]:
    request, trace = exchange.request, exchange.trace
    invocation = trace.invocation
    pieces = [piece for piece in (trace.authorizer, invocation) if piece is not None]
    return {
        "requestId": exchange.context.request_id,
        "received": request.received,
        "operation": exchange.match.operation.id if exchange.match else None,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            **_body_json(request.body),
        },
        "reply": {"status": reply.status, "headers": reply.headers, **_body_json(reply.body)},
        "event": json.loads(trace.event) if trace.event else None,
        "refused": str(trace.error) if trace.error and trace.error.reason else None,
        "log": _log_text(piece.log for piece in pieces),
        "calls": [_check_json("", check) for check in invocation.permission_checks] if invocation else [],
        "requests": [_request_json(each) for piece in pieces for each in piece.requests],
        "invocation": _invocation_json(invocation),
    }


def _request_json(request: DynamoDBRequest) -> dict[str, Any]:
    bodies = {"request": request.request, "response": request.response}
    return {
        "operation": request.operation,
        "resources": list(dict.fromkeys(check.resource for check in request.permissions)),
        "consistent": request.consistent,
        "error": request.error,
        "capacity": request.capacity,
        "ms": request.duration_ms,
        # The bodies are JSON already.
        **{name: json.loads(text) for name, text in bodies.items() if text},
    }


def _invocation_json(invocation: Invocation | None) -> dict[str, Any] | None:
    if invocation is None:
        return None
    return {"requestId": invocation.request_id, "error": invocation.error, "initMs": invocation.init_ms}


def _log_text(logs: Iterable[bytes]) -> str:
    return b"".join(logs).decode(errors="backslashreplace")


def _body_json(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
