"""Which origins an API's CORS configuration lets in.

``*`` lets in any, ``https://*`` and ``http://*`` any of their scheme, everything else exactly itself.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from homeport.spec.model import Cors


def allowed_origin(cors: Cors, origin: str) -> str | None:
    """The value of Access-Control-Allow-Origin for an origin, None if it is not let in."""
    if "*" in cors.allow_origins:
        return "*"
    let_in = origin in cors.allow_origins or any(origin.startswith(scheme) for scheme in schemes(cors))
    return origin if let_in else None


def schemes(cors: Cors) -> tuple[str, ...]:
    """What the scheme-wide entries stand for: ``https://`` for ``https://*``."""
    return tuple(entry.removesuffix("*") for entry in cors.allow_origins if entry in ("https://*", "http://*"))
