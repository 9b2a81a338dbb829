"""Conflicts: what a resource takes for itself, such as a name or a time slot, is free again when it lets go of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.conflicting_creates import CONFLICT, contested_create, find_conflict, send_rival
from homeport.contract.checks.resource_client import ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_FREES = re.compile(
    r"\b(frees?|freed|releas(e[sd]?|ing)|available again|can be (taken|booked|used) again)\b", re.IGNORECASE
)
_KEEPS = re.compile(r"\b(never|reserv\w*|archiv\w*|soft|restor\w*|reus\w*|later|days)\b", re.IGNORECASE)


def _is_free_again(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    operation = contested_create(resource)
    if operation is None:
        return
    for release in _releases(session, resource):
        conflict = find_conflict(client, operation)
        if conflict is None:
            return
        released = _release(client, conflict.made, release)
        if released is None or not released.ok or released.status == 202:
            continue
        again = send_rival(client, operation, conflict.made.path, conflict.made.sent)
        if again.status == CONFLICT:
            happened = (
                f"{operation.method} with the same values was refused with 409 while the resource was there, and still "
                f"is after {release.method} {release.path}"
            )
            exchanges = [*exchanges_of(conflict.made, conflict.rival, released), again.exchange]
            yield Breach(release, happened, exchanges, subject="conflict")


def _releases(session: Session, resource: Resource) -> Iterator[Operation]:
    """Yield the operations after which a resource no longer has what it had."""
    document = session.model.document
    if resource.delete is not None and not _KEEPS.search(description_of(resource.delete, document)):
        yield resource.delete
    yield from (one for one in (resource.replace, resource.change) if one is not None)
    for action in resource.actions:
        if action.method == "POST" and _FREES.search(description_of(action, document)):
            yield action


def _release(client: ResourceClient, made: Made, release: Operation) -> Answer | None:
    """Have a resource let go of what it has; None where a write could not give it other values."""
    resource, tag = client.resource, made.answer.header("ETag")
    if release is resource.delete:
        return client.delete(made.path, tag)
    if release not in (resource.replace, resource.change):
        return client.perform(release, made.path, tag)
    body = client.full(release, 1, made.path)
    if not isinstance(body, dict) or not _differs(client, made.sent, body):
        return None
    return client.write(release, made.path, body, tag)


def _differs(client: ResourceClient, sent: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Return whether a body has another value for each property that was sent, so that no conflict remains."""
    own = {client.resource.id_property, client.resource.version}
    return all(
        name in body and not client.equality.equal(value, body[name]) for name, value in sent.items() if name not in own
    )


CHECKS = (
    Check(
        name="conflict-ends-with-its-cause",
        kind="methods",
        promise="What a resource was refused because of another one (409) is free once that one is gone or changed",
        origin="RFC 9110, section 15.5.10: a conflict is one with the current state of the target resource",
        run=_is_free_again,
    ),
)
