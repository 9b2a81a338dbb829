"""What a fuzzing run found, read from schemathesis' events."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]
_REQUEST_IDS = ("apigw-requestid", "x-amzn-requestid")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was made, and its answer.

    ``request_id`` is API Gateway's; ``status`` 0 stands for no answer. ``started`` is seconds since the epoch, 0: not
    known. ``base`` is the API's URL, where it is known: what ``url`` has after it is the API's own path.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    status: int = 0
    reply_headers: Headers = ()
    reply_body: bytes = b""
    request_id: str = ""
    started: float = 0.0
    duration_ms: float = 0.0
    base: str = ""

    def as_curl(self) -> str:
        """A command line that makes the same request."""
        words = ["curl", "-i", "--path-as-is", "-X", self.method]
        for name, value in self.headers:
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
        if self.body:
            words += ["--data-binary", self.body.decode(errors="backslashreplace")]
        return shlex.join([*words, self.url])


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed. ``calls`` are the requests that lead to it, in order; the last one failed."""

    operation: str
    check: str
    title: str
    message: str
    calls: tuple[Call, ...]


def read_findings(lines: Iterable[str]) -> tuple[Finding, ...]:
    """Each kind of failure of each operation once, from the lines of a schemathesis NDJSON report."""
    found: dict[tuple[str, str, str], Finding] = {}
    for line in lines:
        event = json.loads(line).get("ScenarioFinished")
        if event is not None and event.get("status") != "success":
            for finding in _findings(event["recorder"]):
                found.setdefault((finding.operation, finding.check, finding.title), finding)
    return tuple(found.values())


def _findings(recorder: Mapping[str, Any]) -> Iterator[Finding]:
    for case_id, checks in recorder.get("checks", {}).items():
        for check in checks:
            if check["status"] != "failure":
                continue
            failure = check.get("failure_info", {}).get("failure", {})
            yield Finding(
                operation=failure.get("operation") or recorder.get("label", ""),
                check=check["name"],
                title=failure.get("title", check["name"]),
                message=failure.get("message", ""),
                calls=tuple(_chain(recorder, failure.get("case_id") or case_id)),
            )


def _chain(recorder: Mapping[str, Any], case_id: str) -> Iterator[Call]:
    parent = recorder["cases"].get(case_id, {}).get("parent_id")
    if parent:
        yield from _chain(recorder, parent)
    interaction = recorder.get("interactions", {}).get(case_id)
    if interaction is not None:
        yield call_of(interaction)


def call_of(interaction: Mapping[str, Any]) -> Call:
    """The request of one of a recorder's interactions, and its answer."""
    request, response = interaction["request"], interaction.get("response") or {}
    reply_headers = _headers(response.get("headers", {}))
    ids = {name.lower(): value for name, value in reply_headers}
    return Call(
        method=request["method"],
        url=request["uri"],
        headers=_headers(request.get("headers", {})),
        body=_bytes(request.get("body")),
        status=response.get("status_code", 0),
        reply_headers=reply_headers,
        reply_body=_bytes(response.get("content")),
        request_id=next((ids[name] for name in _REQUEST_IDS if name in ids), ""),
    )


def _headers(headers: Mapping[str, list[str]]) -> Headers:
    return tuple((name, value) for name, values in headers.items() for value in values)


def _bytes(value: Any) -> bytes:
    if isinstance(value, dict):
        return base64.b64decode(value["$base64"])
    return str(value or "").encode()
