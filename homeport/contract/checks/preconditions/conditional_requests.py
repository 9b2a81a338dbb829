"""Requests with a precondition header: the operations that take one, and how the answer is judged.

https://www.rfc-editor.org/rfc/rfc9110#name-preconditions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from homeport.contract.checks.check import Breach
from homeport.contract.checks.equality import describe_changes
from homeport.contract.checks.preconditions.entity_tags import HeaderName, TagForm
from homeport.contract.checks.preconditions.tagged_resource import TaggedResource
from homeport.contract.checks.session import Session
from homeport.contract.finding import Severity
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation


def operations_taking(resource: Resource, header: HeaderName) -> list[Operation]:
    """Return the writes on an existing resource that take a precondition header, by the document."""
    candidates = (*resource.writes, resource.delete)
    return [one for one in candidates if one is not None and header.lower() in resource.conditional.get(one.id, ())]


def fits(session: Session, operation: Operation, name: HeaderName, form: TagForm) -> bool:
    """Return whether the document lets a header have these values."""
    schemas = [one.schema for one in operation.parameters if one.place == "header" and one.name.lower() == name.lower()]
    return all(session.values.is_valid(line, schema) for schema in schemas for line in form.lines)


def is_final(resource: Resource, operation: Operation) -> bool:
    """Return whether an operation cannot be made twice on a resource: DELETE, and actions that may end a state."""
    return operation == resource.delete or operation in resource.actions


def held_back(kept: TaggedResource, operation: Operation, name: HeaderName, forms: list[TagForm]) -> Iterator[Breach]:
    """Yield the first form with which a write is performed, is refused with another status, or changes something."""
    before, rejected, subject = kept.read, [], f"{name} holds back"
    for form in forms:
        answer = kept.send(operation, form.headers(name))
        about = f"with {name} {', '.join(form.lines)}, {form.label}"
        if answer.ok:
            happened = f"{about}, where the ETag is {kept.tag}, it was performed: {answer.status}"
            yield Breach(operation, happened, (before.exchange, answer.exchange), subject)
            return
        if answer.status >= 500 or (answer.status in (404, 409, 422) and "412" in operation.responses):
            happened = f"{about}, where the ETag is {kept.tag}, the answer was {answer.status} in place of 412"
            yield Breach(operation, happened, (before.exchange, answer.exchange), subject)
            return
        rejected.append(answer)
    after = kept.refresh()
    if after.status != before.status or after.json != before.json:
        statuses = ", ".join(str(one.status) for one in rejected)
        seen = describe_changes(before.json, after.json) if after.ok else f"it is answered with {after.status}"
        happened = f"refused writes ({statuses}) changed it: {seen}"
        exchanges = (before.exchange, *(one.exchange for one in rejected), after.exchange)
        yield Breach(operation, happened, exchanges, f"{name} changes nothing")


def severity_of(form: TagForm) -> Severity:
    """Return how bad it is to misread a form: two lines of one header mean a list, and hardly a client sends them.

    A REST API has only the last of them in ``headers`` of its event.
    """
    return "warning" if len(form.lines) > 1 else "error"


def other_status(
    kept: TaggedResource, read: Operation, name: HeaderName, expected: Sequence[tuple[TagForm, tuple[int, ...]]]
) -> Iterator[Breach]:
    """Yield the first form of a header with which a read has none of its statuses."""
    for form, statuses in expected:
        if not fits(kept.session, read, name, form):
            continue
        answer = kept.send(read, form.headers(name))
        if answer.status not in statuses:
            happened = (
                f"with {name} {' and '.join(form.lines)}, {form.label}, the answer was {answer.status} in place of "
                f"{statuses[0]}; the ETag is {kept.tag}"
            )
            exchanges, severity = (kept.read.exchange, answer.exchange), severity_of(form)
            yield Breach(read, happened, exchanges, f"{name} {statuses[0]}", severity=severity)
            if severity == "error":
                return
