"""The app that a team would write by hand: bare Flask that calls the handlers in its own process.

It runs under the server that Homeport's gateway runs under, with as many threads. Prints its URL once it listens;
started by ``python -m bench``.
"""

from __future__ import annotations

import os
import socket
import sys
import uuid
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from waitress.server import create_server

sys.path.insert(0, str(Path(__file__).parents[1]))

HELLO = '{"hello":"world"}'
THREADS = 64


class HandlerContext:
    """As much of Lambda's context as the handlers read."""

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        """Always the same: nothing ends a thread."""
        return 10_000


def make_app() -> Flask:
    """The app: a route without a database, and those of the items API that are measured."""
    from service.handlers.create_item import handler as create_item
    from service.handlers.get_item import handler as get_item
    from service.handlers.list_items import handler as list_items

    app = Flask(__name__)

    @app.get("/hello")
    def hello() -> Response:
        return Response(HELLO, content_type="application/json")

    @app.get("/items/<item_id>")
    def one(item_id: str) -> Response:
        return _answer(get_item(_event({"itemId": item_id}), HandlerContext()))

    @app.get("/items")
    def several() -> Response:
        return _answer(list_items(_event({}), HandlerContext()))

    @app.post("/items")
    def new() -> Response:
        return _answer(create_item(_event({}), HandlerContext()))

    return app


def _event(parameters: dict[str, str]) -> dict[str, Any]:
    # As much of a payload 2.0 event as the handlers read.
    return {
        "version": "2.0",
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode(),
        "headers": {name.lower(): value for name, value in request.headers},
        "pathParameters": parameters,
        "requestContext": {"requestId": str(uuid.uuid4()), "http": {"method": request.method}},
        "body": request.get_data(as_text=True),
        "isBase64Encoded": False,
    }


def _answer(answer: dict[str, Any]) -> Response:
    return Response(answer["body"], answer["statusCode"], answer["headers"])


def main() -> None:
    """Serve until the process is ended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = create_server(make_app(), sockets=[listener], threads=THREADS, connection_limit=2048)
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    # The handlers log to standard output, which nobody reads from here on.
    with Path(os.devnull).open("w") as sink:
        os.dup2(sink.fileno(), sys.stdout.fileno())
    server.run()


if __name__ == "__main__":
    main()
