"""Results of a fuzzing run, read from schemathesis' events: the failures, and statistics of all cases. Pure."""

from __future__ import annotations

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.http_exchange import HttpExchange
from homeport.http_headers import HttpHeaders, header_value
from homeport.project.model import Api, Operation, Parameter

_SLOWEST = 10
# A parameter's uses in requests.
USES = ("given", "omitted", "invalid")
_CONTAINERS = {"path": "path_parameters", "query": "query", "header": "headers", "cookie": "cookies"}


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that failed. ``exchanges`` are the requests that lead to it, in order; the last one failed."""

    operation: str
    check: str
    title: str
    message: str
    exchanges: tuple[HttpExchange, ...]


def read_findings(
    lines: Iterable[str], is_fault: Callable[[FailedCheck], bool] = lambda _: True
) -> tuple[FailedCheck, ...]:
    """Return each kind of failure of each operation once, from the lines of a schemathesis NDJSON report.

    Failures that ``is_fault`` denies are left out, so that they hide none of their kind that is one.
    """
    found: dict[tuple[str, str, str], FailedCheck] = {}
    for line in lines:
        event = json.loads(line).get("ScenarioFinished")
        if event is not None and event.get("status") != "success":
            for finding in _findings(event["recorder"]):
                key = (finding.operation, finding.check, finding.title)
                if key not in found and is_fault(finding):
                    found[key] = finding
    return tuple(found.values())


def _findings(recorder: Mapping[str, Any]) -> Iterator[FailedCheck]:
    for case_id, checks in recorder.get("checks", {}).items():
        for check in checks:
            if check["status"] != "failure":
                continue
            failure = check.get("failure_info", {}).get("failure", {})
            yield FailedCheck(
                operation=failure.get("operation") or recorder.get("label", ""),
                check=check["name"],
                title=failure.get("title", check["name"]),
                message=failure.get("message", ""),
                exchanges=tuple(_chain(recorder, failure.get("case_id") or case_id)),
            )


def _chain(recorder: Mapping[str, Any], case_id: str) -> Iterator[HttpExchange]:
    parent = recorder["cases"].get(case_id, {}).get("parent_id")
    if parent:
        yield from _chain(recorder, parent)
    interaction = recorder.get("interactions", {}).get(case_id)
    if interaction is not None:
        yield exchange_of_interaction(interaction)


def exchange_of_interaction(interaction: Mapping[str, Any]) -> HttpExchange:
    """Return the request and the response of one of schemathesis' interactions."""
    request, response = interaction["request"], interaction.get("response") or {}
    reply_headers = _headers(response.get("headers", {}))
    return HttpExchange(
        method=request["method"],
        url=request["uri"],
        headers=_headers(request.get("headers", {})),
        body=_bytes(request.get("body")),
        status=response.get("status_code", 0),
        reply_headers=reply_headers,
        reply_body=_bytes(response.get("content")),
        request_id=request_id(reply_headers) or "",
        started=float(interaction.get("timestamp") or 0),
        duration_ms=float(response.get("elapsed") or 0) * 1000,
    )


def request_id(headers: HttpHeaders) -> str | None:
    """Return API Gateway's request id from the headers of its response: an HTTP API's, or a REST API's."""
    return header_value(headers, "apigw-requestid") or header_value(headers, "x-amzn-requestid")


def _headers(headers: Mapping[str, list[str]]) -> HttpHeaders:
    return tuple((name, value) for name, values in headers.items() for value in values)


def _bytes(value: Any) -> bytes:
    if isinstance(value, dict):
        return base64.b64decode(value["$base64"])
    return str(value or "").encode()


@dataclass(frozen=True, slots=True)
class SlowCase:
    """A case that took long; ``seconds`` is until its response was there."""

    operation: str
    seconds: float
    exchange: HttpExchange


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a run, by operation (``GET /items/{itemId}``).

    ``checks`` maps an operation and a check to how many cases passed and failed it; ``statuses`` an operation and a
    status to how many responses had it; ``uses`` an operation and a parameter (``query limit``) to how often it was
    given, omitted and invalid. ``seconds`` is the duration of the whole run.
    """

    cases: Mapping[str, int]
    checks: Mapping[tuple[str, str], tuple[int, int]]
    statuses: Mapping[tuple[str, int], int]
    uses: Mapping[tuple[str, str], Mapping[str, int]]
    slowest: tuple[SlowCase, ...]
    seconds: float = 0.0


class _Tally:
    def __init__(self, api: Api) -> None:
        self._operations = {found.label: found for found in api.operations}
        self.cases: Counter[str] = Counter()
        self.checks: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.uses: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.slowest: list[SlowCase] = []

    def add(self, recorder: Mapping[str, Any]) -> None:
        for case_id, case in recorder.get("cases", {}).items():
            value = case["value"]
            # A case with a method that the spec has not belongs to the operation whose path it is.
            name = f"{value['method']} {value['path']}"
            declared = self._operations.get(name) or self._operations.get(f"ANY {value['path']}")
            operation = declared.label if declared else str(recorder.get("label", name))
            self.cases[operation] += 1
            for check in recorder.get("checks", {}).get(case_id, ()):
                self.checks[operation, check["name"]][check["status"] == "failure"] += 1
            self._add_response(operation, recorder.get("interactions", {}).get(case_id), bool(declared))
            if declared:
                self._add_uses(operation, declared, value)

    def _add_response(self, operation: str, interaction: Mapping[str, Any] | None, declared: bool) -> None:
        response = (interaction or {}).get("response")
        if interaction is None or not response:
            return
        if declared:
            self.statuses[operation, response["status_code"]] += 1
        seconds = float(response.get("elapsed", 0.0))
        if len(self.slowest) < _SLOWEST or seconds > self.slowest[-1].seconds:
            self.slowest.append(SlowCase(operation, seconds, exchange_of_interaction(interaction)))
            self.slowest = sorted(self.slowest, key=lambda slow: -slow.seconds)[:_SLOWEST]

    def _add_uses(self, operation: str, declared: Operation, value: Mapping[str, Any]) -> None:
        data = value.get("meta", {}).get("phase", {}).get("data", {})
        wrong = (data.get("parameter_location"), str(data.get("parameter")).lower())
        negative = value.get("meta", {}).get("generation", {}).get("mode") == "negative"
        for parameter in declared.parameters:
            is_wrong = negative and wrong == (parameter.place, parameter.name.lower())
            given = parameter.name.lower() in {name.lower() for name in value.get(_CONTAINERS[parameter.place]) or ()}
            use = "invalid" if is_wrong else "given" if given else "omitted"
            self.uses[operation, parameter_name(parameter)][use] += 1
        if declared.body is not None:
            use = "omitted" if "body" not in value else "invalid" if negative and wrong[0] == "body" else "given"
            self.uses[operation, "body"][use] += 1


def read_statistics(lines: Iterable[str], api: Api) -> Statistics:
    """Return the statistics of a run, from the lines of its NDJSON report."""
    tally, seconds = _Tally(api), 0.0
    for line in lines:
        event = json.loads(line)
        if "ScenarioFinished" in event:
            tally.add(event["ScenarioFinished"]["recorder"])
        elif "EngineFinished" in event:
            seconds = float(event["EngineFinished"]["running_time"])
    checks = {key: (passed, failed) for key, (passed, failed) in tally.checks.items()}
    return Statistics(tally.cases, checks, tally.statuses, tally.uses, tuple(tally.slowest), seconds)


def read_answers(lines: Iterable[str], api: Api) -> Iterator[tuple[str, HttpExchange]]:
    """Yield every answer of a run with the label of its operation; those of undeclared methods are left out."""
    known = {found.label for found in api.operations}
    for line in lines:
        event = json.loads(line).get("ScenarioFinished")
        recorder = event["recorder"] if event is not None else {}
        interactions = recorder.get("interactions", {})
        for case_id, case in recorder.get("cases", {}).items():
            value, interaction = case["value"], interactions.get(case_id)
            names = (f"{value['method']} {value['path']}", f"ANY {value['path']}")
            label = next((name for name in names if name in known), None)
            if label is not None and interaction is not None and interaction.get("response"):
                yield label, exchange_of_interaction(interaction)


def parameter_name(parameter: Parameter) -> str:
    """Return the place and the name of a parameter, ``query limit``."""
    return f"{parameter.place} {parameter.name}"


def undocumented_responses(statistics: Statistics, api: Api) -> Iterator[tuple[str, int, int]]:
    """Yield operation, status and count of the responses that the spec does not have."""
    known = {found.label: set(found.responses) for found in api.operations}
    for (operation, status), count in sorted(statistics.statuses.items()):
        if not {str(status), f"{status // 100}XX", "default"} & known.get(operation, set()):
            yield operation, status, count


def response_coverage(statistics: Statistics, api: Api) -> Iterator[tuple[str, str, int]]:
    """Yield operation, documented response (``200``, ``4XX``, ``default``) and how many responses were that."""
    for found in api.operations:
        got = {status: count for (name, status), count in statistics.statuses.items() if name == found.label}
        for response in found.responses:
            yield found.label, response, sum(count for status, count in got.items() if _is(status, response, found))


def _is(status: int, response: str, operation: Operation) -> bool:
    if response == "default":
        return not {str(status), f"{status // 100}XX"} & set(operation.responses)
    if response.endswith("XX"):
        return str(status // 100) == response[0] and str(status) not in operation.responses
    return str(status) == response
