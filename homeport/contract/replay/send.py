"""Sends a call as it was recorded: the request target and the headers are not touched up on the way."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from homeport.contract.findings import Call
from homeport.errors import HomeportError

# The connection's own.
_NOT_SENT = frozenset(("connection", "content-length", "host", "transfer-encoding"))
_PATIENCE = 35.0


class Unreachable(HomeportError):
    """Nothing answered at a URL."""


def send(call: Call, url: str) -> Call:
    """Make a call at the base URL ``url`` and give it with its new answer. Raises Unreachable."""
    base, target = urlsplit(url.rstrip("/")), target_of(call.url)
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    connection = kind(base.netloc, timeout=_PATIENCE)
    try:
        connection.putrequest(call.method, base.path + target, skip_accept_encoding=True)
        for name, value in call.headers:
            if name.lower() not in _NOT_SENT:
                connection.putheader(name, value)
        if call.body or call.method in {"POST", "PUT", "PATCH"}:
            connection.putheader("Content-Length", str(len(call.body)))
        connection.endheaders(call.body or None)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{call.method} {url}{target} got no answer: {error!r}; does the API run there?") from error
    finally:
        connection.close()
    headers = tuple(answer.getheaders())
    return replace(call, url=url.rstrip("/") + target, status=answer.status, reply_headers=headers, reply_body=body)


def target_of(url: str) -> str:
    """Path and query of a URL as written, ``/`` for none."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def below(url: str, base: str) -> str:
    """``url`` without the path of ``base``, so that a stage's path is not sent twice."""
    prefix, target = urlsplit(base).path.rstrip("/"), target_of(url)
    rest = target.removeprefix(prefix)
    return rest if rest.startswith("/") else target


def own_target(call: Call, url: str) -> str:
    """What a call asks of its API, without the path of the URL that it was made below, or of ``url``."""
    return below(call.url, call.base or url)


def renamed(call: Call, names: Mapping[str, str], rename: Callable[[str, Mapping[str, str]], str]) -> Call:
    """The call with the values of ``names`` put in the place of others wherever they occur."""
    in_headers = _fitting(names, "latin-1")
    in_body = _fitting(names, "utf-8")
    return replace(
        call,
        url=rename(call.url, _fitting(names, "ascii")),
        headers=tuple((name, rename(value, in_headers)) for name, value in call.headers),
        body=rename(call.body.decode(errors="surrogateescape"), in_body).encode(errors="surrogateescape"),
    )


def _fitting(names: Mapping[str, str], encoding: str) -> dict[str, str]:
    """Those that can be written in an encoding."""
    return {old: new for old, new in names.items() if _fits(new, encoding)}


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
