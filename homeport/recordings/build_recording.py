"""What was seen of an exchange as the recording that is kept: masked, clipped, held against the spec. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.recordings.recording import (
    Body,
    Called,
    DynamoDBCall,
    Headers,
    Recording,
    Seen,
    StageTime,
    Summary,
    Violation,
)
from homeport.recordings.redaction import Masks, Named, masks_of, without_encoded

# Bytes of a body, an event or a log that are kept.
LARGEST_BODY = 256 * 1024


def recording_of(
    seen: Seen, named: Named, violations: Sequence[Violation] = (), largest: int = LARGEST_BODY
) -> Recording:
    """The recording. ``named`` are the project's own names for credentials, ``largest`` the bytes kept of a body."""
    facts, parts = seen.facts, seen.parts
    request_headers, reply_headers = _headers(facts["requestHeaders"]), _headers(facts["replyHeaders"])
    request, reply = _text(parts["request_body"]), _text(parts["reply_body"])
    masks = masks_of(named, facts["target"], request_headers, request or "", reply_headers, reply or "")
    keep = _Keeper(masks, parts["request_body"], request, _type(request_headers), largest)
    function, authorizer = facts["function"], facts["authorizer"]
    return Recording(
        summary=_summary(facts, masks, len(violations)),
        base=_base(facts, request_headers),
        protocol=facts["protocol"],
        source_ip=facts["sourceIp"],
        path_parameters=tuple((name, masks.text(value)) for name, value in facts["pathParameters"].items()),
        request_headers=masks.headers(request_headers),
        request_body=keep.body(parts["request_body"], request, _type(request_headers)),
        reply_headers=masks.headers(reply_headers),
        reply_body=keep.body(parts["reply_body"], reply, _type(reply_headers)),
        function=keep.called(function, parts, "") if function else None,
        authorizer=keep.called(authorizer, parts, "authorizer_") if authorizer else None,
        stages=tuple(StageTime(name, took) for name, took in facts["stages"]),
        violations=tuple(violations),
    )


def _summary(facts: Mapping[str, Any], masks: Masks, drift: int) -> Summary:
    function = facts["function"]
    return Summary(
        number=0,
        id=facts["id"],
        function_id=function["requestId"] if function else None,
        received=facts["received"],
        flavor=facts["flavor"],
        stage=facts["stage"],
        method=facts["method"],
        target=masks.target(facts["target"]),
        route=facts["route"],
        operation=facts["operation"],
        status=facts["status"],
        duration_ms=facts["durationMs"],
        cold=None if not function else function["initMs"] is not None,
        refused=masks.text(facts["refused"]) if facts["refused"] else None,
        drift=drift,
    )


class _Keeper:
    """Masks and clips the parts of one exchange; ``body`` and ``text`` are the request's."""

    def __init__(self, masks: Masks, body: bytes, text: str | None, content_type: str, largest: int) -> None:
        self._masks = masks
        self._largest = largest
        self._body = body
        self._masked = body if text is None else masks.body(text, content_type).encode()

    def body(self, data: bytes, text: str | None, content_type: str) -> Body:
        """A body of a message; ``text`` is what it says, None where it isn't UTF-8."""
        if text is not None:
            return self._clipped(self._masks.body(text, content_type), len(data))
        kept = data[: self._largest]
        return Body(base64.b64encode(kept).decode(), "base64", len(data), len(data) > len(kept))

    def called(self, call: Mapping[str, Any], parts: Mapping[str, bytes], prefix: str) -> Called:
        """An invocation, whose parts' names begin with ``prefix``."""
        event, payload, log = (parts[f"{prefix}{name}"] for name in ("event", "payload", "log"))
        return Called(
            function=call["name"],
            request_id=call["requestId"],
            event=self._free(event),
            payload=self._free(payload),
            log=self._free(log),
            error=call["error"],
            duration_ms=call["durationMs"],
            init_ms=call["initMs"],
            calls=tuple(_dynamodb_call(request) for request in call["requests"]),
        )

    def _free(self, data: bytes) -> Body:
        text = without_encoded(data.decode(errors="backslashreplace"), self._body, self._masked)
        return self._clipped(self._masks.body(text, ""), len(data))

    def _clipped(self, text: str, size: int) -> Body:
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


def _base(facts: Mapping[str, Any], headers: Headers) -> str:
    host = next((value for name, value in headers if name.lower() == "host"), "localhost")
    return f"http://{host}" + ("" if facts["stage"] == "$default" else f"/{facts['stage']}")


def _headers(pairs: Sequence[Sequence[str]]) -> Headers:
    return tuple((name, value) for name, value in pairs)


def _type(headers: Headers) -> str:
    return next((value.lower() for name, value in headers if name.lower() == "content-type"), "")


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
