"""What authorizers found, as the text that functions see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.gateway.times import claim_time


def jwt_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims of an HTTP API's JWT authorizer: every value is text, a list is ``[a b]`` (observed)."""
    return {name: _go_text(value) for name, value in claims.items()}


def cognito_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims of a REST API's Cognito authorizer: a list is ``a,b``, ``exp`` and ``iat`` are dates (observed)."""
    return {name: _date_text(value) if name in ("exp", "iat") else _comma_text(value) for name, value in claims.items()}


def rest_context(values: Mapping[str, Any]) -> dict[str, str]:
    """The context of a REST API's Lambda authorizer: text, numbers and booleans, all of which arrive as text.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    return {name: scalar_text(value) for name, value in values.items()}


def scalar_text(value: Any) -> str:
    """A JSON value as text: ``"a"`` is ``a``, ``true`` is ``true``, ``1.5`` is ``1.5``; anything else is its JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _go_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{' '.join(_go_text(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{_go_text(value[key])}' for key in sorted(value))}]"
    return scalar_text(value)


def _comma_text(value: Any) -> str:
    return ",".join(map(scalar_text, value)) if isinstance(value, list | tuple) else scalar_text(value)


def _date_text(value: Any) -> str:
    try:
        return claim_time(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return scalar_text(value)
