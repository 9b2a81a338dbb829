"""The Flask application: one view that takes every method and path, since the spec, not Flask, knows the routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SessionInterface
from werkzeug.routing import MapAdapter, Rule

from homeport.gateway.message import Reply, Request
from homeport.gateway.server import status_line

Handle = Callable[[Request], Reply]


class _WireResponse(Response):
    """Hands a Reply to the server untouched: Flask would add a content type and reorder headers."""

    def __init__(self, reply: Reply) -> None:
        # Flask's own set-up is left out: nothing of it would be read.
        self._reply = reply

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(status_line(self._reply.status), list(self._reply.headers))
        return (self._reply.body,)


class _OneView(Flask):
    """Every request is for the one view, so its URL need not be looked at: the path is in the Request, undecoded."""

    def create_url_adapter(self, request: Any) -> MapAdapter:
        return self._adapter

    @cached_property
    def _adapter(self) -> MapAdapter:
        return self.url_map.bind("localhost", path_info="/", default_method="GET")


class _NoSession(SessionInterface):
    def open_session(self, app: Flask, request: Any) -> None:
        return None

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        return None


def create_app(handle: Handle) -> Flask:
    """The application around ``handle``, which turns a Request into a Reply and never raises."""
    app = _OneView("homeport", static_folder=None)
    app.session_interface = _NoSession()
    # A rule without methods takes any, also those that HTTP does not know.
    app.url_map.add(Rule("/", endpoint="gateway"))
    app.view_functions["gateway"] = lambda: _WireResponse(handle(request.environ["homeport.request"]))
    return app
