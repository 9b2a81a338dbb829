"""The Flask application: one catch-all for every method and path, since the spec, not Flask, knows the routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask

from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.server import status_line

Handle = Callable[[Request], Reply]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Sent:
    """A body, and what is to be done once it has been sent: WSGI's ``close``."""

    def __init__(self, body: bytes, then: Callable[[], None]) -> None:
        self._body = body
        self._then = then

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None:
        """The server is done with it."""
        self._then()


class Shim(Flask):
    """Answers with what ``handle`` makes of a request, as it stands: Flask would add a content type, reorder headers.

    The catch-all is ``wsgi_app``, in front of Flask's request context, URL matching, session and signals. They serve
    views, would read a URL that is in the Request, undecoded, already, and cost an eighth of the gateway's time.
    """

    def __init__(self, handle: Handle, sent: Callable[[], None]) -> None:
        super().__init__("homeport", static_folder=None)
        self._handle = handle
        self._sent = sent

    def wsgi_app(self, environ: dict[str, Any], start_response: StartResponse) -> Sent:
        """The answer to the request that the server put into ``environ``."""
        reply = self._handle(environ["homeport.request"])
        start_response(status_line(reply.status), list(reply.headers))
        return Sent(reply.body, self._sent)


def create_app(handle: Handle, sent: Callable[[], None] = lambda: None) -> Shim:
    """The application around ``handle``, which turns a Request into a Reply and never raises.

    ``sent`` is called in the same thread when the reply is on its way to the client.
    """
    return Shim(handle, sent)
