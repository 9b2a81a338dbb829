"""Builds the recording of an exchange or of a run: redacted, and with bodies clipped to a size. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from homeport.http_headers import HttpHeaders, header_value
from homeport.recordings.exchange_frame import ExchangeFrame
from homeport.recordings.links import MOST_LINKS, Link, taken_links, written_ids
from homeport.recordings.recording import (
    Body,
    MappedStep,
    RecordedCall,
    RecordedInvocation,
    Recording,
    StageTime,
    Summary,
    Violation,
)
from homeport.recordings.redaction import CredentialNames, Redaction, build_redaction, replace_encoded
from homeport.recordings.run import RecordedRun, RunSummary

# Bytes of a body, an event or a log that are stored.
LARGEST_BODY = 256 * 1024
# Lines that may be lost between two whose writers are known.
_LOST_LINES = 20


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """The rules by which a project's exchanges and runs are recorded.

    ``names`` are the project's own for credentials, ``secrets`` secret values to mask wherever they stand. ``keys`` are
    the attributes of each table's key, by its name; ``partial`` the functions that report single failed messages.
    ``largest`` is the bytes stored of a body.
    """

    names: CredentialNames = field(default_factory=CredentialNames)
    secrets: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    largest: int = LARGEST_BODY
    scheme: str = "http"


def build_recording(frame: ExchangeFrame, rules: RecordingRules, violations: Sequence[Violation] = ()) -> Recording:
    """Return the recording of an exchange."""
    facts, parts = frame.facts, frame.parts
    request_headers, reply_headers = _headers(facts["requestHeaders"]), _headers(facts["replyHeaders"])
    request, reply = _text(parts["request_body"]), _text(parts["reply_body"])
    redaction = build_redaction(
        rules.names, facts["target"], request_headers, request or "", reply_headers, reply or "", rules.secrets
    )
    storable = _StorableParts(redaction, parts["request_body"], request, _type(request_headers), rules)
    function, authorizer = facts["function"], facts["authorizer"]
    return Recording(
        summary=_summary(facts, redaction, len(violations)),
        base=_base(facts, request_headers, rules.scheme),
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
        mapping=tuple(storable.step(*step) for step in facts["mapping"]),
        backend=_backend_call(facts["backend"], rules.keys) if facts["backend"] else None,
    )


def build_run(frame: ExchangeFrame, rules: RecordingRules, links: Iterable[Link] = ()) -> RecordedRun:
    """Return a run, whose links are ``links_of`` it."""
    run, function, parts = frame.facts["run"], frame.facts["function"], frame.parts
    event, payload = _text(parts["event"]) or "", _text(parts["payload"]) or ""
    redaction = build_redaction(rules.names, "", (), event, (), payload, rules.secrets)
    records = _json(event).get("Records")
    summary = RunSummary(
        number=0,
        id=function["requestId"],
        started=run["started"],
        origin=run["origin"],
        function=function["name"],
        error=function["error"],
        duration_ms=function["durationMs"],
        cold=function["initMs"] is not None,
        records=len(records) if isinstance(records, list) else 0,
        failed=len({link.id for link in links if link.failed and link.receives}),
    )
    return RecordedRun(summary, _StorableParts(redaction, b"", "", "", rules).invocation(function, parts, ""))


def links_of(frame: ExchangeFrame, rules: RecordingRules) -> list[Link]:
    """Return the links of an exchange or a run: what its calls made, and of a run what it took."""
    facts = frame.facts
    found = [link for name in ("authorizer", "function") if facts.get(name) for link in _links_made(facts[name], rules)]
    found += [Link(id, taken=False, at=at, what=what) for id, what, at in facts.get("made", ())]
    if facts.get("backend"):
        call, at = _backend_call(facts["backend"], rules.keys), facts["backend"]["at"]
        what = f"{call.service} {call.operation} {call.resource}"
        found += [Link(id, taken=False, at=at, what=what) for id in call.made]
    if "run" in facts:
        function, text = facts["function"], _text(frame.parts["event"]) or ""
        taken = taken_links(_json(text))
        cause = facts["run"]["cause"] or f"lambda:{function['requestId']}"
        failed = _failed_ids(function, frame.parts["payload"], [cause, *(link.id for link in taken)], rules)
        every, began = (*taken, Link(cause, taken=True)), facts["run"]["started"]
        found += [replace(link, failed=link.id in failed, until=began) for link in every]
    return found[:MOST_LINKS]


def _links_made(function: Mapping[str, Any], rules: RecordingRules) -> Iterator[Link]:
    for call in function["services"]:
        what = f"{call['service']} {call['operation']} {_service_call(call).resource}"
        yield from (Link(id, taken=False, at=call["at"], what=what) for id in call["made"])
    for request in function["requests"]:
        what = f"dynamodb {request['operation']} "
        for id in written_ids(request["writes"], rules.keys):
            yield Link(id, taken=False, at=request["at"], what=what + id.split(":")[1])


def _failed_ids(
    function: Mapping[str, Any], payload: bytes, ids: Sequence[str], rules: RecordingRules
) -> Container[str]:
    """Return the ids for which the function failed."""
    if function["error"] is not None:
        return ids
    if function["name"] not in rules.partial:
        return ()
    reported = _json(_text(payload) or "").get("batchItemFailures")
    failures = reported if isinstance(reported, list) else []
    return {f"sqs:{each.get('itemIdentifier')}" for each in failures if isinstance(each, dict)}


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

    def __init__(
        self, redaction: Redaction, body: bytes, text: str | None, content_type: str, rules: RecordingRules
    ) -> None:
        self._redaction = redaction
        self._keys, self._largest = rules.keys, rules.largest
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
            calls=_calls(call, self._keys),
            checks=tuple((action, resource, allowed) for action, resource, allowed in call.get("checks", ())),
            places=tuple(places_of_lines(log, call.get("places", ()))),
        )

    def step(self, title: str, pairs: Sequence[Sequence[str]], text: str) -> MappedStep:
        """Return a step of the mappings."""
        shown = self._redaction.headers((name, value) for name, value in pairs)
        return MappedStep(self._redaction.target(title), shown, self._plain_text(text.encode()))

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


def places_of_lines(log: bytes, noted: Sequence[tuple[str, str, int]]) -> Iterator[tuple[int, str, int]]:
    """Yield the number of each line of a log whose writer was noted, with its file and line.

    ``noted`` are the beginnings of lines in their order; between them there are lines of Lambda's own.
    """
    at = 0
    for number, line in enumerate(log.decode(errors="backslashreplace").splitlines() if noted else ()):
        # A line that the log lost has to hold up no other.
        found = next(
            (each for each in range(at, min(at + _LOST_LINES, len(noted))) if line.startswith(noted[each][0])), None
        )
        if found is not None:
            yield number, noted[found][1], noted[found][2]
            at = found + 1


def _calls(function: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]]) -> tuple[RecordedCall, ...]:
    """Return the calls to DynamoDB and to other services in the order in which they were sent."""
    every = [(each, _dynamodb_call(each, keys)) for each in function["requests"]]
    every += [(each, _service_call(each)) for each in function["services"]]
    every.sort(key=lambda pair: pair[0]["at"] - pair[1].duration_ms / 1000)
    return tuple(call for _, call in every)


def _dynamodb_call(request: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]]) -> RecordedCall:
    rights = request["rights"]
    return RecordedCall(
        operation=request["operation"],
        action=", ".join(dict.fromkeys(right[0] for right in rights)),
        resource=", ".join(dict.fromkeys(_table(right[1]) for right in rights)),
        allowed=all(right[2] for right in rights),
        duration_ms=request["ms"],
        capacity=request["capacity"],
        error=request["error"],
        made=tuple(written_ids(request["writes"], keys)),
    )


def _service_call(call: Mapping[str, Any]) -> RecordedCall:
    rights = call["permissions"]
    return RecordedCall(
        operation=call["operation"],
        action=", ".join(dict.fromkeys(right[0] for right in rights)),
        resource=", ".join(dict.fromkeys(_resource(right[1]) for right in rights)),
        allowed=all(right[2] for right in rights),
        duration_ms=call["duration_ms"],
        capacity=None,
        error=call["error"],
        service=call["service"],
        status=call["status"],
        made=tuple(call["made"]),
    )


def _backend_call(call: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]]) -> RecordedCall:
    """Return the call of an integration, which needs no permission of a function."""
    return RecordedCall(
        operation=call["operation"],
        action=f"{call['service']}:{call['operation']}",
        resource=call["resource"],
        allowed=True,
        duration_ms=call["duration_ms"],
        capacity=None,
        error=call["error"],
        service=call["service"],
        status=call["status"],
        made=(*call["made"], *written_ids(call["writes"], keys)),
    )


def _resource(arn: str) -> str:
    """Return the part of an ARN that names the resource, or what it is where it is none."""
    return arn.split(":", 5)[5] if arn.count(":") >= 5 else arn


def _table(arn: str) -> str:
    return (arn.partition(":table/")[2] or arn).replace("/index/", "/")


def _base(facts: Mapping[str, Any], headers: HttpHeaders, scheme: str) -> str:
    host = header_value(headers, "host") or "localhost"
    return f"{scheme}://{host}" + ("" if facts["stage"] == "$default" else f"/{facts['stage']}")


def _headers(pairs: Sequence[Sequence[str]]) -> HttpHeaders:
    return tuple((name, value) for name, value in pairs)


def _type(headers: HttpHeaders) -> str:
    return (header_value(headers, "content-type") or "").lower()


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
