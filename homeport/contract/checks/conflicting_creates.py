"""Creates that conflict: the second of two resources is refused (409) because of what the first one has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Made
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Conflict:
    """A resource, and the answer that refused another one because of it."""

    made: Made
    rival: Answer


def contested_create(resource: Resource) -> Operation | None:
    """Return the operation that makes a resource and may be refused for a conflict, None where there is none."""
    operation = resource.any_create
    return None if operation is None or resource.single or "409" not in operation.responses else operation


def find_conflict(client: ResourceClient, operation: Operation) -> Conflict | None:
    """Return a resource with which another one conflicts by its values alone; None where none does."""
    made, other = client.make(), client.make()
    if made is None or other is None or made.answer.operation is not operation or not isinstance(made.sent, Mapping):
        return None
    if any(made.path.get(name) != other.path.get(name) for name in client.resource.parents):
        return None  # their parent may have had room for one alone
    rival = send_rival(client, operation, made.path, made.sent)
    return Conflict(made, rival) if rival.status == CONFLICT else None


def send_rival(
    client: ResourceClient, operation: Operation, path: Mapping[str, Any], sent: Mapping[str, Any]
) -> Answer:
    """Return the answer to a request for one more resource with the values of another one, under a new id."""
    resource, values = client.resource, client.session.values
    body, where = dict(sent), dict(path)
    if resource.id_property in body:
        body[resource.id_property] = values.new_id(resource)
    if operation is resource.create:
        where.pop(resource.id_parameter, None)
    else:
        where[resource.id_parameter] = body.get(resource.id_property) or values.new_id(resource)
    return client.write(operation, where, body)
