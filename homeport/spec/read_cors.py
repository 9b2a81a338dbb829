"""``x-amazon-apigateway-cors``, and the stage's overrides of it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.spec.model import Cors
from homeport.spec.view import View

LISTS = ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders")
_LONGEST_MAX_AGE = 86_400


def read_cors(view: View) -> dict[str, Any]:
    """What is said there, by AWS's key names; nothing that is not said."""
    if view.value is None or not view.is_a(dict, "a map"):
        return {}
    view.only((*LISTS, "maxAge", "allowCredentials"), "the CORS configuration")
    said: dict[str, Any] = {key: view.texts(key) for key in LISTS if view.has(key)}
    max_age = view.integer("maxAge", -1, _LONGEST_MAX_AGE, "seconds")
    if max_age is not None:
        said["maxAge"] = max_age
    if view.has("allowCredentials"):
        said["allowCredentials"] = view.flag("allowCredentials")
    return said


def merged_cors(spec: Mapping[str, Any], stage: Mapping[str, Any]) -> Cors | None:
    """The spec's configuration with the stage's overrides; None if neither says anything."""
    said = {**spec, **stage}
    if not said:
        return None
    return Cors(
        allow_origins=tuple(said.get("allowOrigins", ())),
        allow_methods=tuple(said.get("allowMethods", ())),
        allow_headers=tuple(said.get("allowHeaders", ())),
        expose_headers=tuple(said.get("exposeHeaders", ())),
        max_age=said.get("maxAge"),
        allow_credentials=said.get("allowCredentials", False),
    )
