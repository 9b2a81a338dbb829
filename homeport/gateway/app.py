"""The Flask application: one view for every method and path, since the project's routes are the pipeline's to match."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wsgi import ClosingIterator

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.server import status_line

Handle = Callable[[Request], tuple[Exchange, Reply]]
Publish = Callable[[Exchange, Reply], None]


class RawResponse(Response):
    """A response that is sent as it stands.

    Werkzeug would add a content type, reword the status line, rewrite ``Location`` and drop headers of a 304; API
    Gateway does none of it.
    """

    default_mimetype = None

    def get_wsgi_response(self, environ: Any) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return body, status line and headers. The server leaves out the body of a reply to HEAD."""
        body = ClosingIterator(self.iter_encoded(), self.close)
        return body, status_line(self.status_code), self.headers.to_wsgi_list()


def create_app(handle: Handle, publish: Publish) -> Flask:
    """Return the application around ``handle``, which never raises.

    ``publish`` gets each exchange and its reply in the same thread, once the reply is on its way to the client.
    """
    app = Flask("homeport", static_folder=None)
    # A path with two slashes is a path of its own, and not redirected.
    app.url_map.merge_slashes = False
    # A rule without methods takes every method, also those that HTTP does not know; Flask's route() would need a list.
    app.url_map.add(Rule("/", endpoint="gateway"))
    app.url_map.add(Rule("/<path:path>", endpoint="gateway"))

    @app.endpoint("gateway")
    def reply_to_request(path: str = "") -> RawResponse:
        exchange, reply = handle(request.environ["homeport.request"])
        response = RawResponse([reply.body], reply.status, reply.headers)
        response.call_on_close(lambda: publish(exchange, reply))
        return response

    # Werkzeug's converter takes no path with a line break in it (``/%0A``).
    app.register_error_handler(HTTPException, lambda error: reply_to_request())
    return app
