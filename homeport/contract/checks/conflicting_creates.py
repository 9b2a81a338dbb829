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


def make_alike(
    client: ResourceClient, write: Operation, like: Mapping[str, Any]
) -> tuple[Made | None, Mapping[str, Any]]:
    """Make a resource with the values of another one that ``write`` can't change; return it, and those values.

    None in its place where it can't be made, or where ``write`` changes nothing.
    """
    own = {client.resource.id_property, client.resource.version}
    names = changeable_names(client, write, like)
    alike = {name: value for name, value in like.items() if name not in names and name not in own}
    return client.make(**alike) if names else None, alike


def changeable_names(client: ResourceClient, write: Operation, like: Mapping[str, Any]) -> list[str]:
    """Return the properties of a body, but for the id and the version, that ``write`` takes as well."""
    own = {client.resource.id_property, client.resource.version}
    return [name for name in like if name not in own and client.sent_schema(write, name) is not None]


def body_with(client: ResourceClient, write: Operation, made: Made, values: Mapping[str, Any]) -> Any:
    """Return the body with which ``write`` gives a resource other values."""
    usual = {} if write is client.resource.change else client.body(write, made.path)
    return {**usual, **values} if isinstance(usual, dict) else dict(values)


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
