"""Payload compression of REST APIs with a ``minimumCompressionSize``: requests are decompressed, replies compressed.

Not confirmed: an integration gets a decompressed request without ``Content-Encoding``, since it would decompress once
more.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace

from homeport.gateway.context import Exchange, Step, skip
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.http_headers import drop_headers, has_header

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, in bytes.
_LARGEST_BODY = 10 * 1024 * 1024
# zlib's window, with the header of gzip or that of RFC 1950, which HTTP calls deflate.
_WINDOWS = {"gzip": 31, "deflate": 15}
_UNCHANGED = ("", "identity")


def decompress_requests(minimum: int | None) -> Step:
    """Return the step that decompresses bodies of at least ``minimum`` bytes; None: the API has no compression.

    It raises GatewayError (UNSUPPORTED_MEDIA_TYPE) for a body that is not in its coding, or in one that API Gateway
    does not know, and REQUEST_TOO_LARGE for one of more than 10 MB.
    """
    if minimum is None:
        return skip

    def step(exchange: Exchange) -> Exchange:
        request = exchange.request
        coding = (request.header("content-encoding") or "").strip().lower()
        if coding in _UNCHANGED or len(request.body) < max(minimum, 1):
            return exchange
        body = _decompress(request.body, coding)
        headers = drop_headers(request.headers, ("content-encoding",))
        return replace(exchange, request=replace(request, headers=headers, body=body))

    return step


def _decompress(body: bytes, coding: str) -> bytes:
    if coding not in _WINDOWS:
        reason = f"API Gateway knows no content coding {coding!r}: gzip, deflate and identity"
        raise GatewayError(GatewayResponseType.UNSUPPORTED_MEDIA_TYPE, reason)
    stream = zlib.decompressobj(_WINDOWS[coding])
    try:
        plain = stream.decompress(body, _LARGEST_BODY + 1)
    except zlib.error as error:
        reason = f"the body is not in its content coding {coding}: {error}"
        raise GatewayError(GatewayResponseType.UNSUPPORTED_MEDIA_TYPE, reason) from error
    if len(plain) > _LARGEST_BODY:
        raise GatewayError(GatewayResponseType.REQUEST_TOO_LARGE, "the decompressed body is over 10 MB")
    if not stream.eof:
        raise GatewayError(GatewayResponseType.UNSUPPORTED_MEDIA_TYPE, f"the body in {coding} ends too early")
    return plain


def compress_replies(minimum: int | None) -> Callable[[Exchange, Reply], Reply]:
    """Return the function that compresses an integration's reply of at least ``minimum`` bytes, if the client asks."""

    def finish(exchange: Exchange, reply: Reply) -> Reply:
        if minimum is None or len(reply.body) < max(minimum, 1) or exchange.trace.error is not None:
            return reply
        coding = accepted_coding(exchange.request.header("accept-encoding"))
        if coding is None or has_header(reply.headers, "content-encoding"):
            return reply
        return Reply(reply.status, (*reply.headers, ("Content-Encoding", coding)), _compress(reply.body, coding))

    return finish


def _compress(body: bytes, coding: str) -> bytes:
    return gzip.compress(body, mtime=0) if coding == "gzip" else zlib.compress(body)


def accepted_coding(accept_encoding: str | None) -> str | None:
    """Return the coding of a reply, None for a reply as it is.

    Of the codings that the client likes best, one has to be API Gateway's; ``*`` names none.
    """
    weights: dict[str, float] = {}
    for part in (accept_encoding or "").split(","):
        name, _, parameters = part.partition(";")
        weights.setdefault(name.strip().lower(), _weight(parameters))
    best = max(weights.values(), default=0.0)
    liked = [name for name, weight in weights.items() if weight == best]
    return next((name for name in liked if name in _WINDOWS), None) if best > 0 else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
