"""Extensions of the API as a whole: CORS, validators, gateway responses, binary media types, API keys, compression.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from homeport.project.cors import Cors
from homeport.project.model import GatewayResponse, RequestValidator
from homeport.project.names import did_you_mean, snake_case
from homeport.project.openapi.extension_keys import (
    CORS_CONFIGURATION,
    CORS_LISTS,
    GATEWAY_RESPONSE,
    REQUEST_VALIDATOR,
    RESPONSE_TYPES,
)
from homeport.project.source.cursor import Cursor

VALIDATORS = "x-amazon-apigateway-request-validators"
VALIDATOR = "x-amazon-apigateway-request-validator"
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
BINARY_MEDIA_TYPES = "x-amazon-apigateway-binary-media-types"
API_KEY_SOURCE = "x-amazon-apigateway-api-key-source"
MINIMUM_COMPRESSION_SIZE = "x-amazon-apigateway-minimum-compression-size"
CORS = "x-amazon-apigateway-cors"

_HEADER = r"gatewayresponse\.header\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)"
# API Gateway takes these too: https://docs.aws.amazon.com/apigateway/latest/api/API_PutGatewayResponse.html
_NO_HEADER = r"gatewayresponse\.(path|querystring)\.."
_EXPRESSION = (
    r"'[^']*'|method\.request\.(?:(?:header|querystring|multivalueheader|multivaluequerystring|path)\.\S+|body\S*)"
    r"|context\.\S+|stageVariables\.\S+"
)
_MEDIA_TYPE = r"[\w.+!#$&^*-]+(?:/|~1)[\w.+!#$&^*-]+"

_LARGEST_COMPRESSION_SIZE = 10_485_760


def read_validators(root: Cursor) -> dict[str, RequestValidator]:
    """Read the request validators by name."""
    validators = {}
    for name, cursor in root.map(VALIDATORS).items():
        if cursor.is_a(dict, "a map"):
            REQUEST_VALIDATOR.check_names(cursor)
            validators[name] = RequestValidator(
                cursor.flag("validateRequestBody"), cursor.flag("validateRequestParameters")
            )
    return validators


def chosen_validator(cursor: Cursor, validators: Mapping[str, RequestValidator]) -> RequestValidator | None:
    """Return the validator that a document or operation names; report one that does not exist."""
    name = cursor.text(VALIDATOR)
    if name and name not in validators:
        cursor.at(VALIDATOR).error(f"there is no request validator {name!r}", did_you_mean(name, validators))
    return validators.get(name)


def read_binary_media_types(root: Cursor) -> tuple[str, ...]:
    """Read the media types of bodies that a REST API passes on as base64; AWS may write the slash as ``~1``."""
    for entry in root.list(BINARY_MEDIA_TYPES):
        if isinstance(entry.value, str) and not re.fullmatch(_MEDIA_TYPE, entry.value):
            entry.error(f"{entry.value!r} is no media type", "write it as image/png, image/* or */*")
    return tuple(name.replace("~1", "/") for name in root.texts(BINARY_MEDIA_TYPES))


def read_api_key_source(root: Cursor) -> Literal["HEADER", "AUTHORIZER"]:
    """Read the place where a REST API looks for the API key."""
    word = root.choice(API_KEY_SOURCE, ("HEADER", "AUTHORIZER"), "HEADER")
    return "AUTHORIZER" if word == "AUTHORIZER" else "HEADER"


def read_minimum_compression_size(root: Cursor) -> int | None:
    """Read the least bytes of a body that a REST API compresses, None for one that compresses none.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-openapi-minimum-compression-size.html
    """
    return root.integer(MINIMUM_COMPRESSION_SIZE, 0, _LARGEST_COMPRESSION_SIZE, "bytes")


def read_gateway_responses(root: Cursor) -> dict[str, GatewayResponse]:
    """Read the gateway responses by type."""
    responses = {}
    for kind, cursor in root.map(GATEWAY_RESPONSES).items():
        if kind not in RESPONSE_TYPES:
            cursor.error(f"there is no gateway response {kind!r}", did_you_mean(kind, RESPONSE_TYPES))
        elif cursor.is_a(dict, "a map"):
            GATEWAY_RESPONSE.check_names(cursor)
            responses[kind] = GatewayResponse(_status(cursor), _headers(cursor), _templates(cursor))
    return responses


def _status(cursor: Cursor) -> int | None:
    at = cursor.at("statusCode")
    text = str(at.value)
    if at.value is None:
        return None
    if isinstance(at.value, str | int) and re.fullmatch(r"[1-5][0-9][0-9]", text):
        return int(text)
    at.error(f"'statusCode' can't be {at.value!r}", "give an HTTP status such as 403")
    return None


def _headers(cursor: Cursor) -> dict[str, str]:
    headers = {}
    for key, expression in cursor.map("responseParameters").items():
        name = re.fullmatch(_HEADER, key)
        if name is None and re.match(_NO_HEADER, key):
            expression.warning(f"{key!r} changes no reply", "a gateway response has headers alone")
        elif name is None:
            expression.error(f"{key!r} sets no header", "write it as gatewayresponse.header.NAME")
        elif expression.is_a(str, "text"):
            if not re.fullmatch(_EXPRESSION, expression.value):
                expression.error(
                    f"{expression.value!r} is no mapping expression",
                    "write \"'text'\", context.NAME or method.request.…",
                )
            headers[name.group(1)] = expression.value
    return headers


def _templates(cursor: Cursor) -> dict[str, str]:
    templates = cursor.map("responseTemplates")
    return {media_type: text.value for media_type, text in templates.items() if text.is_a(str, "text")}


def read_cors(cursor: Cursor) -> dict[str, Any]:
    """Read a CORS configuration by AWS's key names, without those that are absent."""
    return CORS_CONFIGURATION.read(cursor) or {}


def merged_cors(spec: Mapping[str, Any], stage: Mapping[str, Any]) -> Cors | None:
    """Return the CORS configuration of openapi.yaml with the stage's overrides, or None if there is neither."""
    given = {**spec, **stage}
    values: dict[str, Any] = {
        snake_case(key): tuple(value) if key in CORS_LISTS else value for key, value in given.items()
    }
    return Cors(**values) if values else None
