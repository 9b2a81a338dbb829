"""HTTP Archives (HAR 1.2): sequences of calls as files that browsers and other tools read as well. Pure.

http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from homeport import __version__
from homeport.contract.findings import Call, Headers
from homeport.errors import HomeportError


class HarError(HomeportError):
    """The file is no HTTP Archive."""


def to_har(calls: Iterable[Call], extras: Iterable[Mapping[str, Any]] = ()) -> str:
    """The text of an archive. ``extras`` are fields for each entry; their names begin with ``_``."""
    more = list(extras)
    entries = [{**_entry(call), **(more[number] if number < len(more) else {})} for number, call in enumerate(calls)]
    creator = {"name": "homeport", "version": __version__}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}, indent=1) + "\n"


def from_har(text: str) -> tuple[Call, ...]:
    """The calls of an archive, in its order. Raises HarError."""
    try:
        return tuple(_call(entry) for entry in json.loads(text)["log"]["entries"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HarError(
            f"this is no HTTP Archive (HAR): {error!r}; `homeport test` writes them when it fails"
        ) from error


def _entry(call: Call) -> dict[str, Any]:
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
        "startedDateTime": "1970-01-01T00:00:00.000Z",
        "time": 0,
        "request": request,
        "response": {
            "status": call.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(call.reply_headers),
            "content": {"size": len(call.reply_body), "mimeType": _type(call.reply_headers), **_text(call.reply_body)},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(call.reply_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


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
