"""What was recorded as calls that can be kept in an archive and made again. Pure."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace

from homeport.contract.findings import Call, Headers
from homeport.inspector.masks import Named, masks_of
from homeport.inspector.recording import Recording


def is_whole(recording: Recording) -> bool:
    """Whether its bodies are kept to their end."""
    return not (recording.request_body.clipped or recording.reply_body.clipped)


def call_of(recording: Recording) -> Call:
    """The call of a recording."""
    summary = recording.summary
    origin = recording.base.removesuffix("" if summary.stage == "$default" else f"/{summary.stage}")
    return Call(
        method=summary.method,
        url=origin + summary.target,
        headers=recording.request_headers,
        body=recording.request_body.data,
        status=summary.status,
        reply_headers=recording.reply_headers,
        reply_body=recording.reply_body.data,
        request_id=summary.id,
        started=summary.received,
        duration_ms=summary.duration_ms,
        base=recording.base,
    )


def masked(call: Call, named: Named) -> Call:
    """A call without its secrets."""
    request, reply = _text(call.body), _text(call.reply_body)
    masks = masks_of(named, call.url, call.headers, request or "", call.reply_headers, reply or "")
    return replace(
        call,
        url=masks.target(call.url),
        headers=masks.headers(call.headers),
        body=call.body if request is None else masks.body(request, _value(call.headers, "content-type")).encode(),
        reply_headers=masks.headers(call.reply_headers),
        reply_body=call.reply_body
        if reply is None
        else masks.body(reply, _value(call.reply_headers, "content-type")).encode(),
    )


def readable(call: Call) -> Call:
    """A call whose compressed answer is unpacked, as if no compression had been asked for.

    One that can't be unpacked (br, or broken) stays as it is.
    """
    try:
        body = _unpacked(call.reply_body, _value(call.reply_headers, "content-encoding"))
    except (OSError, EOFError, zlib.error):
        return call
    if body is None:
        return call
    return replace(
        call,
        headers=_without(call.headers, "accept-encoding"),
        reply_headers=_without(call.reply_headers, "content-encoding"),
        reply_body=body,
    )


def _unpacked(body: bytes, encoding: str) -> bytes | None:
    if encoding in ("gzip", "x-gzip"):
        return gzip.decompress(body) if body else body
    return zlib.decompress(body) if encoding == "deflate" and body else None


def _value(headers: Headers, name: str) -> str:
    return next((value.strip().lower() for key, value in headers if key.lower() == name), "")


def _without(headers: Headers, name: str) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() != name)


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
