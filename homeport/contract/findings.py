"""What a fuzzing run found, read from schemathesis' events.

What a fuzzing run did, counted from schemathesis' events: for the report. Pure.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.project.model import Api, Operation, Parameter

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


_SLOWEST = 10
# What a parameter was in some request.
USES = ("given", "omitted", "invalid")
_CONTAINERS = {"path": "path_parameters", "query": "query", "header": "headers", "cookie": "cookies"}


@dataclass(frozen=True, slots=True)
class Slow:
    """A case that took long; ``seconds`` is until its answer was there."""

    operation: str
    seconds: float
    call: Call


@dataclass(frozen=True, slots=True)
class Figures:
    """Operations are ``GET /items/{itemId}``.

    ``checks`` maps an operation and a check to how many cases passed and failed it; ``statuses`` an operation and a
    status to how many answers had it; ``uses`` an operation and a parameter (``query limit``) to how often it was
    given, omitted and invalid. ``seconds`` is what the whole run took.
    """

    cases: Mapping[str, int]
    checks: Mapping[tuple[str, str], tuple[int, int]]
    statuses: Mapping[tuple[str, int], int]
    uses: Mapping[tuple[str, str], Mapping[str, int]]
    slowest: tuple[Slow, ...]
    seconds: float = 0.0


class _Tally:
    def __init__(self, api: Api) -> None:
        self._operations = {f"{found.method} {found.path}": found for found in api.operations}
        self.cases: Counter[str] = Counter()
        self.checks: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.uses: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.slow: list[Slow] = []

    def add(self, recorder: Mapping[str, Any]) -> None:
        for case_id, case in recorder.get("cases", {}).items():
            value = case["value"]
            # A case with a method that the spec has not belongs to the operation whose path it is.
            name = f"{value['method']} {value['path']}"
            declared = self._operations.get(name) or self._operations.get(f"ANY {value['path']}")
            operation = f"{declared.method} {declared.path}" if declared else str(recorder.get("label", name))
            self.cases[operation] += 1
            for check in recorder.get("checks", {}).get(case_id, ()):
                self.checks[operation, check["name"]][check["status"] == "failure"] += 1
            self._answered(operation, recorder.get("interactions", {}).get(case_id), bool(declared))
            if declared:
                self._use(operation, declared, value)

    def _answered(self, operation: str, interaction: Mapping[str, Any] | None, declared: bool) -> None:
        response = (interaction or {}).get("response")
        if interaction is None or not response:
            return
        if declared:
            self.statuses[operation, response["status_code"]] += 1
        seconds = float(response.get("elapsed", 0.0))
        if len(self.slow) < _SLOWEST or seconds > self.slow[-1].seconds:
            self.slow = sorted([*self.slow, Slow(operation, seconds, call_of(interaction))], key=_longest)[:_SLOWEST]

    def _use(self, operation: str, declared: Operation, value: Mapping[str, Any]) -> None:
        data = value.get("meta", {}).get("phase", {}).get("data", {})
        wrong = (data.get("parameter_location"), str(data.get("parameter")).lower())
        negative = value.get("meta", {}).get("generation", {}).get("mode") == "negative"
        for parameter in declared.parameters:
            is_wrong = negative and wrong == (parameter.place, parameter.name.lower())
            given = parameter.name.lower() in {name.lower() for name in value.get(_CONTAINERS[parameter.place]) or ()}
            self.uses[operation, shown(parameter)]["invalid" if is_wrong else "given" if given else "omitted"] += 1
        if declared.body is not None:
            use = "omitted" if "body" not in value else "invalid" if negative and wrong[0] == "body" else "given"
            self.uses[operation, "body"][use] += 1


def count(lines: Iterable[str], api: Api) -> Figures:
    """The figures of a run, from the lines of its NDJSON report."""
    tally, seconds = _Tally(api), 0.0
    for line in lines:
        event = json.loads(line)
        if "ScenarioFinished" in event:
            tally.add(event["ScenarioFinished"]["recorder"])
        elif "EngineFinished" in event:
            seconds = float(event["EngineFinished"]["running_time"])
    checks = {key: (passed, failed) for key, (passed, failed) in tally.checks.items()}
    return Figures(tally.cases, checks, tally.statuses, tally.uses, tuple(tally.slow), seconds)


def shown(parameter: Parameter) -> str:
    """``query limit``."""
    return f"{parameter.place} {parameter.name}"


def undocumented(figures: Figures, api: Api) -> Iterator[tuple[str, int, int]]:
    """Operation, status and count of the answers that the spec does not have."""
    known = {f"{found.method} {found.path}": set(found.responses) for found in api.operations}
    for (operation, status), number in sorted(figures.statuses.items()):
        if not {str(status), f"{status // 100}XX", "default"} & known.get(operation, set()):
            yield operation, status, number


def response_coverage(figures: Figures, api: Api) -> Iterator[tuple[str, str, int]]:
    """Operation, documented response (``200``, ``4XX``, ``default``) and how many answers were that."""
    for found in api.operations:
        name = f"{found.method} {found.path}"
        got = {status: number for (operation, status), number in figures.statuses.items() if operation == name}
        for response in found.responses:
            yield name, response, sum(number for status, number in got.items() if _is(status, response, found))


def _is(status: int, response: str, operation: Operation) -> bool:
    if response == "default":
        return not {str(status), f"{status // 100}XX"} & set(operation.responses)
    if response.endswith("XX"):
        return str(status // 100) == response[0] and str(status) not in operation.responses
    return str(status) == response


def _longest(slow: Slow) -> float:
    return -slow.seconds
