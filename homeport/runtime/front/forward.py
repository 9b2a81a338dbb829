"""Passes requests on to DynamoDB: the embedded one, LocalStack's, or DynamoDB Local; and to the other services."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from homeport.runtime.front.aws_request import AwsRequest
from homeport.runtime.front.http_connection import ConnectionEnded, HttpConnection, MalformedMessage, MessageHead
from homeport.runtime.front.replies import FrontReply
from homeport.runtime.function_config import LOCAL_CREDENTIALS

# What DynamoDB looks at. No SDK's Accept-Encoding: a compressed response could not be read here.
_FORWARDED = ("authorization", "content-type", "x-amz-date", "x-amz-target")
_CREDENTIAL_KEY = re.compile(r"(?<=Credential=)[^/]*")
_NO_BODY = (204, 304)


class EngineUnreachable(Exception):
    """DynamoDB does not answer, or not by HTTP."""


class EngineConnection:
    """A connection to the DynamoDB at ``url`` that is kept from request to request, for one thread."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._url = urlsplit(url)
        self._connection: HttpConnection | None = None

    def send(self, headers: Mapping[str, str], body: bytes) -> FrontReply:
        """Return the response to a request with the headers of another one. Raises EngineUnreachable.

        A request is sent once: whether one without a response was processed is not to be known, so the SDK decides.
        """
        try:
            connection = self._open()
            connection.send(f"POST {self._url.path or '/'} HTTP/1.1", self._headers(headers, body), body)
            head = _response_head(connection)
            status = int(head.first_line.split(" ")[1])
            answer = b"" if status in _NO_BODY else connection.read_body(head, 1 << 30, to_end=True) or b""
        except (OSError, ValueError, IndexError, MalformedMessage, ConnectionEnded) as error:
            self.close()
            raise EngineUnreachable(str(error) or type(error).__name__) from error
        if head.is_last or not {"content-length", "transfer-encoding"} & head.headers.keys():
            self.close()
        kept = {name: value for name, value in head.headers.items() if name not in _OF_THE_CONNECTION}
        return FrontReply(status, kept, answer)

    def pass_on(self, request: AwsRequest) -> FrontReply:
        """Return the response to a request of any service, with its path and headers. Raises EngineUnreachable."""
        headers = {name: value for name, value in request.headers.items() if name not in _OF_THE_HOP}
        if request.body or request.method in ("POST", "PUT"):
            headers["content-length"] = str(len(request.body))
        try:
            connection = self._open()
            connection.send(f"{request.method} {request.target} HTTP/1.1", headers, request.body)
            head = _response_head(connection)
            status = int(head.first_line.split(" ")[1])
            without = status in _NO_BODY or request.method == "HEAD"
            answer = b"" if without else connection.read_body(head, 1 << 30, to_end=True) or b""
        except (OSError, ValueError, IndexError, MalformedMessage, ConnectionEnded) as error:
            self.close()
            raise EngineUnreachable(str(error) or type(error).__name__) from error
        if head.is_last or not (without or {"content-length", "transfer-encoding"} & head.headers.keys()):
            self.close()
        dropped = _OF_THE_CONNECTION - ({"content-length"} if request.method == "HEAD" else set())
        return FrontReply(status, {name: value for name, value in head.headers.items() if name not in dropped}, answer)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> HttpConnection:
        # DynamoDB may have closed a connection that was idle: it has not seen the next request then.
        if self._connection is not None and not self._connection.is_open():
            self.close()
        if self._connection is None:
            secure = self._url.scheme == "https"
            host, port = self._url.hostname or "", self._url.port or (443 if secure else 80)
            sock = socket.create_connection((host, port))
            if secure:
                sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
            self._connection = HttpConnection(sock)
        return self._connection

    def _headers(self, given: Mapping[str, str], body: bytes) -> dict[str, str]:
        headers = {name: given[name] for name in _FORWARDED if name in given}
        if "authorization" in headers:
            # DynamoDB Local separates tables by access key, LocalStack by the account of one.
            key = LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"]
            headers["authorization"] = _CREDENTIAL_KEY.sub(key, headers["authorization"])
        return {"host": self._url.netloc, **headers, "content-length": str(len(body))}


_OF_THE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "te", "upgrade"})
_OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date"})


def _response_head(connection: HttpConnection) -> MessageHead:
    """Return the head of the response, after those that only say that one will come (RFC 9110 15.2)."""
    while (head := connection.read_head()) is not None:
        if not head.first_line.startswith("HTTP/1.1 1"):
            return head
    raise ConnectionEnded
