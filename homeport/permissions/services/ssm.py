"""SSM Parameter Store: parameters and their paths.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_OF_NAME = frozenset(
    ("DeleteParameter", "GetParameter", "GetParameterHistory", "LabelParameterVersion", "PutParameter")
) | {"UnlabelParameterVersion"}
_OF_NAMES = frozenset(("DeleteParameters", "GetParameters"))


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to Systems Manager: each of several parameters needs its own."""
    keys = {
        "ssm:overwrite": key(parameters.get("Overwrite", False if operation == "PutParameter" else None)),
        "ssm:recursive": key(parameters.get("Recursive", False if operation == "GetParametersByPath" else None)),
    }
    action = f"ssm:{operation}"
    if operation in _OF_NAMES:
        yield from (ServicePermission(action, parameter_arn(name, place), keys) for name in parameters.get("Names", ()))
    elif operation == "GetParametersByPath":
        yield ServicePermission(action, parameter_arn(str(parameters.get("Path", "")), place), keys)
    elif operation == "DescribeParameters":
        # So AWS names the resource when it refuses.
        yield ServicePermission(action, place.arn("ssm", ANY), keys)
    elif parameters.get("ResourceType") == "Parameter":
        yield ServicePermission(action, parameter_arn(str(parameters.get("ResourceId", "")), place), keys)
    else:
        name = parameters.get("Name") if operation in _OF_NAME else None
        yield ServicePermission(action, parameter_arn(str(name), place) if name else ANY, keys)


def parameter_arn(name: str, place: ServicePlace) -> str:
    """Return the ARN of a parameter or of a path, without the version or label (``NAME:3``) that a request asks for."""
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    return place.arn("ssm", f"parameter/{name.partition(':')[0].lstrip('/')}")
