"""Repeated writes: PUT and DELETE are sent again after the database's answer got lost, as clients do by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.check import Breach
from homeport.contract.checks.faults.fault_run import Observation
from homeport.contract.checks.faults.judgements import breach_under, describe_read, make_fault_check, while_text
from homeport.contract.checks.probes import short
from homeport.contract.checks.resource_client import GONE
from homeport.contract.checks.session import Session

_REFUSALS = (409, 412, 428)
"""Statuses of a repetition that finds its work done: the resource is there, or has another ETag by now."""


def _repeats(session: Session, seen: Observation) -> Iterator[Breach]:
    again, operation = seen.again, seen.probe.target.operation
    if again is None or not seen.subject.is_idempotent or seen.trouble.effect != "done":
        return
    about = f"{while_text(seen)} {operation.method} was answered with {seen.answer.status}"
    is_gone = operation.method == "DELETE" and again.status in GONE
    finds_it_done = again.status in _REFUSALS and str(again.status) in operation.responses
    if not (again.ok or is_gone or finds_it_done):
        happened = f"{about}; the same request, sent again, was answered with {again.status} {short(again.json)}"
        yield breach_under(seen, happened, "again", again)
    elif lacks := _lacks(seen):
        happened = f"{about}, the same request, sent again, with {again.status}; {lacks}"
        yield breach_under(seen, happened, "state", again, seen.settled)


def _lacks(seen: Observation) -> str:
    """Return how the resource differs from what the request makes of it, ``""`` where it does not."""
    read, resource, sent = seen.settled, seen.probe.target.resource, seen.probe.body
    if read is None:
        return ""
    if seen.probe.target.operation == resource.delete:
        return describe_read(read) if read.ok else ""
    if seen.probe.target.operation != resource.replace or not isinstance(sent, dict):
        return ""
    shown = read.properties
    lost = [name for name in sent if seen.is_taken(name) and shown.get(name) != sent[name]]
    if not read.ok or lost:
        return f"{', '.join(lost) or 'it'} is not as it was sent: {describe_read(read)}"
    return ""


CHECKS = (
    make_fault_check(
        "repeat-after-lost-answer",
        "PUT and DELETE whose answer from the database got lost can be sent again, with the effect of one request",
        "RFC 9110, section 9.2.2: idempotent requests can be repeated automatically",
        _repeats,
    ),
)
