"""A recorded request as a command line of curl. Pure."""

from __future__ import annotations

import shlex

from homeport.http_headers import drop_headers, header_value
from homeport.inspector.send.sender import CONNECTION_HEADERS
from homeport.recordings.recording import Recording


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
    left_out = CONNECTION_HEADERS | {"accept-encoding"}
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
