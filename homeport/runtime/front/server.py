"""The server of the front, on a loopback port: a thread for each connection of a function's SDK.

A thread of its own, since a request may be held for any time (``homeport/runtime/holds.py``), or never be answered.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http import HTTPStatus

from homeport.runtime.front import replies
from homeport.runtime.front.aws_request import AwsRequest, aws_request
from homeport.runtime.front.environment_calls import CallerGone, EnvironmentCalls
from homeport.runtime.front.forward import EngineConnection, EngineUnreachable
from homeport.runtime.front.http_connection import ConnectionEnded, HttpConnection, MalformedMessage, MessageHead
from homeport.runtime.front.replies import FrontReply
from homeport.runtime.function_config import FunctionConfig

_BACKLOG = 1024
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LARGEST_REQUEST = 16 * 1024 * 1024


class AwsFront:
    """The endpoint of AWS for registered environments. ``target_url`` is DynamoDB's (None: there is none)."""

    def __init__(self, target_url: str | None) -> None:
        self._target = target_url
        self._environments: dict[str, EnvironmentCalls] = {}
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, name="aws-front", daemon=True)
        self._accepting.start()

    def register(self, config: FunctionConfig) -> EnvironmentCalls:
        """Return the calls of a new environment, which is known by their ``access_key`` from now on."""
        calls = EnvironmentCalls(config, self.url)
        self._environments[calls.access_key] = calls
        return calls

    def unregister(self, calls: EnvironmentCalls) -> None:
        """Have no request be the environment's any more."""
        self._environments.pop(calls.access_key, None)

    def close(self) -> None:
        """End every connection, and take none any more."""
        with self._lock:
            self._closed = True
            connections = list(self._connections)
        # The threads may wait in accept or recv: shutdown ends that, close alone would not.
        for sock in (self._listener, *connections):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                if self._closed:
                    return
                continue
            with self._lock:
                self._connections.add(sock)
                closed = self._closed
            if closed:
                sock.close()
                return
            threading.Thread(target=self._serve, args=(sock,), name="aws-front", daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        engine = EngineConnection(self._target) if self._target is not None else None
        try:
            # A client that goes away ends the connection, and no more.
            with suppress(OSError, ConnectionEnded, CallerGone), sock:
                _ClientConnection(HttpConnection(sock), engine, self._environments).serve()
        finally:
            with self._lock:
                self._connections.discard(sock)
            if engine is not None:
                engine.close()


class _ClientConnection:
    """A connection of an SDK, with the connection to DynamoDB that its requests are passed on by."""

    def __init__(
        self, client: HttpConnection, engine: EngineConnection | None, environments: dict[str, EnvironmentCalls]
    ) -> None:
        self._client = client
        self._engine = engine
        self._environments = environments

    def serve(self) -> None:
        """Answer requests until the client closes the connection."""
        try:
            while (head := self._client.read_head()) is not None:
                if not self._serve_request(head) or head.is_last:
                    return
        except MalformedMessage as error:
            self._send(replies.bad_request(str(error)), is_last=True)

    def _serve_request(self, head: MessageHead) -> bool:
        """Answer a request; return False where it gets no answer, and the connection ends."""
        if head.headers.get("expect", "").lower() == "100-continue":
            self._client.send_continue()
        body = self._client.read_body(head, _LARGEST_REQUEST)
        if body is None:
            self._send(replies.too_large(), head.is_last)
            return True
        request = aws_request(head.first_line, head.headers, body)
        calls = self._environments.get(request.access_key)
        reply = self._answer(request, calls)
        if reply is None:
            self._client.wait_until_closed()
            if calls is not None:
                calls.end_unanswered(request)
            return False
        self._send(reply, head.is_last, has_body=request.method != "HEAD")
        return True

    def _answer(self, request: AwsRequest, calls: EnvironmentCalls | None) -> FrontReply | None:
        engine = self._engine
        if not request.is_dynamodb or engine is None:
            return replies.not_emulated(request)
        if calls is None:
            return replies.unknown_key(request.access_key) if request.access_key else replies.not_signed()

        def forward(body: bytes) -> FrontReply:
            try:
                return engine.send(request.headers, body)
            except EngineUnreachable as error:
                return replies.engine_unreachable(engine.url, str(error))

        return calls.answer(request, forward, self._client.is_open)

    def _send(self, reply: FrontReply, is_last: bool, has_body: bool = True) -> None:
        headers = {name: value for name, value in reply.headers.items() if name.lower() != "content-length"}
        headers["Content-Length"] = str(len(reply.body))
        headers["Connection"] = "close" if is_last else "keep-alive"
        first_line = f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"
        self._client.send(first_line, headers, reply.body if has_body else b"")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
