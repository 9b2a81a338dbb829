"""Methods that a path has: a 405 names them in Allow, and OPTIONS agrees with the document.

https://www.rfc-editor.org/rfc/rfc9110#name-allow
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.errors.cross_origin import SAFELISTED, header_words, request_headers
from homeport.contract.checks.errors.provocations import path_values
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_TRIED = ("DELETE", "PATCH", "PUT", "POST")
_MOST_TRIED = 2
# A server may answer these by itself.
_IMPLIED = frozenset(("HEAD", "OPTIONS"))


def _names_methods(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield what is wrong with a 405. API Gateway has none of its own: it answers 403 or 404."""
    for operations in _by_path(session, resource):
        known = {one.method for one in operations}
        for method in [one for one in _TRIED if one not in known][:_MOST_TRIED]:
            answer = session.client.send(operations[0], _path(session, resource, operations[0]), method=method)
            if answer.status == 405 and (wrong := _wrong_allow(session, answer, known, method)):
                happened = f"{method} {operations[0].path} was answered with 405, and {wrong}"
                yield Breach(operations[0], happened, [answer.exchange], "Allow")
                break


def _wrong_allow(session: Session, answer: Answer, known: set[str], rejected: str) -> str:
    """Return what is wrong with the Allow of a 405, ``""`` for nothing."""
    if not any(name.lower() == "allow" for name, _ in answer.exchange.reply_headers):
        return "has no Allow"
    allowed = {word.upper() for word in header_words(answer, "allow")}
    if rejected in allowed:
        return f"Allow names {rejected}"
    # What a route of any method answers with, the document does not say.
    if any(one.method == "ANY" for one in session.project.api.operations):
        return ""
    lost = sorted(known - allowed - _IMPLIED)
    return f"Allow lacks {', '.join(lost)}" if lost else ""


def _options_agree(session: Session, resource: Resource) -> Iterator[Breach]:
    for operations in _by_path(session, resource):
        options = next((one for one in operations if one.method == "OPTIONS"), None)
        others = [one for one in operations if one.method not in ("OPTIONS", "ANY")]
        if options is None or len(others) < len(operations) - 1:
            continue
        answer = session.client.send(options, path_values(session, options, None))
        if answer.ok and (allowed := {word.upper() for word in header_words(answer, "allow")}):
            known = {one.method for one in others}
            lost, more = sorted(known - allowed - _IMPLIED), sorted(allowed - known - _IMPLIED)
            if lost or more:
                happened = f"Allow {'lacks' if lost else 'names'} {', '.join(lost or more)}"
                yield Breach(options, f"{happened}, unlike the document", [answer.exchange], "Allow")
        for operation in others:
            yield from _lets_pages(session, options, operation)


def _lets_pages(session: Session, options: Operation, operation: Operation) -> Iterator[Breach]:
    """Yield what a documented OPTIONS does not let pages do, where it lets them do anything."""
    wanted = request_headers(operation)
    headers = {"Origin": "https://client.example", "Access-Control-Request-Method": operation.method}
    if wanted:
        headers["Access-Control-Request-Headers"] = ",".join(wanted)
    answer = session.client.send(options, path_values(session, options, None), headers=headers, anonymous=True)
    if not answer.ok or not answer.header("access-control-allow-origin"):
        return
    methods, allowed = (header_words(answer, f"access-control-allow-{one}") for one in ("methods", "headers"))
    if operation.method not in SAFELISTED and not {"*", operation.method.lower()} & methods:
        happened = f"Access-Control-Allow-Methods lacks {operation.method}, which {operation.path} has"
        yield Breach(options, happened, [answer.exchange], operation.method)
    lost = [one for one in wanted if one not in allowed and "*" not in allowed]
    if lost:
        happened = f"Access-Control-Allow-Headers lacks {', '.join(lost)}, which {operation.label} has"
        yield Breach(options, happened, [answer.exchange], f"{operation.method} headers")


def _by_path(session: Session, resource: Resource) -> Iterator[list[Operation]]:
    """Yield the operations of each path of a resource, HEAD and OPTIONS among them."""
    for path in dict.fromkeys(one.path for one in resource.operations):
        every = (*session.project.api.operations, *resource.operations)
        yield list({one.label: one for one in every if one.path == path}.values())


def _path(session: Session, resource: Resource, operation: Operation) -> dict[str, object]:
    """Return values for a path's parameters that lead to no resource."""
    values = path_values(session, operation, None)
    return {name: session.values.new_id(resource) if name == resource.id_parameter else values[name] for name in values}


CHECKS = (
    Check(
        name="refused-method-names-others",
        kind="methods",
        promise="A 405 names in Allow the methods that the path has, and not the one that it refuses",
        origin="RFC 9110, sections 10.2.1 and 15.5.6",
        run=_names_methods,
        every_operation=True,
    ),
    Check(
        name="options-agree-with-document",
        kind="methods",
        promise="OPTIONS names the methods that the document has for its path, and lets pages use them",
        origin="RFC 9110, section 9.3.7; Fetch standard, CORS-preflight request",
        run=_options_agree,
        every_operation=True,
    ),
)
