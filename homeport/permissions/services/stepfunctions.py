"""Step Functions: state machines, their executions and activities.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_ARNS = ("stateMachineArn", "executionArn", "activityArn", "mapRunArn", "stateMachineAliasArn", "resourceArn")
_NAMED = {"CreateActivity": "activity:", "CreateStateMachine": "stateMachine:"}
_FIELDS = 7


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to Step Functions. A task token belongs to no resource."""
    arn = next((str(parameters[name]) for name in _ARNS if parameters.get(name)), "")
    if operation in _NAMED:
        arn = place.arn("states", f"{_NAMED[operation]}{parameters.get('name', '')}")
    fields = arn.split(":")
    qualifier = ""
    if ":stateMachine:" in arn and len(fields) > _FIELDS:
        # The version or alias is a condition key, no part of the resource.
        arn, qualifier = ":".join(fields[:_FIELDS]), fields[_FIELDS]
    yield ServicePermission(f"states:{operation}", arn or ANY, {"states:statemachinequalifier": key(qualifier)})
