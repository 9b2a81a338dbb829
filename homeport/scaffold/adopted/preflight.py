"""The OPTIONS mocks of a REST API as ``x-amazon-apigateway-cors``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.openapi.extensions import INTEGRATION
from homeport.scaffold.adopted.adoption import Adoption, Json

CORS = "x-amazon-apigateway-cors"
_HEADER = "method.response.header.access-control-"
_LISTS = {"allow-origin": "allowOrigins", "allow-methods": "allowMethods", "allow-headers": "allowHeaders"}


def take_preflight(adoption: Adoption) -> None:
    """Remove the mocks. The API as a whole allows what they allow."""
    found: list[Json] = []
    paths = adoption.spec.get("paths") or {}
    for path, item in paths.items():
        options = item.get("options") if isinstance(item, dict) else None
        if not isinstance(options, dict) or _kind(options) != "mock":
            continue
        found.append(_read_cors(options))
        at = adoption.origin("paths", path, "options")
        if any(found[-1].get(key) != found[0].get(key) for key in ("allowOrigins", "allowCredentials")):
            adoption.reject(at, f"preflight of {path} allows other origins, and the kit has one CORS for all routes")
        elif found[-1] != found[0]:
            adoption.note(at, f"preflight of {path} allows other things; now all routes allow both")
        del item["options"]
    for path in [path for path, item in paths.items() if isinstance(item, dict) and not item]:
        del paths[path]
    if (merged := _merge_cors(found)) and CORS not in adoption.spec:
        adoption.spec[CORS] = merged


def _kind(operation: Json) -> str:
    integration = operation.get(INTEGRATION)
    return str(integration.get("type", "")).lower() if isinstance(integration, dict) else ""


def _read_cors(options: Json) -> Json:
    responses = options[INTEGRATION].get("responses")
    cors: Json = {}
    for response in responses.values() if isinstance(responses, dict) else ():
        for name, value in ((response or {}).get("responseParameters") or {}).items():
            cors |= _header(str(name).lower(), value)
    return cors


def _header(name: str, value: Any) -> Mapping[str, Any]:
    word = name.removeprefix(_HEADER)
    text = str(value).strip("'\" ")
    if word in _LISTS:
        return {_LISTS[word]: [part.strip() for part in text.split(",") if part.strip()]}
    if word == "max-age" and text.isdecimal():
        return {"maxAge": int(text)}
    if word == "allow-credentials":
        return {"allowCredentials": text == "true"}
    return {}


def _merge_cors(found: list[Json]) -> Json:
    merged: Json = {}
    for cors in found:
        for key, value in cors.items():
            known = merged.get(key, [])
            merged[key] = [*known, *(v for v in value if v not in known)] if isinstance(value, list) else value
    return merged
