"""An ``http`` event in any of its forms, as one value."""

from __future__ import annotations

import re
from typing import NamedTuple

from homeport.project.serverless.service import EventEntry, ServerlessFunction, text_of
from homeport.project.source.cursor import Cursor

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "ANY")
_INTEGRATIONS = {
    "LAMBDA": "AWS",
    "AWS": "AWS",
    "LAMBDA_PROXY": "AWS_PROXY",
    "AWS_PROXY": "AWS_PROXY",
    "HTTP": "HTTP",
    "HTTP_PROXY": "HTTP_PROXY",
    "MOCK": "MOCK",
}


class HttpEvent(NamedTuple):
    """A route of a REST API. ``path`` has no slash around it, ``method`` is in capitals, ``integration`` AWS's word.

    ``settings`` are those of its long form, empty for ``GET items``.
    """

    function: ServerlessFunction
    path: str
    method: str
    integration: str
    settings: Cursor
    at: Cursor


def read_http_event(entry: EventEntry) -> HttpEvent | None:
    """Return the route of an event; None after a problem."""
    at = entry.settings
    settings = at if isinstance(at.value, dict) else at._replace(value={})
    if isinstance(at.value, str):
        method, _, path = at.value.strip().partition(" ")
    elif isinstance(at.value, dict):
        method, path = text_of(at.at("method")), text_of(at.at("path"))
        if not isinstance(at.at("path").value, str):
            at.error("an http event has no path", "write path: items/{id}")
            return None
    else:
        at.error("an http event is a text or a map", "write http: GET /items")
        return None
    word = method.strip().upper().replace("*", "ANY")
    if word not in METHODS:
        at.error(f"an http event has no method {method!r}", f"write one of {', '.join(METHODS)}")
        return None
    integration = _integration(settings)
    if integration is None:
        return None
    plain = re.sub(r"^/|/$", "", path.strip())
    return HttpEvent(entry.function, plain, word, integration, settings, at)


def _integration(settings: Cursor) -> str | None:
    written = settings.at("integration")
    if written.value is None:
        return "AWS" if settings.at("async").value else "AWS_PROXY"
    word = text_of(written).upper().replace("-", "_")
    if word in _INTEGRATIONS:
        return _INTEGRATIONS[word]
    written.error(f"there is no integration {text_of(written)!r}", f"write one of {', '.join(_INTEGRATIONS)}".lower())
    return None
