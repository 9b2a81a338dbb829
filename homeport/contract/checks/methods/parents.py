"""Parents: below a resource that is not there, nothing is listed and nothing made."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.rivalry import parent_of, path_below
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource


def _nothing_below_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    owner = parent_of(resource, session.model)
    if (
        owner is None
        or owner.single
        or owner.keyed_by
        or owner.create is None
        or owner.id_property in _created_fields(owner)
    ):
        return  # a client may have meant an id of its own
    operations = [one.operation for one in resource.listings if one.operation.method == "GET"]
    operations += [resource.create] if resource.create is not None else []
    operations = [one for one in operations if "404" in one.responses]
    if not operations or (there := session.make(owner)) is None:
        return
    known = path_below(there, resource)
    path = {**known, resource.parents[-1]: session.values.new_id(owner)} if known else {}
    for operation in operations if path else ():
        body = session.body(operation, resource)
        answer = session.client.send(
            operation,
            path,
            query=session.query(operation),
            headers=session.headers(operation),
            body=NO_BODY if body is None else body,
        )
        if answer.ok:
            id_ = path[resource.parents[-1]]
            happened = f"there is no {id_}, and {operation.method} below it was answered with {answer.status}"
            yield Breach(operation, happened, [answer.exchange], subject="404")


def _created_fields(owner: Resource) -> frozenset[str]:
    """Return the properties that the create of a resource takes."""
    created = owner.create.id if owner.create is not None else ""
    return frozenset(name for name, field in owner.fields.items() if created in field.written)


CHECKS = (
    Check(
        name="nothing-below-nothing",
        kind="methods",
        promise="Below a resource that is not there nothing is listed and nothing made, where the document has 404",
        origin="RFC 9110, section 15.5.5, and the operation's response 404",
        run=_nothing_below_nothing,
    ),
)
