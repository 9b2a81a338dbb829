"""Background changes: properties that a function writes later, invoked by a queue or a stream."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource

# The seconds in which such a function has done its work on a quiet machine, and those between two reads.
_LONGEST = 3.0
_PAUSE = 0.1
# Of one resource alone the function might have written before the first read.
_RESOURCES = 3


def find_background_changes(session: Session, resource: Resource) -> Resource:
    """Return a resource with the properties that the service alone writes, and that change between two reads."""
    client = ResourceClient.of(session, resource)
    if resource.read is None or resource.single or not (own := _service_properties(resource)):
        return resource
    made = [one for one in (client.make() for _ in range(_RESOURCES)) if one is not None]
    shown = {number: _read(client, one) for number, one in enumerate(made)}
    changed: set[str] = set()
    end = time.monotonic() + _LONGEST
    while made and not changed and time.monotonic() < end:
        time.sleep(_PAUSE)
        for number, one in enumerate(made):
            now = _read(client, one)
            changed |= {name for name in own if shown[number].get(name) != now.get(name)}
    return replace(resource, background_properties=frozenset(changed))


def _service_properties(resource: Resource) -> list[str]:
    """Return the properties that no write of a client has, but the id."""
    return [
        name
        for name, field in resource.fields.items()
        if field.answered and (field.server_set or not field.written) and name != resource.id_property
    ]


def _read(client: ResourceClient, made: Made) -> Mapping[str, Any]:
    read = client.read(made.path)
    return read.properties if read is not None and read.ok else {}
