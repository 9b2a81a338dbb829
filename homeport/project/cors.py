"""The CORS settings of an API, ``x-amazon-apigateway-cors``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cors:
    """``x-amazon-apigateway-cors``; ``max_age`` is seconds.

    ``allow_origins`` holds ``*`` for any origin, ``https://*`` and ``http://*`` for any origin of that scheme, and
    single origins. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_credentials: bool = False

    @property
    def allowed_schemes(self) -> tuple[str, ...]:
        """The schemes whose every origin is allowed, as prefixes: ``https://`` for the entry ``https://*``."""
        return tuple(entry.removesuffix("*") for entry in self.allow_origins if entry in ("https://*", "http://*"))

    @property
    def written_origin(self) -> str | None:
        """The origin that a header without a condition can allow: ``*``, or the first one written out."""
        if "*" in self.allow_origins:
            return "*"
        return next((entry for entry in self.allow_origins if not entry.endswith("://*")), None)

    def allowed_origin(self, origin: str) -> str | None:
        """Return the value of Access-Control-Allow-Origin for an origin, None if the origin is not allowed."""
        if "*" in self.allow_origins:
            return "*"
        return origin if origin in self.allow_origins or origin.startswith(self.allowed_schemes) else None
