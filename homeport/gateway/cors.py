"""CORS origins: the rule that HTTP APIs and REST APIs share for ``allowOrigins``.

``*`` allows any origin, ``https://*`` and ``http://*`` any origin of that scheme, every other entry only itself.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from homeport.project.model import Cors


def allowed_origin(cors: Cors, origin: str) -> str | None:
    """Return the value of Access-Control-Allow-Origin for an origin, None if the origin is not allowed."""
    if "*" in cors.allow_origins:
        return "*"
    allowed = origin in cors.allow_origins or any(origin.startswith(scheme) for scheme in allowed_schemes(cors))
    return origin if allowed else None


def allowed_schemes(cors: Cors) -> tuple[str, ...]:
    """Return the schemes whose every origin is allowed, as prefixes: ``https://`` for the entry ``https://*``."""
    return tuple(entry.removesuffix("*") for entry in cors.allow_origins if entry in ("https://*", "http://*"))
