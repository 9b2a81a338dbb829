"""Buses of EventBridge and their rules.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource

_DEFAULT_BUS = "default"


def make_bus(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a bus."""
    events, name = clients("events"), resource.physical_id
    try:
        events.describe_event_bus(Name=name)
    except events.exceptions.ResourceNotFoundException:
        events.create_event_bus(Name=name)
        yield f"made event bus {name}"


def make_rule(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a rule with its targets, or change it."""
    events, name = clients("events"), resource.physical_id
    # Ref of a rule on another bus is BUS|NAME.
    name = name.rpartition("|")[2]
    bus = str(resource.properties.get("EventBusName") or _DEFAULT_BUS)
    try:
        events.describe_rule(Name=name, EventBusName=bus)
        is_new = False
    except events.exceptions.ResourceNotFoundException:
        is_new = True
    wanted = clients.request("events", "PutRule", {**resource.properties, "Name": name, "EventBusName": bus})
    events.put_rule(**wanted)
    targets = resource.properties.get("Targets") or []
    if targets:
        events.put_targets(
            **clients.request("events", "PutTargets", {"Rule": name, "EventBusName": bus, "Targets": targets})
        )
    if is_new:
        yield f"made rule {name}"
