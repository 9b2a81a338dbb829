"""A recorded request as a command line. Pure.

Sends one request to the local API, as it is written.

Requests written or changed here and sent to the API: edit and replay, and the API page's "try it".
"""

from __future__ import annotations

import base64
import http.client
import re
import shlex
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.inspector.site_context import Site
from homeport.recordings.recording import Body, Recording
from homeport.recordings.redaction import MASK

# curl sends these by itself, or they are the connection's.
_OWN = frozenset(("host", "content-length", "connection", "accept-encoding", "transfer-encoding"))


def curl_command(recording: Recording) -> str:
    """What sends the request again; masked values are in it as ``***``, a body that isn't text is base64's."""
    summary, body = recording.summary, recording.request_body
    words = ["curl"]
    if summary.method == "HEAD":
        words.append("--head")
    elif summary.method != ("POST" if body.size else "GET"):
        words += ["-X", summary.method]
    words.append(shlex.quote(url_of(recording)))
    headers = [(name, value) for name, value in recording.request_headers if name.lower() not in _OWN]
    words += [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in headers]
    if body.size and not any(name.lower() == "content-type" for name, _ in headers):
        # curl would send one of its own.
        words.append("-H 'Content-Type:'")
    command = " ".join(words)
    if not body.size:
        return command
    if body.encoding:
        return f"printf %s {shlex.quote(body.text)} | base64 -d | {command} --data-binary @-"
    # A text that begins with @ would be a file's name.
    return f"{command} --data-raw {shlex.quote(body.text)}"


def url_of(recording: Recording) -> str:
    """The request's URL, as the client called it."""
    stage = recording.summary.stage
    origin = recording.base.removesuffix("" if stage == "$default" else f"/{stage}")
    return origin + recording.summary.target


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


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# The connection's own: they are made anew.
_DROPPED = frozenset(("host", "content-length", "connection", "transfer-encoding"))


def blueprint(site: Site) -> Blueprint:
    """The page ``/send``."""
    pages = Blueprint("send", __name__)

    @pages.get("/send")
    def form() -> str:
        method, target, headers, masked, body = "GET", "/", [], [], Body()
        if id := request.args.get("from"):
            found = site.recordings.get(id)
            method, target = found.summary.method, _below(url_of(found), found.base)
            pairs = [(name, value) for name, value in found.request_headers if name.lower() not in _DROPPED]
            headers = [(name, value) for name, value in pairs if MASK not in value]
            masked = [name for name, value in pairs if MASK in value]
            body = found.request_body
        return render_template(
            "send.html",
            methods=_METHODS,
            method=method,
            target=target,
            headers="\n".join(f"{name}: {value}" for name, value in headers),
            body=body,
            masked=masked,
            has_masks=MASK in target or MASK in body.text,
        )

    @pages.post("/send")
    def sent() -> Any:
        started = time.perf_counter()
        reply = send(site.api, _message(request.get_json()))
        took = (time.perf_counter() - started) * 1000
        try:
            text, encoding = reply.body.decode(), ""
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(reply.body).decode(), "base64"
        ids = [value for name, value in reply.headers if name.lower() in ("apigw-requestid", "x-amzn-requestid")]
        return jsonify(
            status=reply.status,
            headers=reply.headers,
            body=text,
            encoding=encoding,
            ms=round(took, 1),
            id=ids[0] if ids else None,
        )

    return pages


def _below(url: str, base: str) -> str:
    return url.removeprefix(base) or "/"


def _message(told: Any) -> Message:
    try:
        headers = tuple((str(name), str(value)) for name, value in told["headers"])
        body = base64.b64decode(told["body64"]) if "body64" in told else str(told.get("body", "")).encode()
        return Message(str(told["method"]), str(told["target"]), headers, body)
    except (KeyError, TypeError, ValueError) as error:
        raise HomeportError(f"this describes no request: {error!r}", "give method, target, headers, body") from error
