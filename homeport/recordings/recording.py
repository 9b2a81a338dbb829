"""Recordings as frozen values, without credentials, and the JSON that they are stored as."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from homeport.http_headers import HttpHeaders


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes as text, or in base64 where they are not UTF-8 (``encoding`` is then ``base64``).

    ``size`` is how many bytes there were; with ``clipped``, only their beginning is stored.
    """

    text: str = ""
    encoding: str = ""
    size: int = 0
    clipped: bool = False

    @property
    def data(self) -> bytes:
        """The stored bytes."""
        return base64.b64decode(self.text) if self.encoding == "base64" else self.text.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """An attempt at a call to AWS: ``service`` has IAM's name (``dynamodb``, ``sqs``).

    ``resource`` is what it works on: a table, or ``table/index``, physical names both; a queue, or ``bucket/key``.
    A batch or a transaction has several: ``action`` and ``resource`` then hold each once, separated by commas.
    ``allowed`` is the decision on the function's permissions. ``capacity`` is the units of DynamoDB consumed, None: not
    known. ``error`` is the code of the answer, None: it succeeded; ``status`` that of HTTP, None: not known. ``made``
    are the ids by which what it made is followed (``links.py``).
    """

    operation: str
    action: str
    resource: str
    allowed: bool
    duration_ms: float
    capacity: float | None
    error: str | None
    service: str = "dynamodb"
    status: int | None = None
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedInvocation:
    """An invocation of a function, or of a Lambda authorizer.

    ``request_id`` is Lambda's own, as in the log. ``error`` is set where the function failed. ``init_ms`` is None
    unless it was a cold start. ``checks`` are the permissions that its calls to AWS needed, each once: the action
    (``sqs:SendMessage``), the resource's ARN, and whether the role allows it. ``places`` are the lines of the log, from
    0, of which is known what wrote them, each with its file and line.
    """

    function: str
    request_id: str
    event: Body
    payload: Body
    log: Body
    error: str | None
    duration_ms: float
    init_ms: float | None
    calls: tuple[RecordedCall, ...] = ()
    checks: tuple[tuple[str, str, bool], ...] = ()
    places: tuple[tuple[int, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MappedStep:
    """A step of the mappings of a custom integration: what it is, names with values, and a text."""

    title: str
    pairs: HttpHeaders
    text: Body


@dataclass(frozen=True, slots=True)
class StageTime:
    """A stage of the gateway's pipeline, by its name there, and its milliseconds; the last one ended the request."""

    name: str
    duration_ms: float


@dataclass(frozen=True, slots=True)
class Violation:
    """A difference between a response and the spec. ``place`` is the line of the spec (``openapi.yaml:133``)."""

    operation: str
    status: int
    what: str
    place: str

    @property
    def line(self) -> str:
        """``getItem 200: /price: "12" is not of type "number" (openapi.yaml:512)``."""
        return f"{self.operation} {self.status}: {self.what} ({self.place})"


@dataclass(frozen=True, slots=True)
class Summary:
    """The columns of a recording in a list.

    ``number`` counts recordings up, 0: it is not stored yet. ``id`` is API Gateway's request id, ``function_id``
    Lambda's. ``received`` is seconds since the epoch. ``route`` and ``operation`` are None where no route matched.
    ``cold`` is None where no function ran. ``gateway_error`` is the reason why the gateway answered by itself, None:
    it did not. ``drift`` is how many violations of the spec the response has. ``api`` is the logical id of an API of a
    template, ``""`` for openapi.yaml.
    """

    number: int
    id: str
    function_id: str | None
    received: float
    flavor: str
    stage: str
    method: str
    target: str
    route: str | None
    operation: str | None
    status: int
    duration_ms: float
    cold: bool | None
    gateway_error: str | None
    drift: int
    api: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded exchange. ``base`` is the API's URL as the client called it (``http://127.0.0.1:8080/rest``).

    ``mapping`` are the steps of a custom integration's mappings, ``backend`` is its call of a service of AWS.
    """

    summary: Summary
    base: str
    protocol: str
    source_ip: str
    path_parameters: tuple[tuple[str, str], ...]
    request_headers: HttpHeaders
    request_body: Body
    reply_headers: HttpHeaders
    reply_body: Body
    function: RecordedInvocation | None
    authorizer: RecordedInvocation | None
    stages: tuple[StageTime, ...]
    violations: tuple[Violation, ...]
    mapping: tuple[MappedStep, ...] = ()
    backend: RecordedCall | None = None

    @property
    def url(self) -> str:
        """The request's URL, as the client called it."""
        stage = self.summary.stage
        return self.base.removesuffix("" if stage == "$default" else f"/{stage}") + self.summary.target


SUMMARY = tuple(field.name for field in fields(Summary))
_DETAIL = tuple(field.name for field in fields(Recording) if field.name != "summary")


def _members(value: Any) -> dict[str, Any]:
    # dataclasses.asdict copies everything deeply, which takes longer than all the rest of recording.
    return {name: getattr(value, name) for name in value.__slots__}


encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_members).encode
"""Returns the JSON of recorded values."""


def to_json(recording: Recording) -> str:
    """Return the recording without its summary, as it is stored."""
    return encode({name: getattr(recording, name) for name in _DETAIL})


def from_json(summary: Summary, text: str) -> Recording:
    """Return the recording that ``to_json`` wrote."""
    detail = json.loads(text)
    return Recording(
        summary=summary,
        base=detail["base"],
        protocol=detail["protocol"],
        source_ip=detail["source_ip"],
        path_parameters=_pairs(detail["path_parameters"]),
        request_headers=_pairs(detail["request_headers"]),
        request_body=Body(**detail["request_body"]),
        reply_headers=_pairs(detail["reply_headers"]),
        reply_body=Body(**detail["reply_body"]),
        function=invocation_from_json(detail["function"]) if detail["function"] else None,
        authorizer=invocation_from_json(detail["authorizer"]) if detail["authorizer"] else None,
        stages=tuple(StageTime(**stage) for stage in detail["stages"]),
        violations=tuple(Violation(**violation) for violation in detail["violations"]),
        mapping=tuple(_step(step) for step in detail.get("mapping", ())),
        backend=_call(detail["backend"]) if detail.get("backend") else None,
    )


def _step(detail: Mapping[str, Any]) -> MappedStep:
    return MappedStep(detail["title"], _pairs(detail["pairs"]), Body(**detail["text"]))


def _pairs(values: list[list[str]]) -> HttpHeaders:
    return tuple((name, value) for name, value in values)


def _call(detail: Mapping[str, Any]) -> RecordedCall:
    # Earlier versions knew tables alone.
    named = {"resource" if name == "table" else name: value for name, value in detail.items()}
    return RecordedCall(**{**named, "made": tuple(detail.get("made", ()))})


def invocation_from_json(detail: Mapping[str, Any]) -> RecordedInvocation:
    """Return the invocation of its stored members."""
    bodies = {name: Body(**detail[name]) for name in ("event", "payload", "log")}
    lists = {
        "calls": tuple(map(_call, detail["calls"])),
        "checks": tuple((action, resource, allowed) for action, resource, allowed in detail.get("checks", ())),
        "places": tuple((number, file, line) for number, file, line in detail.get("places", ())),
    }
    return RecordedInvocation(**{**detail, **bodies, **lists})
