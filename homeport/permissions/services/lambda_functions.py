"""Lambda: functions by name or ARN, with a version or an alias.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_RENAMED = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"}
_OF_MAPPINGS = frozenset(("CreateEventSourceMapping", "ListEventSourceMappings"))


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to Lambda."""
    name = parameters.get("FunctionName")
    qualifier = str(parameters.get("Qualifier") or "")
    resource = function_arn(str(name), qualifier, place) if name else str(parameters.get("Resource") or ANY)
    if operation in _OF_MAPPINGS:
        # The function of a mapping is a condition key.
        yield ServicePermission(f"lambda:{operation}", ANY, {"lambda:functionarn": key(resource if name else None)})
        return
    yield ServicePermission(f"lambda:{_RENAMED.get(operation, operation)}", resource)


def function_arn(name: str, qualifier: str, place: ServicePlace) -> str:
    """Return the ARN of a function by its name, its ARN, or ``ACCOUNT:function:NAME``; each may end in a qualifier."""
    if name.startswith("arn:"):
        arn = name
    elif ":function:" in name:
        account, _, rest = name.partition(":function:")
        arn = f"arn:aws:lambda:{place.region}:{account}:function:{rest}"
    else:
        arn = place.arn("lambda", f"function:{name}")
    return f"{arn}:{qualifier}" if qualifier and len(arn.split(":")) == 7 else arn
