"""HTTP Archives (HAR 1.2): exchanges as files that browsers and other tools read as well. Pure.

http://www.softwareishard.com/blog/har-12-spec/

An exchange that goes into an archive comes from a recording (``exchange_of``), or was passed on by the recording proxy;
then it is decompressed and redacted first.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

from homeport import __version__
from homeport.contract.http_exchange import HttpExchange
from homeport.errors import HomeportError
from homeport.http_headers import HttpHeaders, drop_headers, header_value
from homeport.recordings.recording import Recording
from homeport.recordings.redaction import CredentialNames, build_redaction

_LOG = {"version": "1.2", "creator": {"name": "homeport", "version": __version__}}
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_CLOSING = "]\n }\n}"


class HarError(HomeportError):
    """The text is no HTTP Archive."""


def to_har(exchanges: Iterable[HttpExchange]) -> str:
    """Return the text of an archive."""
    out = io.StringIO()
    archive = HarFile(out)
    for exchange in exchanges:
        archive.add(exchange)
    return out.getvalue()


class HarFile:
    """An archive that grows: the file is whole after each entry. ``out`` must be seekable."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.count = 0
        opening = json.dumps({"log": {**_LOG, "entries": []}}, indent=1)
        self._end = len(opening) - len(_CLOSING)
        out.write(opening + "\n")
        out.flush()

    def add(self, exchange: HttpExchange) -> None:
        """Add an entry."""
        entry = ("," if self.count else "") + "\n" + json.dumps(_entry(exchange), indent=1)
        self._out.seek(self._end)
        self._out.write(entry + "\n " + _CLOSING + "\n")
        self._out.flush()
        # json.dumps escapes what is not ASCII, so that characters are bytes.
        self._end += len(entry)
        self.count += 1


def from_har(text: str) -> tuple[HttpExchange, ...]:
    """Return the exchanges of an archive, in its order. Raises HarError."""
    try:
        return tuple(_exchange(entry) for entry in json.loads(text)["log"]["entries"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HarError(
            f"this is no HTTP Archive (HAR): {error!r}; `homeport test` writes them when it fails"
        ) from error


def _entry(exchange: HttpExchange) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.headers),
        "queryString": _pairs(tuple(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True))),
        "headersSize": -1,
        "bodySize": len(exchange.body),
    }
    if exchange.body:
        request["postData"] = {"mimeType": _type(exchange.headers), **_text(exchange.body)}
    return {
        "startedDateTime": _time(exchange.started),
        "time": exchange.duration_ms,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": _PHRASES.get(exchange.status, ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(exchange.reply_headers),
            "content": {
                "size": len(exchange.reply_body),
                "mimeType": _type(exchange.reply_headers),
                **_text(exchange.reply_body),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(exchange.reply_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": exchange.duration_ms, "receive": 0},
        **({"_base": exchange.base} if exchange.base else {}),
        **{f"_{name}": note for name, note in exchange.notes.items()},
    }


def _time(started: float) -> str:
    return datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _exchange(entry: Mapping[str, Any]) -> HttpExchange:
    request, response = entry["request"], entry.get("response", {})
    return HttpExchange(
        method=request["method"],
        url=request["url"],
        headers=tuple((item["name"], item["value"]) for item in request.get("headers", ())),
        body=_bytes(request.get("postData", {})),
        status=response.get("status", 0),
        reply_headers=tuple((item["name"], item["value"]) for item in response.get("headers", ())),
        reply_body=_bytes(response.get("content", {})),
        base=entry.get("_base", ""),
        notes={name[1:]: note for name, note in entry.items() if name.startswith("_") and name != "_base"},
    )


def _pairs(headers: HttpHeaders) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _type(headers: HttpHeaders) -> str:
    return header_value(headers, "content-type") or "application/octet-stream"


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _bytes(content: Mapping[str, Any]) -> bytes:
    text = content.get("text", "")
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()


def is_whole(recording: Recording) -> bool:
    """Return whether the recording has its bodies to their end."""
    return not (recording.request_body.clipped or recording.reply_body.clipped)


def exchange_of(recording: Recording) -> HttpExchange:
    """Return the request and the response of a recording."""
    summary = recording.summary
    return HttpExchange(
        method=summary.method,
        url=recording.url,
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


def redact_exchange(exchange: HttpExchange, names: CredentialNames) -> HttpExchange:
    """Return an exchange without its credentials."""
    request, reply = _decode(exchange.body), _decode(exchange.reply_body)
    redaction = build_redaction(
        names, exchange.url, exchange.headers, request or "", exchange.reply_headers, reply or ""
    )

    def redact_body(body: bytes, text: str | None, headers: HttpHeaders) -> bytes:
        return body if text is None else redaction.body(text, _plain_value(headers, "content-type")).encode()

    return replace(
        exchange,
        url=redaction.target(exchange.url),
        headers=redaction.headers(exchange.headers),
        body=redact_body(exchange.body, request, exchange.headers),
        reply_headers=redaction.headers(exchange.reply_headers),
        reply_body=redact_body(exchange.reply_body, reply, exchange.reply_headers),
    )


def decompress_exchange(exchange: HttpExchange) -> HttpExchange:
    """Return an exchange as if its request had not asked for compression.

    A response that can't be decompressed (br, or a broken one) stays as it is.
    """
    try:
        body = _decompress(exchange.reply_body, _plain_value(exchange.reply_headers, "content-encoding"))
    except (OSError, EOFError, zlib.error):
        return exchange
    if body is None:
        return exchange
    return replace(
        exchange,
        headers=drop_headers(exchange.headers, ("accept-encoding",)),
        reply_headers=drop_headers(exchange.reply_headers, ("content-encoding",)),
        reply_body=body,
    )


def _decompress(body: bytes, encoding: str) -> bytes | None:
    if encoding in ("gzip", "x-gzip"):
        return gzip.decompress(body) if body else body
    return zlib.decompress(body) if encoding == "deflate" and body else None


def _plain_value(headers: HttpHeaders, name: str) -> str:
    return (header_value(headers, name) or "").strip().lower()


def _decode(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
