"""How HTTP APIs put a request's body into an event, in either payload format."""

from __future__ import annotations

from base64 import b64encode

from homeport.gateway.media_types import essence
from homeport.gateway.message import Request

# Observed; other types, `+json` among them, a form, and a body without a type arrive base64-encoded.
_TEXT = frozenset({"application/javascript", "application/json", "application/xml"})


def event_body(request: Request) -> tuple[str | None, bool]:
    """``body`` and ``isBase64Encoded``. Bytes of a text that are no UTF-8 become U+FFFD."""
    if not request.body:
        return None, False
    kind = essence(request.header("content-type") or "")
    if kind.startswith("text/") or kind in _TEXT:
        return request.body.decode("utf-8", "replace"), False
    return b64encode(request.body).decode("ascii"), True
