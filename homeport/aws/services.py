"""The services of AWS that a project uses, beside DynamoDB: only these are started.

``SERVICES`` of ``homeport.project.aws_services`` has those that can run here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from homeport.project.aws_services import SERVICES, find_service, service_of_type
from homeport.project.model import Function
from homeport.project.project import Project

__all__ = ["SERVICES", "allowed_services", "find_service", "needs_process", "service_of_type", "used_services"]


def needs_process(project: Project) -> bool:
    """Return whether a project uses a service that runs in the process of the services."""
    return any(not SERVICES[name].in_gateway for name in used_services(project))


def used_services(project: Project) -> Mapping[str, tuple[str, ...]]:
    """Return the services that a project uses, each with what uses it, for a person.

    They follow from its resources, from what the roles of its functions allow, and from its integrations.
    """
    used: dict[str, list[str]] = {}
    for service, user in _users(project):
        used.setdefault(service, []).append(user)
    return {name: tuple(dict.fromkeys(used[name])) for name in SERVICES if name in used}


def _users(project: Project) -> Iterator[tuple[str, str]]:
    for resource in project.resources.others.values():
        if (service := service_of_type(resource.type)) is not None:
            yield service.name, resource.logical_id
    for each in project.every_api:
        for function in each.api.functions.values():
            yield from ((service, function.name) for service in allowed_services(function))
        for operation in each.api.operations:
            # An integration with a service of AWS has its name.
            named = find_service(str(getattr(operation.integration, "service", "")))
            if named is not None:
                yield named.name, operation.label


def allowed_services(function: Function) -> frozenset[str]:
    """Return the services on which a function's role allows any action, ``*`` left out."""
    return frozenset(
        service.name
        for statement in function.policies
        if statement.get("Effect", "Allow") == "Allow"
        for action in _texts(statement.get("Action"))
        if (service := find_service(action.partition(":")[0])) is not None and ":" in action
    )


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else []
