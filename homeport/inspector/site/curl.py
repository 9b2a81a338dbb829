"""A recorded request as a command line. Pure."""

from __future__ import annotations

import shlex

from homeport.inspector.recording import Recording

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
