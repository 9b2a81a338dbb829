"""Round trip: the resource that is read is the one that was written, to the last character."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource


def _read_equals_write(session: Session, resource: Resource) -> Iterator[Breach]:
    made = session.make(resource)
    if made is None or resource.read is None or not isinstance(made.representation, dict):
        return
    read = session.client.send(resource.read, made.path)
    if read.status == 200 and read.json != made.representation:
        happened = f"the write was answered with {made.representation!r}, the read after it with {read.json!r}"
        yield Breach(resource.read, happened, (made.answer.exchange, read.exchange))


CHECKS = (
    Check(
        name="read-equals-write",
        kind="round-trip",
        promise="A resource is read as the answer of its write showed it",
        origin="RFC 9110, section 9.3.1: GET transfers the current representation",
        run=_read_equals_write,
    ),
)
