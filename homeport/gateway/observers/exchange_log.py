"""Keeps every call of an API, for tests that want to know more than a client can see."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation, PermissionCheck

EXCHANGES = "exchanges.jsonl"
RIGHTS = "rights.jsonl"
LARGEST = 64 * 1024 * 1024


class Recorder:
    """Writes into ``folder``: each call into ``EXCHANGES``, and once into ``RIGHTS`` what each function asked of AWS.

    Of the exchanges, the last ``LARGEST`` bytes or more are kept.
    """

    def __init__(self, folder: Path, files: RotatingLogWriter) -> None:
        self._folder = folder
        self._files = files
        self._seen: set[tuple[str, PermissionCheck]] = set()

    def on_reply(self, exchange: Exchange, reply: Reply) -> None:
        """Remember a call."""
        self._files.append(self._folder / EXCHANGES, lambda: json.dumps(_exchange(exchange, reply)) + "\n")

    def invoked(self, function: str, invocation: Invocation) -> None:
        """Remember what a function asked for."""
        for call in invocation.permission_checks:
            if (function, call) not in self._seen:
                self._seen.add((function, call))
                line = json.dumps(_right(function, call)) + "\n"
                self._files.append(self._folder / RIGHTS, partial(str, line))


def _right(function: str, call: PermissionCheck) -> dict[str, Any]:
    return {"function": function, "action": call.action, "resource": call.resource, "allowed": call.allowed}


def _exchange(exchange: Exchange, reply: Reply) -> dict[str, Any]:
    request, trace = exchange.request, exchange.trace
    invocation = trace.invocation
    return {
        "requestId": exchange.context.request_id,
        "received": request.received,
        "operation": exchange.match.operation.id if exchange.match else None,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            **_body(request.body),
        },
        "reply": {"status": reply.status, "headers": reply.headers, **_body(reply.body)},
        "event": json.loads(trace.event) if trace.event else None,
        "refused": str(trace.error) if trace.error and trace.error.reason else None,
        "log": _text(piece.log for piece in (trace.authorizer, invocation) if piece is not None),
        "calls": [_right("", call) for call in invocation.permission_checks] if invocation else [],
    }


def _text(logs: Iterable[bytes]) -> str:
    return b"".join(logs).decode(errors="backslashreplace")


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
