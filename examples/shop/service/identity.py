"""Who asks: API Gateway has checked the token, and the event says whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def user_of(event: Mapping[str, Any]) -> str:
    """The ``sub`` of the token, from a Cognito authorizer (REST API) or a JWT authorizer (HTTP API)."""
    authorizer = event["requestContext"]["authorizer"]
    claims = authorizer["jwt"]["claims"] if "jwt" in authorizer else authorizer["claims"]
    user: str = claims["sub"]
    return user
