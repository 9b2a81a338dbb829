"""Sends one request to the local API, as it is written."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from homeport.errors import HomeportError

# Seconds; API Gateway waits for a function for 30 of them.
_PATIENCE = 40.0
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
_NO_TARGET = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Message:
    """``target`` is below the API's base URL and begins with a slash."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def send(base: str, message: Message) -> Answer:
    """Send a request to the API at ``base``, and nowhere else. Raises HomeportError."""
    parts = urlsplit(base)
    _check(message)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_PATIENCE)
    try:
        own = {name.lower() for name, _ in message.headers}
        connection.putrequest(message.method, parts.path + message.target, "host" in own, skip_accept_encoding=True)
        for name, value in message.headers:
            connection.putheader(name, value.encode())
        if message.body or message.method not in ("GET", "HEAD", "OPTIONS"):
            connection.putheader("Content-Length", str(len(message.body)))
        connection.endheaders(message.body)
        reply = connection.getresponse()
        return Answer(reply.status, tuple(reply.getheaders()), reply.read())
    except (ValueError, http.client.HTTPException) as error:
        raise HomeportError(f"the request can't be sent: {error}") from error
    except OSError as error:
        raise HomeportError(f"the API does not answer: {error}", "does homeport dev still run?") from error
    finally:
        connection.close()


def _check(message: Message) -> None:
    if not _TOKEN.fullmatch(message.method):
        raise HomeportError(f"{message.method!r} is no method", "give one as GET or POST")
    if not message.target.startswith("/") or _NO_TARGET.search(message.target):
        raise HomeportError(
            f"{message.target!r} is no path", "begin it with /, and write spaces and what is not ASCII as %20"
        )
    for name, _ in message.headers:
        if not _TOKEN.fullmatch(name):
            raise HomeportError(f"{name!r} is no header's name", "write a line for each, as Name: value")
