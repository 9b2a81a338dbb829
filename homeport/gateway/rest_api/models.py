"""Models of REST APIs: a request body's schemas as API Gateway imports them, and its messages about a body.

An import copies a schema unchanged, and JSON Schema draft 4 reads it. OpenAPI's own keywords have no effect: a
``nullable`` schema still rejects null (seen on AWS: https://stackoverflow.com/q/71663897), ``readOnly`` forbids
nothing, a ``discriminator`` chooses nothing. Keywords beside a ``$ref`` are ignored.

Choices where AWS documents nothing, or contradicts itself:

- ``minItems`` and ``maxItems`` count, though the developer guide says that imports drop them: users saw them work
  (https://github.com/andylockran/spectral-aws-apigateway-ruleset/pull/8).
- The formats that the validator knows are checked, as is its default: date-time, email, hostname, ipv4, ipv6, uri and
  uuid, not date.
- A model reads its body as JSON, whatever its content type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from homeport.gateway.http.message import essence
from homeport.gateway.rest_api.draft4 import Draft4
from homeport.project.model import RequestBody, Schema

# Recorded in an execution log of AWS, for an empty body.
_UNREADABLE = "[Unknown error parsing request body]"


class RequestModels:
    """The models of one method by content type. Raises SchemaError for a schema that can't be used."""

    def __init__(self, body: RequestBody | None, document: Mapping[str, Any]) -> None:
        content = body.content if body is not None else {}
        self._models = {essence(name): _Model(schema, document) for name, schema in content.items() if schema}

    def __bool__(self) -> bool:
        return bool(self._models)

    def validation_error(self, content_type: str | None, body: bytes) -> str | None:
        """Return ``$context.error.validationErrorString`` for an invalid body, None for a valid one.

        A body without a content type counts as JSON. A content type without a model is valid, unless ``$default`` has
        a model.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
        """
        asked = essence(content_type or "") or "application/json"
        model = self._models.get(asked) or self._models.get("$default")
        return model.validation_error(body) if model is not None else None


class _Model:
    def __init__(self, schema: Schema, document: Mapping[str, Any]) -> None:
        self._schema = Draft4(schema, document)

    def validation_error(self, body: bytes) -> str | None:
        try:
            messages = self._schema.messages(_parse(body))
        except (ValueError, ArithmeticError, RecursionError):
            return _UNREADABLE
        return f"[{', '.join(messages)}]" if messages else None


def _parse(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
