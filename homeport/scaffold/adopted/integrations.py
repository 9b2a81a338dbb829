"""Integrations of an adopted document: those with other backends stay, a function's own says only what differs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from homeport.project.names import kebab_case
from homeport.project.openapi.extensions import INTEGRATION
from homeport.scaffold.adopted.adoption import Adoption, Flavor, Json, operations, route

SHARED = "x-amazon-apigateway-integrations"
"""The part of the components that has integrations to which operations refer."""

_FUNCTION = re.compile(r":function:(?:\$\{)?([A-Za-z0-9_-]+)|\$\{([A-Za-z0-9]+)(?:\.Arn|Arn)?\}/invocations")
_DEFAULT_TIMEOUTS = (29_000, 30_000)
_LOST = ("requestParameters", "responseParameters", "requestTemplates", "responses", "tlsConfig")
_KEPT: Mapping[Flavor, tuple[str, ...]] = {
    "http": ("requestParameters", "responseParameters"),
    "rest": ("cacheKeyParameters",),
}
"""The settings of a Lambda proxy integration that a project of the kit's own shape has too."""

_BACKENDS: Mapping[Flavor, tuple[str, ...]] = {"http": ("http_proxy",), "rest": ("http", "http_proxy", "mock")}
_LAMBDA_PATH = re.compile(r":lambda:path/")


def has_backend(operation: Json) -> bool:
    """Return whether the integration of an adopted operation leads elsewhere than to a function."""
    integration = operation.get(INTEGRATION) or {}
    return str(integration.get("type", "aws_proxy")).lower() != "aws_proxy" or "integrationSubtype" in integration


def take_integrations(adoption: Adoption) -> None:
    """Keep the integrations with other backends, and remove those that invoke a function.

    Operations that share a function still share it.
    """
    functions: dict[str, list[Json]] = {}
    formats = set()
    for path, method, operation in operations(adoption.spec):
        integration = operation.pop(INTEGRATION, None)
        if integration is None:
            continue
        resolved = _resolve_integration(integration, adoption.spec)
        if _stays(resolved, adoption.flavor):
            operation[INTEGRATION] = copy.deepcopy(resolved)
            continue
        name = _lambda_of(adoption, path, method, resolved)
        if name is not None:
            formats.add(str(resolved.get("payloadFormatVersion", "")))
            functions.setdefault(name, []).append(operation)
            _keep_settings(operation, resolved, adoption.flavor)
    functions.pop("", None)
    for name, served in functions.items():
        for operation in served if len(served) > 1 else ():
            operation.setdefault("x-homeport", {}).setdefault("function", name)
    _set_format(adoption, formats - {""})
    components = adoption.spec.get("components")
    if isinstance(components, dict):
        components.pop(SHARED, None)


def _resolve_integration(integration: Any, spec: Json) -> Json:
    if not isinstance(integration, dict):
        return {}
    name = str(integration.get("$ref", "")).rpartition("/")[2]
    shared = (spec.get("components") or {}).get(SHARED) or {}
    found = shared.get(name, integration)
    return found if isinstance(found, dict) else {}


def _stays(integration: Json, flavor: Flavor) -> bool:
    """Return whether an integration is one of the kit's own shape as it is: its backend is no function."""
    kind = str(integration.get("type", "")).lower()
    private = str(integration.get("connectionType", "INTERNET")).upper() != "INTERNET" or integration.get("tlsConfig")
    if private:
        return False
    if flavor == "http":
        return kind in _BACKENDS[flavor] or (kind == "aws_proxy" and bool(integration.get("integrationSubtype")))
    is_service = kind == "aws" and not _LAMBDA_PATH.search(_uri(integration.get("uri")))
    return kind in _BACKENDS[flavor] or is_service


def _lambda_of(adoption: Adoption, path: str, method: str, integration: Json) -> str | None:
    """Return the function of a Lambda proxy integration, "" for one without a name. Note every other integration."""
    at = ("paths", path, method, INTEGRATION)
    kind = str(integration.get("type", "")).lower()
    if kind != "aws_proxy" or integration.get("integrationSubtype"):
        what = integration.get("integrationSubtype") or integration.get("uri") or "no backend"
        text = f"{route(path, method)}: an integration of type {kind or 'unknown'} ({what}); a function answers"
        adoption.note(adoption.origin(*at), text)
        return None
    for key in [key for key in _LOST if integration.get(key) and key not in _KEPT[adoption.flavor]]:
        # Every export has default responses for a proxy, where they have no effect.
        if key != "responses" or {*integration[key]} != {"default"}:
            adoption.note(adoption.origin(*at, key), f"{route(path, method)}: {key} of its integration")
    found = _FUNCTION.search(_uri(integration.get("uri")))
    return kebab_case(found[1] or found[2]) if found else ""


def _uri(value: Any) -> str:
    """Return the text of a uri, also of one with intrinsic functions."""
    if isinstance(value, dict):
        inner = next(iter(value.values()), "")
        inner = inner[0] if isinstance(inner, list) and inner and "Fn::Sub" in value else inner
        return " ".join(map(str, inner[1])) if isinstance(inner, list) and len(inner) == 2 else str(inner)
    return str(value)


def _keep_settings(operation: Json, integration: Json, flavor: Flavor) -> None:
    kept = {key: copy.deepcopy(integration[key]) for key in _KEPT[flavor] if integration.get(key)}
    timeout = integration.get("timeoutInMillis")
    if timeout is not None and timeout not in _DEFAULT_TIMEOUTS:
        kept["timeoutInMillis"] = timeout
    if kept:
        operation[INTEGRATION] = {"type": "aws_proxy", "httpMethod": "POST", **kept}


def _set_format(adoption: Adoption, formats: set[str]) -> None:
    if adoption.flavor == "rest" or not formats:
        return
    adoption.payload_format = "1.0" if formats == {"1.0"} else "2.0"
    if len(formats) > 1:
        adoption.note(adoption.origin("paths"), "payload formats 1.0 and 2.0 side by side; every operation has 2.0 now")
