"""Builds the recording of an exchange: redacted, and with bodies clipped to a size. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.http_headers import HttpHeaders, header_value
from homeport.recordings.recording import (
    Body,
    DynamoDBCall,
    ExchangeFrame,
    RecordedInvocation,
    Recording,
    StageTime,
    Summary,
    Violation,
)
from homeport.recordings.redaction import CredentialNames, Redaction, build_redaction, replace_encoded

# Bytes of a body, an event or a log that are stored.
LARGEST_BODY = 256 * 1024


def build_recording(
    frame: ExchangeFrame, names: CredentialNames, violations: Sequence[Violation] = (), largest: int = LARGEST_BODY
) -> Recording:
    """Return the recording. ``names`` are the project's own for credentials, ``largest`` the bytes stored of a body."""
    facts, parts = frame.facts, frame.parts
    request_headers, reply_headers = _headers(facts["requestHeaders"]), _headers(facts["replyHeaders"])
    request, reply = _text(parts["request_body"]), _text(parts["reply_body"])
    redaction = build_redaction(names, facts["target"], request_headers, request or "", reply_headers, reply or "")
    storable = _StorableParts(redaction, parts["request_body"], request, _type(request_headers), largest)
    function, authorizer = facts["function"], facts["authorizer"]
    return Recording(
        summary=_summary(facts, redaction, len(violations)),
        base=_base(facts, request_headers),
        protocol=facts["protocol"],
        source_ip=facts["sourceIp"],
        path_parameters=tuple((name, redaction.text(value)) for name, value in facts["pathParameters"].items()),
        request_headers=redaction.headers(request_headers),
        request_body=storable.body(parts["request_body"], request, _type(request_headers)),
        reply_headers=redaction.headers(reply_headers),
        reply_body=storable.body(parts["reply_body"], reply, _type(reply_headers)),
        function=storable.invocation(function, parts, "") if function else None,
        authorizer=storable.invocation(authorizer, parts, "authorizer_") if authorizer else None,
        stages=tuple(StageTime(name, took) for name, took in facts["stages"]),
        violations=tuple(violations),
    )


def _summary(facts: Mapping[str, Any], redaction: Redaction, drift: int) -> Summary:
    function = facts["function"]
    return Summary(
        number=0,
        id=facts["id"],
        function_id=function["requestId"] if function else None,
        received=facts["received"],
        flavor=facts["flavor"],
        stage=facts["stage"],
        method=facts["method"],
        target=redaction.target(facts["target"]),
        route=facts["route"],
        operation=facts["operation"],
        status=facts["status"],
        duration_ms=facts["durationMs"],
        cold=None if not function else function["initMs"] is not None,
        gateway_error=redaction.text(facts["refused"]) if facts["refused"] else None,
        drift=drift,
        api=facts["api"],
    )


class _StorableParts:
    """Redacts and clips the parts of one exchange; ``body`` and ``text`` are the request's."""

    def __init__(self, redaction: Redaction, body: bytes, text: str | None, content_type: str, largest: int) -> None:
        self._redaction = redaction
        self._largest = largest
        self._body = body
        self._redacted_body = body if text is None else redaction.body(text, content_type).encode()

    def body(self, data: bytes, text: str | None, content_type: str) -> Body:
        """Return the body of a message; ``text`` is its decoded form, None where it isn't UTF-8."""
        if text is not None:
            return self._clip(self._redaction.body(text, content_type), len(data))
        kept = data[: self._largest]
        return Body(base64.b64encode(kept).decode(), "base64", len(data), len(data) > len(kept))

    def invocation(self, call: Mapping[str, Any], parts: Mapping[str, bytes], prefix: str) -> RecordedInvocation:
        """Return an invocation, whose parts' names begin with ``prefix``."""
        event, payload, log = (parts[f"{prefix}{name}"] for name in ("event", "payload", "log"))
        return RecordedInvocation(
            function=call["name"],
            request_id=call["requestId"],
            event=self._plain_text(event),
            payload=self._plain_text(payload),
            log=self._plain_text(log),
            error=call["error"],
            duration_ms=call["durationMs"],
            init_ms=call["initMs"],
            calls=tuple(_dynamodb_call(request) for request in call["requests"]),
            checks=tuple((action, resource, allowed) for action, resource, allowed in call.get("checks", ())),
        )

    def _plain_text(self, data: bytes) -> Body:
        text = replace_encoded(data.decode(errors="backslashreplace"), self._body, self._redacted_body)
        return self._clip(self._redaction.body(text, ""), len(data))

    def _clip(self, text: str, size: int) -> Body:
        if len(text) * 4 <= self._largest:
            return Body(text, size=size)
        data = text.encode("utf-8", "replace")
        if len(data) <= self._largest:
            return Body(text, size=size)
        return Body(data[: self._largest].decode(errors="ignore"), size=size, clipped=True)


def _dynamodb_call(request: Mapping[str, Any]) -> DynamoDBCall:
    rights = request["rights"]
    return DynamoDBCall(
        operation=request["operation"],
        action=", ".join(dict.fromkeys(right[0] for right in rights)),
        table=", ".join(dict.fromkeys(_table(right[1]) for right in rights)),
        allowed=all(right[2] for right in rights),
        duration_ms=request["ms"],
        capacity=request["capacity"],
        error=request["error"],
    )


def _table(arn: str) -> str:
    return (arn.partition(":table/")[2] or arn).replace("/index/", "/")


def _base(facts: Mapping[str, Any], headers: HttpHeaders) -> str:
    host = header_value(headers, "host") or "localhost"
    return f"http://{host}" + ("" if facts["stage"] == "$default" else f"/{facts['stage']}")


def _headers(pairs: Sequence[Sequence[str]]) -> HttpHeaders:
    return tuple((name, value) for name, value in pairs)


def _type(headers: HttpHeaders) -> str:
    return (header_value(headers, "content-type") or "").lower()


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
