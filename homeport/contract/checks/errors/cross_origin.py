"""Errors: a page of an allowed origin may read them, and may make every request of the document.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.errors.provocations import cors_headers, path_values, provoke
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_ALLOWED = "access-control-allow-origin"
# Requests with these methods need no preflight for their method: https://fetch.spec.whatwg.org/#cors-safelisted-method
SAFELISTED = frozenset(("GET", "HEAD", "POST"))
_STRANGER = "https://stranger.invalid"


def _errors_are_readable(session: Session, resource: Resource) -> Iterator[Breach]:
    origin = cors_headers(session).get("Origin")
    if origin is None or not _reads_success(session, resource, origin):
        return
    for one in provoke(session, resource):
        allowed = one.answer.header(_ALLOWED)
        if _sent_origin(one.answer) and allowed not in ("*", origin):
            happened = f"{one.reason}: the answer {one.answer.status} to a page of {origin} has "
            happened += f"Access-Control-Allow-Origin {allowed!r}" if allowed else "no Access-Control-Allow-Origin"
            yield Breach(one.operation, happened, [one.answer.exchange], f"{one.answer.status}")


def _reads_success(session: Session, resource: Resource, origin: str) -> bool:
    """Return whether a page may read what succeeds: a REST API leaves CORS to its functions, which may know none."""
    made = session.make(resource) if resource.read is not None and resource.create is not None else None
    operations = [resource.read] if made is not None else [one for one in resource.operations if one.method == "GET"]
    for operation in [one for one in operations if one is not None][:2]:
        path = path_values(session, operation, made)
        query = {
            one.name: session.values.parameter(operation, one.name)
            for one in operation.parameters
            if one.place == "query" and one.required
        }
        answer = session.client.send(operation, path, query=query, headers={"Origin": origin})
        if answer.ok:
            return answer.header(_ALLOWED) in ("*", origin)
    return False


def _sent_origin(answer: Answer) -> bool:
    return any(name.lower() == "origin" for name, _ in answer.exchange.headers)


def _preflight(session: Session, operation: Operation, origin: str) -> Answer:
    headers = {"Origin": origin, "Access-Control-Request-Method": operation.method}
    if wanted := request_headers(operation):
        headers["Access-Control-Request-Headers"] = ",".join(wanted)
    return session.client.send(
        operation, path_values(session, operation, None), method="OPTIONS", headers=headers, anonymous=True
    )


def request_headers(operation: Operation) -> list[str]:
    """Return the headers that a page sends to an operation and has to ask for."""
    found = {one.name.lower() for one in operation.parameters if one.place == "header"}
    if operation.body is not None:
        found.add("content-type")
    return sorted(found)


def _preflights_are_answered(session: Session, resource: Resource) -> Iterator[Breach]:
    origin = cors_headers(session).get("Origin")
    cors = session.project.api.cors
    if origin is None or cors is None:
        return
    for operation in resource.operations:
        if operation.method in ("ANY", "OPTIONS"):
            continue
        answer = _preflight(session, operation, origin)
        lacks = _lacks(answer, operation, origin)
        if lacks:
            happened = f"the preflight of {operation.method} by a page of {origin} was answered with {answer.status}"
            yield Breach(operation, f"{happened}, and {lacks}", [answer.exchange], lacks.partition(" of")[0])
    stranger = _stranger(session, resource, origin)
    if stranger is not None and "*" not in cors.allow_origins and "https://*" not in cors.allow_origins:
        allowed = stranger.header(_ALLOWED)
        if allowed in ("*", _STRANGER):
            happened = f"a page of {_STRANGER}, which the document does not allow, may read the answer ({allowed})"
            yield Breach(stranger.operation, happened, [stranger.exchange], "stranger")


def _lacks(answer: Answer, operation: Operation, origin: str) -> str:
    """Return what a preflight's answer lacks, empty for nothing."""
    if answer.header(_ALLOWED) not in ("*", origin):
        return "has no Access-Control-Allow-Origin for it"
    methods = header_words(answer, "access-control-allow-methods")
    if operation.method not in SAFELISTED and not {"*", operation.method.lower()} & methods:
        return f"allows {', '.join(sorted(methods)) or 'no methods'}"
    headers = header_words(answer, "access-control-allow-headers")
    lost = [one for one in request_headers(operation) if one not in headers and "*" not in headers]
    return f"does not allow the headers {', '.join(lost)}" if lost else ""


def header_words(answer: Answer, header: str) -> set[str]:
    """Return the words of a header that is a list, in lower case."""
    values = [value for name, value in answer.exchange.reply_headers if name.lower() == header]
    return {word.strip().lower() for value in values for word in value.split(",") if word.strip()}


def _stranger(session: Session, resource: Resource, origin: str) -> Answer | None:
    operation = next((one for one in resource.operations if one.method == "GET"), None)
    if operation is None or not origin:
        return None
    return session.client.send(operation, path_values(session, operation, None), headers={"Origin": _STRANGER})


CHECKS = (
    Check(
        name="error-is-readable-by-pages",
        kind="errors",
        promise="A page of an origin that the document allows may read every answer, errors too",
        origin="the document: x-amazon-apigateway-cors; Fetch standard, CORS protocol",
        run=_errors_are_readable,
        every_operation=True,
    ),
    Check(
        name="preflight-allows-what-is-documented",
        kind="errors",
        promise="A page of an allowed origin may use each method with its headers, and a page of another one may not",
        origin="the document: x-amazon-apigateway-cors; Fetch standard, CORS-preflight request",
        run=_preflights_are_answered,
        every_operation=True,
    ),
)
