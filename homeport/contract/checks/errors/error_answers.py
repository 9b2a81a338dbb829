"""Errors: each has its documented form and names what is wrong.

``leaks.py`` and ``cross_origin.py`` have the other checks of the kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.errors.documented_errors import documented_breaches
from homeport.contract.checks.errors.provocations import Provocation, chosen_bodies, names_of, path_values, provoke
from homeport.contract.checks.errors.violation_lists import ViolationList, find_violation_list
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_VALIDATION = (400, 422)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OCCURRENCE = frozenset(("correlationid", "errorid", "instance", "requestid", "traceid"))
_UNIQUE = re.compile(r"[0-9a-fA-F-]{16,}|[A-Za-z0-9_=-]{15,}")


def _is_documented(session: Session, resource: Resource) -> Iterator[Breach]:
    for one in provoke(session, resource):
        if one.answer.status >= 400:
            yield from documented_breaches(session, one.operation, one.answer, one.reason)


def _takes_nothing_invalid(session: Session, resource: Resource) -> Iterator[Breach]:
    for one in provoke(session, resource):
        if one.answer.status < 300 and _must_refuse(one):
            happened = f"a request in which {one.place} is wrong ({one.reason}) was answered with {one.answer.status}"
            yield Breach(one.operation, happened, [one.answer.exchange], f"{one.place}/{'/'.join(one.names)}")
        elif one.answer.status >= 500 and one.place != "credentials":
            happened = f"a request in which {one.place} is wrong ({one.reason}) was answered with {one.answer.status}"
            yield Breach(one.operation, happened, [one.answer.exchange], f"{one.answer.status} {one.place}")


def _must_refuse(one: Provocation) -> bool:
    """Return whether the document promises an error for a request that breaks it so."""
    statuses = set(one.operation.responses)
    if one.place in ("body", "query"):
        return bool(statuses & {"400", "422", "4XX", "4xx"})
    if one.place == "resource":
        return one.operation.method == "GET" and "404" in statuses
    return one.place == "credentials"


# Violations


def _names_violation(session: Session, resource: Resource) -> Iterator[Breach]:
    for one in provoke(session, resource):
        where = find_violation_list(one.answer, session.model.document)
        if where is None or one.answer.status not in _VALIDATION or one.place in ("resource", "credentials"):
            continue
        violations = where.read(one.answer)
        name = next(iter(one.names), "")
        if not violations:
            happened = f"{one.place} is wrong ({one.reason}), and {where.name} of the answer has nothing of it"
            yield Breach(one.operation, happened, [one.answer.exchange], f"{one.place} {where.name}")
        elif name and not _is_named(where, one, name):
            happened = f"{one.place} is wrong ({one.reason}), and {where.name} of the answer has {violations!r}"
            yield Breach(one.operation, happened, [one.answer.exchange], f"{one.place} {where.place}")
        elif where.part and not any(found.get(where.part) == one.place for found in violations):
            happened = f"{one.place} is wrong ({one.reason}), and {where.name} of the answer has {violations!r}"
            yield Breach(one.operation, happened, [one.answer.exchange], f"{one.place} {where.part}")


def _is_named(where: ViolationList, one: Provocation, name: str) -> bool:
    violations = where.read(one.answer)
    if one.is_missing:
        return any(where.names(found, name) for found in violations)
    return any(where.points_at(found, name) for found in violations)


def _names_every_violation(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in resource.operations:
        single = [
            one
            for one in provoke(session, resource)
            if one.operation is operation and one.place == "body" and one.names and one.answer.status in _VALIDATION
        ]
        where = find_violation_list(single[0].answer, session.model.document) if single else None
        if where is None or not where.is_whole:
            continue
        yield from _two_at_once(session, resource, operation, where)


def _two_at_once(session: Session, resource: Resource, operation: Operation, where: ViolationList) -> Iterator[Breach]:
    schema, base = session.values.body_schema(operation), session.body(operation, resource)
    if schema is None or not isinstance(base, dict):
        return
    wrong = {
        names_of(one)[0]: one.value[names_of(one)[0]]
        for one in chosen_bodies(session, session.values.invalid(schema, base))
        if names_of(one) and isinstance(one.value, dict) and names_of(one)[0] in one.value
    }
    names = sorted(wrong)[:3]
    if len(names) < 2:
        return
    made = session.make(resource) if operation is not resource.create else None
    body = {**base, **{name: wrong[name] for name in names}}
    answer = session.client.send(operation, path_values(session, operation, made), body=body)
    violations = where.read(answer)
    lost = [name for name in names if not any(where.points_at(one, name) for one in violations)]
    if answer.status in _VALIDATION and where == find_violation_list(answer, session.model.document) and lost:
        happened = f"{', '.join(names)} are wrong; the list {where.name} of the answer lacks {', '.join(lost)}"
        yield Breach(operation, happened, [answer.exchange], where.name)


# Problem details


def _is_sound_problem(session: Session, resource: Resource) -> Iterator[Breach]:
    seen: dict[str, Answer] = session.shared.setdefault(f"instances/{session.round}/{resource.name}", {})
    for one in provoke(session, resource):
        body, status = one.answer.json, one.answer.status
        if status < 400 or not isinstance(body, dict):
            continue
        is_problem = "problem" in one.answer.header("content-type") or "title" in body
        if is_problem and isinstance(body.get("status"), int) and body["status"] != status:
            happened = f"the answer {status} says that its status is {body['status']}"
            yield Breach(one.operation, happened, [one.answer.exchange], "/status")
        instance = body.get("instance")
        if isinstance(instance, str) and _UNIQUE.search(instance) and _differs_by_request(one.answer, instance):
            if instance in seen:
                happened = f"two problems have the instance {instance!r}"
                yield Breach(one.operation, happened, [seen[instance].exchange, one.answer.exchange], "/instance")
            seen[instance] = one.answer


def _differs_by_request(answer: Answer, instance: str) -> bool:
    """Return whether an instance is not the path of the request, which two problems may share."""
    return instance not in answer.exchange.url and "/" not in instance


# Ids of errors


def _ids_lead_to_the_log(session: Session, resource: Resource) -> Iterator[Breach]:
    for one in provoke(session, resource):
        for name, id_ in _occurrence_ids(one.answer):
            logged = session.access.find_log(one.answer.request_id)
            if logged is None or logged.event is None or not logged.log:
                continue
            known = f"{logged.log} {json.dumps(logged.event)} {logged.function_request_id} {one.answer.request_id}"
            if id_.lower() not in known.lower():
                happened = f"{name} of the answer {one.answer.status} is {id_}, which its log does not have"
                yield Breach(one.operation, happened, [one.answer.exchange], f"/{name}")


def _occurrence_ids(answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield the members of an error that name this occurrence, with the UUID in each."""
    body = answer.json if answer.status >= 400 and isinstance(answer.json, dict) else {}
    for name, value in body.items():
        if name.lower().replace("_", "").replace("-", "") in _OCCURRENCE and isinstance(value, str):
            yield from ((name, found) for found in _UUID.findall(value))


CHECKS = (
    Check(
        name="error-is-as-documented",
        kind="errors",
        promise="An error has a status, a media type and a body that the document has for the operation",
        origin="the document: the operation's responses",
        run=_is_documented,
        every_operation=True,
    ),
    Check(
        name="invalid-request-is-refused",
        kind="errors",
        promise="A request that breaks the document is refused with 4xx",
        origin="RFC 9110, section 15.5: 4xx, the client seems to have erred",
        run=_takes_nothing_invalid,
        every_operation=True,
    ),
    Check(
        name="error-names-what-is-wrong",
        kind="errors",
        promise="An error that has a list of violations names in it what is wrong with the request",
        origin="the document: the list in the error's schema",
        run=_names_violation,
        every_operation=True,
    ),
    Check(
        name="error-names-everything-that-is-wrong",
        kind="errors",
        promise="An error lists every violation of the request",
        origin="the document: the description of the error or its list",
        run=_names_every_violation,
    ),
    Check(
        name="problem-is-sound",
        kind="errors",
        promise="A problem's status is that of its answer, and its instance names this occurrence alone",
        origin="RFC 9457, section 3.1: members of a problem details object",
        run=_is_sound_problem,
        every_operation=True,
    ),
    Check(
        name="error-id-is-in-the-log",
        kind="errors",
        promise="An error that names its occurrence by an id has one that the log of the request has, too",
        origin="RFC 9457, section 3.1.5: instance identifies the specific occurrence of the problem",
        run=_ids_lead_to_the_log,
        needs=frozenset(("stack", "log")),
        every_operation=True,
    ),
)
