"""Integrations: those with a Lambda function are the kit's to make, all others are noted.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

import re
from typing import Any

from homeport.scaffold.adopted.notes import Adoption, Json, operations, route
from homeport.spec.names import kebab_case
from homeport.spec.read_integration import INTEGRATION

_SHARED = "x-amazon-apigateway-integrations"
_FUNCTION = re.compile(r":function:(?:\$\{)?([A-Za-z0-9_-]+)|\$\{([A-Za-z0-9]+)(?:\.Arn|Arn)?\}/invocations")
_DEFAULT_TIMEOUTS = (29_000, 30_000)
_LOST = ("requestParameters", "responseParameters", "requestTemplates", "responses", "cacheKeyParameters", "tlsConfig")


def take_integrations(adoption: Adoption) -> None:
    """Take every integration out of the spec; operations that share a function go on sharing it."""
    functions: dict[str, list[Json]] = {}
    formats = set()
    for path, method, operation in operations(adoption.spec):
        integration = operation.pop(INTEGRATION, None)
        if integration is None:
            continue
        resolved = _resolved(integration, adoption.spec)
        name = _lambda_of(adoption, path, method, resolved)
        if name is not None:
            formats.add(str(resolved.get("payloadFormatVersion", "")))
            functions.setdefault(name, []).append(operation)
            _keep_timeout(operation, resolved)
    _share(functions)
    _set_format(adoption, formats - {""})
    components = adoption.spec.get("components")
    if isinstance(components, dict):
        components.pop(_SHARED, None)


def _resolved(integration: Any, spec: Json) -> Json:
    if not isinstance(integration, dict):
        return {}
    name = str(integration.get("$ref", "")).rpartition("/")[2]
    shared = (spec.get("components") or {}).get(_SHARED) or {}
    found = shared.get(name, integration)
    return found if isinstance(found, dict) else {}


def _lambda_of(adoption: Adoption, path: str, method: str, integration: Json) -> str | None:
    """The function that it calls as a proxy; everything else is noted."""
    at = ("paths", path, method, INTEGRATION)
    kind = str(integration.get("type", "")).lower()
    if kind != "aws_proxy" or integration.get("integrationSubtype"):
        what = integration.get("integrationSubtype") or integration.get("uri") or "no backend"
        adoption.note(
            at, f"{route(path, method)}: an integration of type {kind or 'unknown'} ({what}); a function answers"
        )
        return None
    lost = [key for key in _LOST if integration.get(key) and not _is_usual(key, integration[key])]
    for key in lost:
        adoption.note((*at, key), f"{route(path, method)}: {key} of its integration")
    found = _FUNCTION.search(_uri(integration.get("uri")))
    return kebab_case(found[1] or found[2]) if found else None


def _is_usual(key: str, value: Any) -> bool:
    """What every export says of a proxy, where it has no effect."""
    return key == "responses" and isinstance(value, dict) and value.keys() <= {"default"}


def _uri(value: Any) -> str:
    """The text of a uri, also of one that CloudFormation has still to put together."""
    if isinstance(value, dict):
        inner = next(iter(value.values()), "")
        inner = inner[0] if isinstance(inner, list) and inner and "Fn::Sub" in value else inner
        return " ".join(map(str, inner[1])) if isinstance(inner, list) and len(inner) == 2 else str(inner)
    return str(value)


def _keep_timeout(operation: Json, integration: Json) -> None:
    timeout = integration.get("timeoutInMillis")
    if timeout is not None and timeout not in _DEFAULT_TIMEOUTS:
        operation[INTEGRATION] = {"type": "aws_proxy", "httpMethod": "POST", "timeoutInMillis": timeout}


def _share(functions: dict[str, list[Json]]) -> None:
    for name, served in functions.items():
        for operation in served if len(served) > 1 else ():
            ours = operation.setdefault("x-homeport", {})
            ours.setdefault("function", name)


def _set_format(adoption: Adoption, formats: set[str]) -> None:
    if adoption.flavor == "rest" or not formats:
        return
    adoption.payload_format = "1.0" if formats == {"1.0"} else "2.0"
    if len(formats) > 1:
        adoption.note(("paths",), "payload formats 1.0 and 2.0 side by side; every operation has 2.0 now")
