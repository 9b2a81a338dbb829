"""Errors as the document has them: status, media type, body, and the headers that a client acts on."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.check import Breach
from homeport.contract.checks.client import Answer
from homeport.contract.checks.errors.violation_lists import documented_response
from homeport.contract.checks.session import Session
from homeport.project.model import Operation
from homeport.recordings.drift import DriftCheck, OperationReply

_REJECTIONS = (401, 403)
_SECURITY = frozenset(
    ("allow", "www-authenticate", "x-content-type-options", "strict-transport-security", "x-frame-options")
)


def _lists_failures(operation: Operation) -> bool:
    """Return whether an operation documents any failure: many leave them to API Gateway's own answers."""
    return any(status == "default" or status.startswith("5") for status in operation.responses)


def documented_breaches(session: Session, operation: Operation, answer: Answer, why: str) -> Iterator[Breach]:
    """Yield in what ways an error is not as the document says; ``why`` is the reason for it."""
    check: DriftCheck = session.shared.setdefault("drift check", DriftCheck(session.project))
    exchange = answer.exchange
    reply = OperationReply(operation.id, exchange.method, exchange.status, exchange.reply_headers, exchange.reply_body)
    for found in check.check(reply):
        # API Gateway's own answer to a request without credentials may have no content type.
        if answer.status in _REJECTIONS and found.what.startswith("content type none"):
            continue
        happened = f"{why}: the answer {answer.status} is not as documented: {found.what} ({found.place})"
        if not found.what.startswith("status "):
            yield Breach(operation, happened, [exchange], f"{answer.status} {found.what.partition(':')[0]}")
        elif answer.status >= 500 and not _lists_failures(operation):
            yield Breach(operation, happened, [exchange], "no failure is documented", severity="warning")
        else:
            # Each operation lists other statuses: that none of them has this one is the same fault.
            yield Breach(operation, happened, [exchange], f"{answer.status} status")
    headers = documented_response(answer).get("headers") or {}
    for name in headers:
        if name.lower() in _SECURITY and not answer.header(name):
            happened = f"{why}: the answer {answer.status} has no {name}, which the document has for it"
            yield Breach(operation, happened, [exchange], f"{answer.status} {name}")
