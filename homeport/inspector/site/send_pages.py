"""Requests written or changed here and sent to the API: edit and replay, and the API page's "try it"."""

from __future__ import annotations

import base64
import time
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.inspector.masks import MASK
from homeport.inspector.recording import Body
from homeport.inspector.site.around import Site
from homeport.inspector.site.curl import url_of
from homeport.inspector.site.send import Message, send

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
