"""Transient failures: a failure of the database that passes is answered so that clients try again, and say when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach
from homeport.contract.checks.faults.fault_run import Observation, observe
from homeport.contract.checks.faults.judgements import breach_under, is_gateways, make_fault_check, while_text
from homeport.contract.checks.faults.troubles import PASSING
from homeport.contract.checks.session import Session
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_RETRY_AFTER = re.compile(r"\d+|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
_RFC = "RFC 9110, section "


def _passing_is_503(session: Session, seen: Observation) -> Iterator[Breach]:
    operation = seen.probe.target.operation
    if seen.answer.status not in (500, 502) or seen.code not in PASSING:
        return
    if _own_503(session, operation):
        why = "503 is documented"
    elif _is_open(operation) and (other := _own_503_seen(session)) is not None:
        why = f"{other.probe.target.operation.route_key} says {other.answer.status} where the database fails"
    else:
        return
    happened = f"{while_text(seen)} the answer was {seen.answer.status}, and {why}"
    yield breach_under(seen, happened, seen.code)


def _is_open(operation: Operation) -> bool:
    """Return whether the document has a failure of any status, and neither 500 nor 503 by name."""
    return bool({"default", "5XX"} & operation.responses.keys()) and not {"500", "503"} & operation.responses.keys()


def _own_503_seen(session: Session) -> Observation | None:
    """Return an answer of the service itself that tells a client to try again, None where there is none."""
    found = (one for one in observe(session) if one.answer.status in (429, 503) and not is_gateways(one.answer))
    return next(found, None)


def _retry_after(session: Session, seen: Observation) -> Iterator[Breach]:
    answer = seen.answer
    if answer.status not in (429, 503) or is_gateways(answer):
        return
    headers = {name.lower() for name in _response(seen.probe.target.operation, answer.status).get("headers") or {}}
    value = answer.header("retry-after")
    if "retry-after" in headers and not value:
        yield breach_under(seen, f"{while_text(seen)} the answer {answer.status} had no Retry-After", "missing")
    elif value and not _RETRY_AFTER.fullmatch(value):
        yield breach_under(seen, f"{while_text(seen)} the answer {answer.status} had Retry-After: {value}", "form")


def _response(operation: Operation, status: int) -> Mapping[str, Any]:
    for key in (str(status), f"{status // 100}XX", "default"):
        if key in operation.responses:
            return operation.responses[key]
    return {}


def _own_503(session: Session, operation: Operation) -> bool:
    """Return whether the document has a 503 of the service, not only the one of API Gateway."""
    response = operation.responses.get("503")
    if response is None:
        return False
    if any(name.lower() == "retry-after" for name in response.get("headers") or {}):
        return True
    document = session.project.api.document
    for kind, media in (response.get("content") or {}).items():
        schema = resolve_map((media or {}).get("schema"), document)
        if kind != "application/json" or set(schema.get("properties") or {}) - {"message"}:
            return True
    return False


CHECKS = (
    make_fault_check(
        "busy-is-503",
        "A failure that passes is answered with 503 where that is documented, so that clients try again",
        f"{_RFC}15.6.4: 503 is a temporary overload, 500 an unexpected condition",
        _passing_is_503,
    ),
    make_fault_check(
        "retry-after",
        "An answer says when to try again where the document has Retry-After",
        f"{_RFC}10.2.3, and the document's headers",
        _retry_after,
    ),
)
