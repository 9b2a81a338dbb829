"""The dispatchers of functions that serve several operations: Python text, for ``service/_functions/``."""

from __future__ import annotations

from homeport.spec.model import Api, Function
from homeport.spec.names import snake_case

_TEXT = '''\
"""Function {name}: hands each event to the handler of its route. Written by homeport from {file}; do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

HANDLERS = {{
{handlers}}}


def handler(event: Mapping[str, Any], context: Any) -> Any:
    routes = _routes(event)
    for route in routes:
        if route in HANDLERS:
            module, _, name = HANDLERS[route].rpartition(".")
            return getattr(import_module(module), name)(event, context)
    raise LookupError("no handler of this function serves " + (" or ".join(routes) or "an event without a route"))


def _routes(event: Mapping[str, Any]) -> list[str]:
    """What the route may be called: HTTP APIs name it in payload 2.0 and 1.0, a REST API names method and resource."""
    request = event.get("requestContext") or {{}}
    names = [event.get("routeKey"), request.get("resourceId")]
    if event.get("resource"):
        names += [f"{{event.get('httpMethod')}} {{event['resource']}}", f"ANY {{event['resource']}}"]
    return [str(name) for name in names if name]
'''


def dispatchers(api: Api) -> dict[str, str]:
    """The text of each generated function's module by its path in the project (``service/_functions/items.py``)."""
    return {
        f"service/_functions/{snake_case(function.name)}.py": _text(api, function)
        for function in api.functions.values()
        if function.generated
    }


def _text(api: Api, function: Function) -> str:
    served = (api.operations_by_id[name] for name in function.operations)
    lines = [f"    {operation.route_key!r}: {operation.handler!r},\n" for operation in served]
    return _TEXT.format(name=function.name, file=function.source.file, handlers="".join(lines))
