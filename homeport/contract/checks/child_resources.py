"""Resources below a parent: which is the parent, the path below it, and a child made there."""

from __future__ import annotations

from typing import Any

from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.made_resource import Made, path_after
from homeport.contract.checks.session import Session
from homeport.contract.rest.places import structure
from homeport.contract.rest.resource import ApiModel, Resource


def parent_of(resource: Resource, model: ApiModel) -> Resource | None:
    """Return the resource right above another one by its path, None where there is none."""
    place = structure(resource.collection or resource.item)
    owners = [one for one in model.resources if one.item and place.startswith(structure(one.item) + "/")]
    return max(owners, key=lambda one: len(one.item), default=None)


def path_below(parent: Made, resource: Resource) -> dict[str, Any]:
    """Return the path parameters of a resource's collection below a parent."""
    return dict(zip(resource.parents, list(parent.path.values())[-len(resource.parents) :], strict=False))


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
