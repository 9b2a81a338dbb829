"""Versions in bodies: a write that names the version which its client has read is for this version alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from homeport.contract.checks.changes import changed_body
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource


def _old_version_is_rejected(session: Session, resource: Resource) -> Iterator[Breach]:
    client, name = ResourceClient.of(session, resource), resource.version
    for operation in (resource.replace, resource.change):
        if operation is None or not resource.checks_version(operation) or (made := client.make()) is None:
            continue
        first = client.read(made.path)
        if first is None or not isinstance(first.json, Mapping):
            return
        body = changed_body(session, resource, operation, first.json, made.path)
        body = session.with_version(resource, operation, made.path, body)
        if not isinstance(body, Mapping) or name not in body:
            return  # what a client need not send is no precondition
        written = client.write(operation, made.path, body)
        second = client.read(made.path)
        if not written.ok or second is None or not isinstance(second.json, Mapping):
            session.note_untested(f"{operation.id} with the current {name} was answered with {written.status}")
            return
        if second.json.get(name) == first.json.get(name):
            return  # the version does not count writes
        other = {**changed_body(session, resource, operation, second.json, made.path), name: first.json[name]}
        outdated = session.client.send(operation, made.path, body=other, headers=session.headers(operation))
        third = client.read(made.path)
        exchanges = exchanges_of(made, first, written, outdated, third)
        if outdated.ok:
            happened = (
                f"{name} was {second.json.get(name)}, and a write with {name} {first.json[name]} was performed: "
                f"{outdated.status}"
            )
            yield Breach(operation, happened, exchanges, subject=f"/{name}")
        elif third is not None and third.json != second.json:
            happened = (
                f"a write with an old {name} was refused ({outdated.status}) and changed the resource all the same"
            )
            yield Breach(operation, happened, exchanges, subject=f"/{name}")


CHECKS = (
    Check(
        name="old-version-is-refused",
        kind="preconditions",
        promise="A write that names a version which is no longer the current one is refused and changes nothing",
        origin="the property of the request that names the version which the client has read",
        run=_old_version_is_rejected,
    ),
)
