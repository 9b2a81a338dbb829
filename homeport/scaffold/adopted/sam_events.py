"""Routes that a function's events add to an API.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeport.scaffold.adopted.notes import Flavor, Json
from homeport.spec.extensions import ANY_METHOD
from homeport.spec.names import camel_case, kebab_case

KINDS: dict[str, Flavor] = {"Api": "rest", "HttpApi": "http"}
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")


@dataclass(frozen=True, slots=True)
class Event:
    """``method`` is the key that OpenAPI has for it; ``api`` is empty for the API that SAM makes by itself."""

    function: str
    flavor: Flavor
    path: str
    method: str
    api: str
    settings: Json
    properties: Json


def events_of(name: str, function: Json) -> Iterator[Event]:
    """The routes of one function of a template."""
    properties = function.get("Properties") or {}
    events = properties.get("Events")
    for event in events.values() if isinstance(events, dict) else ():
        flavor = KINDS.get(str(event.get("Type"))) if isinstance(event, dict) else None
        if flavor is None:
            continue
        settings = event.get("Properties") or {}
        path = str(settings.get("Path") or "$default")
        path = f"/{path}" if path == "$default" else path
        method = str(settings.get("Method") or "any").lower()
        key = ANY_METHOD if method in ("any", "*", "x-amazon-apigateway-any-method") else method
        yield Event(name, flavor, path, key, _api(settings), settings, properties)


def operation_of(event: Event, *, alone: bool) -> Json:
    """The operation of an event; ``alone`` if its function has no other."""
    operation: Json = {}
    if alone:
        operation["operationId"] = camel_case(
            re.sub(r"(Function|Lambda|Handler)$", "", event.function) or event.function
        )
    ours: Json = {} if alone else {"function": kebab_case(event.function)}
    for key, ours_key in (("MemorySize", "memory"), ("Timeout", "timeout")):
        if isinstance(event.properties.get(key), int):
            ours[ours_key] = event.properties[key]
    if ours:
        operation["x-homeport"] = ours
    variables = _VARIABLE.findall(event.path)
    if variables:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in variables
        ]
    operation["responses"] = {"200": {"description": "What came of it."}}
    return operation


def _api(settings: Json) -> str:
    found: Any = settings.get("RestApiId") or settings.get("ApiId") or ""
    return str(found.get("Ref", "elsewhere")) if isinstance(found, dict) else str(found)
