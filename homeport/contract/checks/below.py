"""Resources that are made below a parent of a check's own."""

from __future__ import annotations

from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.made import Made, path_after
from homeport.contract.checks.rivalry import path_below
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource


def make_below(session: Session, owner: Made, resource: Resource) -> Made | None:
    """Return a resource made below ``owner`` with its usual body, None where it is refused or nothing makes one."""
    create = resource.create
    if create is None:
        return None
    path, body = path_below(owner, resource), session.body(create, resource)
    sent = NO_BODY if body is None else body
    answer = session.client.send(create, path, query=session.query(create), headers=session.headers(create), body=sent)
    full = path_after(resource, create, path, body, answer) if answer.ok else None
    own_id = None if resource.item else answer.properties.get(resource.id_property)
    return None if full is None else Made(full, body, answer, own_id=own_id)
