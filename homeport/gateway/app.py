"""The Flask application: one rule and one view for every method and path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from flask import Request as FlaskRequest
from werkzeug.routing import MapAdapter, Rule
from werkzeug.wsgi import ClosingIterator

from homeport.gateway.context import Exchange
from homeport.gateway.http.connection import status_line
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.wsgi import REQUEST, STREAM

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Handle = Callable[[Request], tuple[Exchange, Reply]]
Publish = Callable[[Exchange, Reply], None]


class ReplyBody:
    """The body of a reply as WSGI has it. ``publish`` gets the exchange when the body is closed."""

    def __init__(self, exchange: Exchange, reply: Reply, publish: Publish) -> None:
        self._exchange, self._reply, self._publish = exchange, reply, publish

    def __iter__(self) -> Iterator[bytes]:
        stream = self._reply.stream
        return iter((self._reply.body,) if stream is None else stream)

    def close(self) -> None:
        """Close the stream, if it is one, and publish the exchange."""
        reply = self._reply
        if reply.stream is not None:
            reply.stream.close()
            reply = replace(reply, body=reply.stream.sent)
        self._publish(self._exchange, reply)


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


class GatewayApp(Flask):
    """A Flask application in which one rule takes every request, whatever its method and path."""

    def __init__(self, respond: Callable[[Request], tuple[Reply, ReplyBody]]) -> None:
        super().__init__("homeport", static_folder=None)
        self._respond = respond
        # Without ``methods`` a rule takes also those that HTTP does not know; Flask's route() would need a list.
        self.url_map.add(Rule("/", endpoint="gateway"))
        self._adapter = self.url_map.bind("localhost")

    def respond(self, request: Request) -> tuple[Reply, ReplyBody] | None:
        """Answer a request without Flask's contexts, which hooks and extensions use; return None where there are any.

        They take longer than all of the pipeline, as they touch memory that is in no cache between two requests.
        """
        if self.before_request_funcs or self.after_request_funcs or self.teardown_request_funcs or self.extensions:
            return None
        return self._respond(request)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as ``respond`` does where that is possible."""
        answer = self.respond(environ[REQUEST])
        if answer is None:
            return super().wsgi_app(environ, start_response)
        reply, body = answer
        environ[STREAM] = reply.stream is not None
        start_response(status_line(reply.status), list(reply.headers))
        return body

    def create_url_adapter(self, request: FlaskRequest | None) -> MapAdapter:
        """Return an adapter that matches the one rule.

        The pipeline matches the project's routes as API Gateway does. Werkzeug would first redirect some paths, and
        reject others (``/%0A``).
        """
        return self._adapter


def create_app(handle: Handle, publish: Publish) -> GatewayApp:
    """Return the application around ``handle``, which never raises.

    ``publish`` gets each exchange and its reply in the same thread, once the reply is on its way to the client.
    """

    def respond(request: Request) -> tuple[Reply, ReplyBody]:
        exchange, reply = handle(request)
        return reply, ReplyBody(exchange, reply, publish)

    app = GatewayApp(respond)

    @app.endpoint("gateway")
    def reply_to_request() -> RawResponse:
        reply, body = respond(request.environ[REQUEST])
        request.environ[STREAM] = reply.stream is not None
        return RawResponse(body, reply.status, reply.headers)

    return app
