"""Preconditions in unusual or wrong forms: a service refuses them or takes them, and does not fail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.preconditions.entity_tags import UNKNOWN, HeaderName, TagForm, opaque
from homeport.contract.checks.preconditions.tagged_resource import make_tagged
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_NAMES: tuple[HeaderName, ...] = ("If-Match", "If-None-Match")
# Below the 10,240 bytes that API Gateway takes for all headers:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
_COUNTS = (30, 120)
_FORMS = (
    TagForm("a tag without its second quote", ('"no-end',)),
    TagForm("a word without quotes", ("no-quotes",)),
    TagForm("commas only", (", ,",)),
    TagForm("a weak sign only", ("W/",)),
    TagForm("* in a list", (f"*, {UNKNOWN}",)),
    TagForm("a tag of 4,000 characters", (f'"{"x" * 4000}"',)),
)


def _odd_forms_do_not_fail(session: Session, resource: Resource) -> Iterator[Breach]:
    taking = [(one, name) for one in _operations(resource) for name in _NAMES if _takes(resource, one, name)]
    kept = make_tagged(session, resource) if taking else None
    if kept is None:
        return
    seen: set[str] = set()
    for operation, name in taking:
        # One place of a service reads a header for all operations: two of them are enough.
        if name in seen and operation != resource.delete:
            continue
        seen.add(name)
        for form in (*_lists_like(kept.tag), *_FORMS):
            answer = session.client.send(
                operation,
                kept.path,
                headers=form.headers(name),
                body=kept.body(operation),
                query=session.query(operation),
            )
            if answer.status >= 500:
                happened = f"{name} with {form.label} was answered with {answer.status}"
                yield Breach(operation, happened, [kept.read.exchange, answer.exchange], f"{name} {form.label}")
                break
            if answer.ok and operation == resource.delete:
                return


def _lists_like(tag: str) -> Iterator[TagForm]:
    """Yield long lists of tags that look like those of the service, which may know its own ones only."""
    inner = opaque(tag)
    for count in _COUNTS:
        tags = [re.sub(r"\d+|$", str(number), inner, count=1) for number in range(1001, 1001 + count)]
        yield TagForm(f"{count} ETags", (", ".join(f'"{one}"' for one in tags),))


def _operations(resource: Resource) -> list[Operation]:
    candidates = (resource.read, *resource.writes, resource.delete)
    return [one for one in candidates if one is not None]


def _takes(resource: Resource, operation: Operation, name: HeaderName) -> bool:
    return name.lower() in resource.conditional.get(operation.id, ())


CHECKS = (
    Check(
        name="odd-preconditions-do-not-fail",
        kind="preconditions",
        promise="A precondition in an unusual or wrong form is taken or refused, and is no failure of the server",
        origin="RFC 9110, sections 13.1 and 15.6: 5xx says that the server is aware that it has erred",
        run=_odd_forms_do_not_fail,
    ),
)
