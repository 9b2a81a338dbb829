"""botocore's HTTP to an engine on this machine or in the next container, with no more than it takes.

A third of what a boto3 call costs a function is urllib3, http.client and the e-mail parser: made for proxies, TLS and
streams, none of which is there on the way to a local engine. A plain request to a plain ``http://`` endpoint is sent
here, over a kept connection and in one piece. Everything else goes botocore's usual way, and so does everything when
urllib3's own debug log is switched on.

The embedded engine listens at a Unix socket as well, where a message takes half of what it takes over TCP.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import select
import socket
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .http_answer import Broken, read_answer

_URLLIB3_LOG = logging.getLogger("urllib3.connectionpool")
# Fields of a head that say how to send it, and those that http.client adds by itself.
_SPECIAL = frozenset(("accept-encoding", "expect", "host", "transfer-encoding"))

Send = Callable[[Any, Any], Any]

_NAMES: dict[tuple[str, int], str] = {}


class Endpoint(NamedTuple):
    """Where a plain request goes: a TCP address, and what its head begins with."""

    address: tuple[str, int]
    host: str
    target: str


def install() -> None:
    """Have every botocore client made from now on send plain requests this way."""
    from botocore.httpsession import URLLib3Session

    usual_send, usual_close = URLLib3Session.send, URLLib3Session.close

    @functools.wraps(usual_send)
    def send(self: Any, request: Any) -> Any:
        endpoint = _plain_endpoint(request.url)
        if endpoint is None or not _is_plain(request) or self._proxy_config.proxy_url_for(request.url):
            return usual_send(self, request)
        packet = _packet(request, endpoint)
        return usual_send(self, request) if packet is None else _exchange(self, request, endpoint, packet)

    @functools.wraps(usual_close)
    def close(self: Any) -> None:
        for kept in vars(self).pop("_plain_connections", {}).values():
            while kept:
                kept.pop().close()
        usual_close(self)

    # mypy takes a method of a class for constant.
    type.__setattr__(URLLib3Session, "send", send)
    type.__setattr__(URLLib3Session, "close", close)


def reach(endpoint: str, name: str) -> None:
    """Have what goes to ``endpoint``, a URL, take the abstract Unix socket ``name``, as long as somebody listens."""
    plain = _plain_endpoint(endpoint)
    if plain is not None:
        _NAMES[plain.address] = name


@functools.lru_cache(maxsize=256)
def _plain_endpoint(url: str) -> Endpoint | None:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or "@" in parts.netloc:
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint((parts.hostname, parts.port or 80), parts.netloc, target)


def _is_plain(request: Any) -> bool:
    return (
        not request.stream_output
        and (request.body is None or isinstance(request.body, bytes | bytearray))
        and not _URLLIB3_LOG.isEnabledFor(logging.DEBUG)
    )


def _packet(request: Any, endpoint: Endpoint) -> bytes | None:
    """A request as it goes over the wire; None if it isn't one that can be written down without a second look."""
    lines = [f"{request.method} {endpoint.target} HTTP/1.1", f"Host: {endpoint.host}", "Accept-Encoding: identity"]
    for name, value in request.headers.items():
        if name.lower() in _SPECIAL:
            return None
        lines.append(f"{name}: {value.decode('latin-1') if isinstance(value, bytes) else value}")
    head = "\r\n".join((*lines, "", ""))
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
        return None
    try:
        return head.encode("latin-1") + (request.body or b"")
    except UnicodeEncodeError:
        return None


def _exchange(session: Any, request: Any, endpoint: Endpoint, packet: bytes) -> Any:
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

    connect_timeout, read_timeout = _timeouts(session, request)
    kept = vars(session).setdefault("_plain_connections", {}).setdefault(endpoint.address, [])
    connection = _take(kept) or _connect(session, request, endpoint, connect_timeout)
    reusable = False
    try:
        connection.settimeout(read_timeout)
        # An engine that refuses a request half-way closes its ear first, and has answered.
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(packet)
        answer = read_answer(connection.recv, request.method)
        reusable = answer.keeps and len(kept) < session._max_pool_connections
        return answer.for_botocore(request.url)
    except TimeoutError as error:
        raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
    except (OSError, Broken) as error:
        raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
    finally:
        if reusable:
            kept.append(connection)
        else:
            connection.close()


def _timeouts(session: Any, request: Any) -> tuple[float | None, float | None]:
    timeout = session._timeout
    if isinstance(timeout, int | float):
        connect = read = timeout
    else:
        connect, read = timeout.connect_timeout, timeout.read_timeout
    # botocore 1.42 and later: an operation may have a timeout of its own.
    context = getattr(request, "context", None) or {}
    return connect, context.get("read_timeout") or read


def _take(kept: list[socket.socket]) -> socket.socket | None:
    while kept:
        try:
            connection = kept.pop()
        except IndexError:  # another thread was quicker
            return None
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        if not poll.poll(0):
            return connection
        connection.close()
    return None


def _connect(session: Any, request: Any, endpoint: Endpoint, timeout: float | None) -> socket.socket:
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

    if (name := _NAMES.get(endpoint.address)) and (connected := _by_name(name, timeout)):
        return connected
    try:
        connection = socket.create_connection(endpoint.address, timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(endpoint_url=request.url, error=error) from error
    except OSError as error:
        raise EndpointConnectionError(endpoint_url=request.url, error=error) from error
    for option in session._socket_options:
        connection.setsockopt(*option)
    return connection


def _by_name(name: str, timeout: float | None) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(f"\0{name}")
    except OSError:
        connection.close()
        return None
    return connection
