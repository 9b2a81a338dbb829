"""Answers of a run that are not as the document describes them. Pure.

Schemathesis holds its own answers against the document; these are those of the other requests of a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from homeport.contract.document.finding_at import KIND
from homeport.contract.finding import Finding, Severity
from homeport.contract.gateway_answers import GATEWAY_STATUSES, is_of_gateway
from homeport.contract.http_exchange import HttpExchange
from homeport.project.model import Operation, Source
from homeport.project.project import Project
from homeport.recordings.drift import DriftCheck, OperationReply
from homeport.recordings.recording import Violation

STATUS = "statuses-are-documented"
SHAPE = "answers-keep-to-document"

_PROMISES = {
    STATUS: "An operation answers with the statuses that the document lists",
    SHAPE: "An answer has the content, the properties and the headers that the document describes",
}


def conformance_findings(project: Project, exchanges: Iterable[tuple[str, HttpExchange]]) -> tuple[Finding, ...]:
    """Return in what ways answers differ from the document, each with the first exchange that shows it.

    ``exchanges`` come with the label of their operation, ``GET /items/{itemId}``. Answers of 500 and more are left to
    the checks that cause them.
    """
    operations = {each.label: each for each in project.api.operations}
    check = DriftCheck(project)
    found: dict[tuple[str, str, str], Finding] = {}
    for label, exchange in exchanges:
        operation = operations.get(label)
        if operation is not None and _is_comparable(operation, exchange):
            for finding in _differences(check, operation, label, exchange):
                found.setdefault(finding.identity, finding)
    return tuple(found.values())


def _is_comparable(operation: Operation, exchange: HttpExchange) -> bool:
    if operation.method not in (exchange.method, "ANY") or not 200 <= exchange.status < 500:
        return False
    return not is_of_gateway(exchange)


def _differences(check: DriftCheck, operation: Operation, label: str, exchange: HttpExchange) -> Iterator[Finding]:
    reply = OperationReply(operation.id, exchange.method, exchange.status, exchange.reply_headers, exchange.reply_body)
    for violation in check.check(reply):
        is_status = violation.what.startswith("status ")
        if is_status and exchange.status in GATEWAY_STATUSES:
            continue
        part = "" if is_status else re.split(r": ", violation.what, maxsplit=1)[0]
        name = STATUS if is_status else SHAPE
        yield Finding(
            check=name,
            kind=KIND,
            operation=label,
            promise=_PROMISES[name],
            origin="the document's responses",
            happened=f"in an answer {exchange.status}, {violation.what}",
            exchanges=(exchange,),
            source=_source(violation),
            subject=f"{exchange.status} {part}".strip(),
            severity=_severity(operation, exchange.status) if is_status else "error",
        )


def _severity(operation: Operation, status: int) -> Severity:
    """Return an error, but a warning where the document lists no client error at all, and so means to list none."""
    lists_errors = any(key.startswith("4") for key in operation.responses)
    return "error" if status < 400 or lists_errors else "warning"


def _source(violation: Violation) -> Source | None:
    file, _, line = violation.place.rpartition(":")
    return Source(file, int(line)) if line.isdecimal() else None
