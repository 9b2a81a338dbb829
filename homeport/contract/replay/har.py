"""HTTP Archives (HAR 1.2): sequences of calls as files that browsers and other tools read as well. Pure.

http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

from homeport import __version__
from homeport.contract.findings import Call, Headers
from homeport.errors import HomeportError

_LOG = {"version": "1.2", "creator": {"name": "homeport", "version": __version__}}
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_CLOSING = "]\n }\n}"


class HarError(HomeportError):
    """The file is no HTTP Archive."""


def to_har(calls: Iterable[Call], extras: Iterable[Mapping[str, Any]] = ()) -> str:
    """The text of an archive. ``extras`` are fields for each entry; their names begin with ``_``."""
    more = list(extras)
    entries = [{**to_entry(call), **(more[number] if number < len(more) else {})} for number, call in enumerate(calls)]
    return json.dumps({"log": {**_LOG, "entries": entries}}, indent=1) + "\n"


class HarFile:
    """An archive that grows: after each entry the file is whole. ``out`` is one that can be written anywhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.count = 0
        opening = json.dumps({"log": {**_LOG, "entries": []}}, indent=1)
        self._end = len(opening) - len(_CLOSING)
        out.write(opening + "\n")
        out.flush()

    def add(self, call: Call) -> None:
        """Add an entry."""
        entry = ("," if self.count else "") + "\n" + json.dumps(to_entry(call), indent=1)
        self._out.seek(self._end)
        self._out.write(entry + "\n " + _CLOSING + "\n")
        self._out.flush()
        # json.dumps escapes what is not ASCII, so that characters are bytes.
        self._end += len(entry)
        self.count += 1


def from_har(text: str) -> tuple[Call, ...]:
    """The calls of an archive, in its order. Raises HarError."""
    try:
        return tuple(_call(entry) for entry in json.loads(text)["log"]["entries"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HarError(
            f"this is no HTTP Archive (HAR): {error!r}; `homeport test` writes them when it fails"
        ) from error


def to_entry(call: Call) -> dict[str, Any]:
    """An entry of an archive."""
    request: dict[str, Any] = {
        "method": call.method,
        "url": call.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(call.headers),
        "queryString": _pairs(tuple(parse_qsl(urlsplit(call.url).query, keep_blank_values=True))),
        "headersSize": -1,
        "bodySize": len(call.body),
    }
    if call.body:
        request["postData"] = {"mimeType": _type(call.headers), **_text(call.body)}
    return {
        "startedDateTime": _time(call.started),
        "time": call.duration_ms,
        "request": request,
        "response": {
            "status": call.status,
            "statusText": _PHRASES.get(call.status, ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(call.reply_headers),
            "content": {"size": len(call.reply_body), "mimeType": _type(call.reply_headers), **_text(call.reply_body)},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(call.reply_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": call.duration_ms, "receive": 0},
        **({"_base": call.base} if call.base else {}),
    }


def _time(started: float) -> str:
    return datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _call(entry: Mapping[str, Any]) -> Call:
    request, response = entry["request"], entry.get("response", {})
    return Call(
        method=request["method"],
        url=request["url"],
        headers=tuple((item["name"], item["value"]) for item in request.get("headers", ())),
        body=_bytes(request.get("postData", {})),
        status=response.get("status", 0),
        reply_headers=tuple((item["name"], item["value"]) for item in response.get("headers", ())),
        reply_body=_bytes(response.get("content", {})),
        base=entry.get("_base", ""),
    )


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _type(headers: Headers) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "application/octet-stream")


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _bytes(content: Mapping[str, Any]) -> bytes:
    text = content.get("text", "")
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
