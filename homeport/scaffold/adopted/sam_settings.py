"""Settings of a SAM API that openapi.yaml has a word for; the others are noted.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html
"""

from __future__ import annotations

from typing import Any

from homeport.scaffold.adopted.cors import CORS
from homeport.scaffold.adopted.notes import Adoption, Flavor, Json

_BINARY = "x-amazon-apigateway-binary-media-types"
_KEYS = {
    "AllowOrigins": "allowOrigins",
    "AllowOrigin": "allowOrigins",
    "AllowMethods": "allowMethods",
    "AllowHeaders": "allowHeaders",
    "ExposeHeaders": "exposeHeaders",
    "MaxAge": "maxAge",
    "AllowCredentials": "allowCredentials",
}
_TAKEN = frozenset(
    (
        "Auth",
        "BinaryMediaTypes",
        "Cors",
        "CorsConfiguration",
        "DefinitionBody",
        "DefinitionUri",
        "Name",
        "OpenApiVersion",
        "StageName",
    )
)


def add_settings(notes: Adoption, api: str, properties: Json, flavor: Flavor) -> None:
    """CORS and binary media types; every other property is noted."""
    cors = _cors(properties.get("CorsConfiguration" if flavor == "http" else "Cors"))
    if cors:
        notes.spec.setdefault(CORS, cors)
    binary = properties.get("BinaryMediaTypes")
    if isinstance(binary, list):
        notes.spec.setdefault(_BINARY, [str(name).replace("~1", "/") for name in binary])
    for key in properties:
        if key not in _TAKEN:
            notes.note_original(("Resources", api, "Properties", key), f"{key} of {api}: see deploy/stages.yaml")


def _cors(said: Any) -> Json:
    if said is True:
        said = {"AllowOrigins": ["*"]}
    if isinstance(said, str):
        said = {"AllowOrigin": said}
    made = {_KEYS[key]: _value(_KEYS[key], value) for key, value in said.items() if key in _KEYS} if said else {}
    return {"allowMethods": ["*"], **made} if made else {}


def _value(key: str, value: Any) -> Any:
    if key == "allowCredentials":
        return value is True or str(value).lower() == "true"
    if key == "maxAge":
        return int(str(value).strip("'"))
    texts = value if isinstance(value, list) else str(value).strip("'").split(",")
    return [str(text).strip() for text in texts]
