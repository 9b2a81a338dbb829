"""The page ``/send``: requests written or changed here and sent to the local API; and a recorded request as curl."""

from __future__ import annotations

import base64
import re
import shlex
import time
from http.client import HTTPException
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.http_client import HttpResponse, send_request
from homeport.http_headers import HttpHeaders, drop_headers, header_value
from homeport.inspector.site_context import SiteContext
from homeport.recordings.recording import Body, Recording
from homeport.recordings.redaction import MASK

# The connection's own headers, which are made anew.
_CONNECTION = frozenset(("host", "content-length", "connection", "transfer-encoding"))
# Seconds; API Gateway waits for a function for 30 of them.
_TIMEOUT = 40.0
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
_NO_TARGET = re.compile(r"[^\x21-\x7e]")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def curl_command(recording: Recording) -> str:
    """Return a command line that sends the request again, with ``***`` for credentials and a binary body in base64."""
    summary, body = recording.summary, recording.request_body
    words = ["curl"]
    if summary.method == "HEAD":
        words.append("--head")
    elif summary.method != ("POST" if body.size else "GET"):
        words += ["-X", summary.method]
    words.append(shlex.quote(recording.url))
    # curl decodes nothing unless it is asked to: with the header it would print compressed bytes.
    left_out = _CONNECTION | {"accept-encoding"}
    headers = list(drop_headers(recording.request_headers, left_out))
    words += [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in headers]
    if body.size and header_value(headers, "content-type") is None:
        # curl would send one of its own.
        words.append("-H 'Content-Type:'")
    command = " ".join(words)
    if not body.size:
        return command
    if body.encoding:
        return f"printf %s {shlex.quote(body.text)} | base64 -d | {command} --data-binary @-"
    # A text that begins with @ would be a file's name.
    return f"{command} --data-raw {shlex.quote(body.text)}"


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


def blueprint(site: SiteContext) -> Blueprint:
    """Return the page ``/send``."""
    pages = Blueprint("send", __name__)

    @pages.get("/send")
    def form() -> str:
        method, target, headers, masked, body, api = "GET", "/", [], [], Body(), site.chosen_api()
        if id := request.args.get("from"):
            found = site.recordings.get(id)
            method, target = found.summary.method, found.url.removeprefix(found.base) or "/"
            pairs = list(drop_headers(found.request_headers, _CONNECTION))
            headers = [(name, value) for name, value in pairs if MASK not in value]
            masked = [name for name, value in pairs if MASK in value]
            body, api = found.request_body, found.summary.api
        return render_template(
            "send.html",
            api=site.url_of(api),
            api_name=api,
            methods=_METHODS,
            method=method,
            target=target,
            headers="\n".join(f"{name}: {value}" for name, value in headers),
            body=body,
            masked=masked,
            has_masks=MASK in target or MASK in body.text,
        )

    @pages.post("/send")
    def send_form() -> Any:
        content = request.get_json()
        method, target, headers, body = _read_form(content)
        started = time.perf_counter()
        reply = send(site.url_of(str(content.get("api", ""))), method, target, headers, body)
        took = (time.perf_counter() - started) * 1000
        try:
            text, encoding = reply.body.decode(), ""
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(reply.body).decode(), "base64"
        return jsonify(
            status=reply.status,
            headers=reply.headers,
            body=text,
            encoding=encoding,
            ms=round(took, 1),
            id=header_value(reply.headers, "apigw-requestid") or header_value(reply.headers, "x-amzn-requestid"),
        )

    return pages


def _read_form(form: Any) -> tuple[str, str, HttpHeaders, bytes]:
    try:
        headers = tuple((str(name), str(value)) for name, value in form["headers"])
        body = base64.b64decode(form["body64"]) if "body64" in form else str(form.get("body", "")).encode()
        return str(form["method"]), str(form["target"]), headers, body
    except (KeyError, TypeError, ValueError) as error:
        raise HomeportError(f"this describes no request: {error!r}", "give method, target, headers, body") from error
