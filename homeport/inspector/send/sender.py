"""Requests to the local API, byte for byte as they are written."""

from __future__ import annotations

import re
from http.client import HTTPException

from homeport.errors import HomeportError
from homeport.http_client import HttpResponse, send_request
from homeport.http_headers import HttpHeaders

CONNECTION_HEADERS = frozenset(("host", "content-length", "connection", "transfer-encoding"))
"""The connection's own headers, which are made again."""
# Seconds; API Gateway waits for a function for 30 of them.
_TIMEOUT = 40.0
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
_NO_TARGET = re.compile(r"[^\x21-\x7e]")


def send(base: str, method: str, target: str, headers: HttpHeaders, body: bytes) -> HttpResponse:
    """Send a request to the API at ``base``, and nowhere else. Raises HomeportError."""
    _check(method, target, headers)
    sent = [(name, value.encode()) for name, value in headers]
    if body or method not in ("GET", "HEAD", "OPTIONS"):
        sent.append(("Content-Length", str(len(body)).encode()))
    try:
        return send_request(base, method, target, sent, body, timeout=_TIMEOUT)
    except (ValueError, HTTPException) as error:
        raise HomeportError(f"the request can't be sent: {error}") from error
    except OSError as error:
        raise HomeportError(f"the API does not answer: {error}", "does homeport dev still run?") from error


def _check(method: str, target: str, headers: HttpHeaders) -> None:
    if not _TOKEN.fullmatch(method):
        raise HomeportError(f"{method!r} is no method", "give one as GET or POST")
    if not target.startswith("/") or _NO_TARGET.search(target):
        raise HomeportError(f"{target!r} is no path", "begin it with /, and write spaces and what is not ASCII as %20")
    for name, _ in headers:
        if not _TOKEN.fullmatch(name):
            raise HomeportError(f"{name!r} is no header's name", "write a line for each, as Name: value")
