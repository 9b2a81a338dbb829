"""Refusals: the status of an error says whether the resource, its state or the request is what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.errors.provocations import provoke
from homeport.contract.checks.resource_client import GONE, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_ABOUT_THE_REQUEST = (400, 422)
# Resources that are made for an action; the state of one, or its body, may be refused at once.
_TRIES = 3
_ABSENT_IS_FINE = re.compile(
    r"\b(idempotent|whether or not|no matter (if|whether)|even (if|when)|also (if|when)|or (it )?never (was|existed)"
    r"|if (it|there|one) (exists|existed|is|was)|is (not|no longer) there|already (gone|deleted|removed)"
    r"|does nothing|nothing happens)\b",
    re.IGNORECASE,
)


def _missing_is_404(session: Session, resource: Resource) -> Iterator[Breach]:
    """Look at the writes of a resource that is not there, and whose read says so."""
    found = [one for one in provoke(session, resource) if one.place == "resource"]
    reads = [one for one in found if one.operation == resource.read and one.answer.status in GONE]
    for one in found:
        is_said = bool({"404", "410"} & one.operation.responses.keys())
        if not (reads and one.operation != resource.read and is_said and one.is_missing):
            continue
        if one.answer.status == 409 or (one.answer.ok and _needs_resource(session, resource, one.operation)):
            status = f"{one.answer.status}, though it documents 404" if one.answer.ok else "409"
            happened = f"{one.reason}: the read says {reads[0].answer.status}, {one.operation.method} says {status}"
            yield Breach(one.operation, happened, [reads[0].answer.exchange, one.answer.exchange], "404")


def _needs_resource(session: Session, resource: Resource, operation: Operation) -> bool:
    """Return whether a write works on a resource that is there: PUT may make one, and some do nothing where none is."""
    if operation in (resource.replace, resource.change):
        return False
    responses = " ".join(str(one.get("description", "")) for one in operation.responses.values())
    return not _ABSENT_IS_FINE.search(f"{description_of(operation, session.model.document)} {responses}")


def _conflict_is_409(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send an action twice: what was right at first is refused for the state in which it left the resource."""
    for action in resource.actions:
        if action.method != "POST" or "409" not in action.responses:
            continue
        for _ in range(_TRIES):
            if (made := session.make(resource)) is None:
                break
            body = session.body(action, resource)
            first, second = (_send(session, action, dict(made.path), body) for _ in range(2))
            if first.ok and second.status in _ABOUT_THE_REQUEST:
                happened = f"the same request was answered with {first.status}, then with {second.status}, not with 409"
                yield Breach(action, happened, exchanges_of(made, first, second), "409")
            if first.ok:
                break


def _send(session: Session, action: Operation, path: dict[str, object], body: object) -> Answer:
    headers = session.headers(action)
    return session.client.send(action, path, headers=headers, body=NO_BODY if body is None else body)


CHECKS = (
    Check(
        name="missing-is-404",
        kind="errors",
        promise="A write of a resource that is not there is answered with 404, as its read is",
        origin="RFC 9110, sections 15.5.5 and 15.5.10: 409 is a conflict with the state of a resource that is there",
        run=_missing_is_404,
    ),
    Check(
        name="conflict-is-409",
        kind="errors",
        promise="A valid request that the state does not allow is answered with 409 where that is documented",
        origin="RFC 9110, sections 15.5.1 and 15.5.10: 400 is an error of the request itself",
        run=_conflict_is_409,
    ),
)
