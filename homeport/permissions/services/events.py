"""EventBridge: buses, which events are put on, and the rules of a bus.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_DEFAULT = "default"
_BUS = "event-bus/"
_OF_BUS = frozenset(("CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"))
_OF_RULE = frozenset(("DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "PutRule"))
_OF_TARGETS = frozenset(("ListTargetsByRule", "PutTargets", "RemoveTargets"))


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to EventBridge: those of ``PutEvents`` for each of its entries."""
    if operation == "PutEvents":
        yield from (_of_entry(entry, place) for entry in parameters.get("Entries", ()))
        return
    yield ServicePermission(f"events:{operation}", _resource(operation, parameters, place))


def _of_entry(entry: Parameters, place: ServicePlace) -> ServicePermission:
    bus = place.arn_of("events", _BUS, str(entry.get("EventBusName") or _DEFAULT))
    keys = {
        "events:source": key(entry.get("Source")),
        "events:detail-type": key(entry.get("DetailType")),
        "events:eventbusinvocation": ["false"],
    }
    return ServicePermission("events:PutEvents", bus, keys)


def _resource(operation: str, parameters: Parameters, place: ServicePlace) -> str:
    if operation in _OF_BUS:
        return place.arn_of("events", _BUS, str(parameters.get("Name") or _DEFAULT))
    if operation in _OF_RULE:
        return _rule(parameters.get("Name"), parameters.get("EventBusName"), place)
    if operation in _OF_TARGETS:
        return _rule(parameters.get("Rule"), parameters.get("EventBusName"), place)
    return str(parameters.get("ResourceARN") or ANY)


def _rule(name: Any, bus: Any, place: ServicePlace) -> str:
    """Return the ARN of a rule: that of the default bus is left out."""
    of_bus = str(bus or _DEFAULT).rpartition("/")[2]
    return place.arn("events", f"rule/{name}" if of_bus == _DEFAULT else f"rule/{of_bus}/{name}")
