"""The server of the front, on a loopback port: a thread for each connection of a function's SDK.

A thread of its own, since a request may be held for any time (``homeport/runtime/holds.py``), or never be answered.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus

from homeport.runtime.front import replies
from homeport.runtime.front.aws_request import AwsRequest, aws_request
from homeport.runtime.front.environment_calls import CallerGone, FrontCalls
from homeport.runtime.front.forward import EngineConnection, EngineUnreachable
from homeport.runtime.front.http_connection import ConnectionEnded, HttpConnection, MalformedMessage, MessageHead
from homeport.runtime.front.replies import FrontReply
from homeport.runtime.function_config import FunctionConfig

_BACKLOG = 1024
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LARGEST_REQUEST = 16 * 1024 * 1024
# An object of S3 passes through memory.
_LARGEST_OBJECT = 512 * 1024 * 1024


class AwsFront:
    """The endpoint of AWS for the environments that were opened. It listens from the first one on."""

    def __init__(self) -> None:
        self._environments: dict[str, FrontCalls] = {}
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._closed = False
        self.services_url: str | None = None

    def open(self, config: FunctionConfig) -> FrontCalls:
        """Return the calls of a new environment, which is known by their ``access_key`` from now on."""
        self.services_url = config.aws_url
        calls = FrontCalls(config, self._listen(), self._forget)
        self._environments[calls.access_key] = calls
        return calls

    def close(self) -> None:
        """End every connection, and take none any more."""
        with self._lock:
            self._closed = True
            sockets = [*([self._listener] if self._listener is not None else []), *self._connections]
        # The threads may wait in accept or recv: shutdown ends that, close alone would not.
        for sock in sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _forget(self, calls: FrontCalls) -> None:
        self._environments.pop(calls.access_key, None)

    def _listen(self) -> str:
        """Return the URL at which SDKs reach the front."""
        with self._lock:
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
                threading.Thread(target=self._accept, args=(self._listener,), name="aws-front", daemon=True).start()
            return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while not self._closed:
                with suppress(OSError):
                    sock, _ = listener.accept()
                    self._start_serving(sock)

    def _start_serving(self, sock: socket.socket) -> None:
        with self._lock:
            if self._closed:
                sock.close()
                return
            self._connections.add(sock)
        threading.Thread(target=self._serve, args=(sock,), name="aws-front-connection", daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        client = _SdkConnection(HttpConnection(sock), self._environments, lambda: self.services_url)
        try:
            # A client that goes away ends the connection, and no more.
            with suppress(OSError, ConnectionEnded, CallerGone), sock:
                client.serve()
        finally:
            client.close()
            with self._lock:
                self._connections.discard(sock)


class _SdkConnection:
    """A connection of an SDK, with the connection to DynamoDB that its requests are passed on by."""

    def __init__(
        self,
        client: HttpConnection,
        environments: Mapping[str, FrontCalls],
        services_url: Callable[[], str | None],
    ) -> None:
        self._client = client
        self._environments = environments
        self._services_url = services_url
        self._engine: EngineConnection | None = None
        self._service: EngineConnection | None = None

    def close(self) -> None:
        """Close the connections to DynamoDB and to another service."""
        for connection in (self._engine, self._service):
            if connection is not None:
                connection.close()

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
        limit = _LARGEST_REQUEST if "x-amz-target" in head.headers else _LARGEST_OBJECT
        body = self._client.read_body(head, limit)
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

    def _answer(self, request: AwsRequest, calls: FrontCalls | None) -> FrontReply | None:
        if not request.is_dynamodb:
            return self._answer_service(request, calls)
        if calls is None:
            return replies.unknown_key(request.access_key) if request.access_key else replies.not_signed()
        if calls.engine_url is None:
            return replies.not_emulated(request)
        engine = self._engine_at(calls.engine_url)

        def forward(body: bytes) -> FrontReply:
            try:
                return engine.send(request.headers, body)
            except EngineUnreachable as error:
                return replies.engine_unreachable(engine.url, str(error))

        return calls.answer(request, forward, self._client.is_open)

    def _answer_service(self, request: AwsRequest, calls: FrontCalls | None) -> FrontReply | None:
        """Return the reply of another service than DynamoDB, None: there is none.

        A URL that a function has signed is used by others, also when its environment has ended.
        """
        if calls is None and not request.is_presigned:
            known = replies.unknown_key(request.access_key) if request.access_key else replies.not_emulated(request)
            return known if self._services_url() is not None else replies.not_emulated(request)
        url = calls.service_url(request) if calls is not None else self._services_url()
        if url is None:
            return replies.not_emulated(request)
        if calls is None:
            return self._pass_on(request, url)
        return calls.services.answer(request, lambda: self._pass_on(request, url))

    def _pass_on(self, request: AwsRequest, url: str) -> FrontReply:
        if self._service is None or self._service.url != url:
            if self._service is not None:
                self._service.close()
            self._service = EngineConnection(url)
        try:
            return self._service.pass_on(request)
        except EngineUnreachable as error:
            return replies.engine_unreachable(url, str(error))

    def _engine_at(self, url: str) -> EngineConnection:
        if self._engine is None or self._engine.url != url:
            if self._engine is not None:
                self._engine.close()
            self._engine = EngineConnection(url)
        return self._engine

    def _send(self, reply: FrontReply, is_last: bool, has_body: bool = True) -> None:
        headers = {name: value for name, value in reply.headers.items() if name.lower() != "content-length"}
        # The reply to HEAD has the length of what GET would give.
        length = next((value for name, value in reply.headers.items() if name.lower() == "content-length"), None)
        headers["Content-Length"] = str(len(reply.body)) if has_body or length is None else length
        headers["Connection"] = "close" if is_last else "keep-alive"
        first_line = f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"
        self._client.send(first_line, headers, reply.body if has_body else b"")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
