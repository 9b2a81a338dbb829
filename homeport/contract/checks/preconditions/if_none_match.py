"""Checks of If-None-Match: 304 for a representation that the client has, and PUT that only creates.

https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.contract.checks.changes import changed_body
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.preconditions.conditional_requests import (
    fits,
    held_back,
    is_final,
    operations_taking,
    other_status,
)
from homeport.contract.checks.preconditions.entity_tags import (
    UNKNOWN,
    TagForm,
    is_weak,
    naming_forms,
    other_forms,
    other_strength,
)
from homeport.contract.checks.preconditions.tagged_resource import make_tagged
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import needs_if_match


def _if_none_match_reads(session: Session, resource: Resource) -> Iterator[Breach]:
    read = resource.read
    if read is None or "if-none-match" not in resource.conditional.get(read.id, ()):
        return
    kept = make_tagged(session, resource, changed=True)
    if kept is None:
        return
    known = naming_forms(kept.tag, kept.old or UNKNOWN)
    strength = "a strong" if is_weak(kept.tag) else "a weak"
    known.insert(1, TagForm(f"the current ETag as {strength} one", (other_strength(kept.tag),)))
    others = other_forms(kept.tag, kept.old)
    expected = [*((form, (304,)) for form in known), *((form, (200,)) for form in others)]
    found = list(other_status(kept, read, "If-None-Match", expected))
    yield from found
    for form in known[:1] if not found else ():
        answer = kept.send(read, form.headers("If-None-Match"))
        if answer.body:
            happened = f"the 304 has a body: {answer.body[:80]!r}"
            yield Breach(read, happened, (kept.read.exchange, answer.exchange), "body of 304")
        if answer.header("ETag") != kept.tag:
            happened = f"the 304 has the ETag {answer.header('ETag') or 'none'}, the 200 before it {kept.tag}"
            yield Breach(read, happened, (kept.read.exchange, answer.exchange), "ETag of 304")


def _if_none_match_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in operations_taking(resource, "If-None-Match"):
        kept = make_tagged(session, resource, changed=True)
        if kept is None:
            return
        forms = [naming_forms(kept.tag, kept.old or UNKNOWN)[index] for index in (4, 0, 1, 2)]
        forms.append(TagForm("the current ETag in another strength", (other_strength(kept.tag),)))
        forms = [form for form in forms if fits(session, operation, "If-None-Match", form)]
        found = list(held_back(kept, operation, "If-None-Match", forms))
        yield from found
        if found or needs_if_match(operation):
            continue
        for form in other_forms(kept.tag, kept.old)[:2]:
            before, answer = kept.read, kept.send(operation, form.headers("If-None-Match"))
            if answer.status == 412:
                happened = f"with If-None-Match {form.lines[0]}, {form.label}, it was refused; the ETag is {kept.tag}"
                yield Breach(operation, happened, (before.exchange, answer.exchange), "If-None-Match lets through")
            if is_final(resource, operation) or answer.status == 412:
                break
            kept.refresh()


def _only_creates(session: Session, resource: Resource) -> Iterator[Breach]:
    operation = resource.replace
    if (
        operation is None
        or not resource.creates_by_put
        or operation not in operations_taking(resource, "If-None-Match")
    ):
        return
    path = _free_path(session, resource)
    if path is None:
        return
    body = changed_body(session, resource, operation, None, path)
    first, second = (session.client.send(operation, path, headers={"If-None-Match": "*"}, body=body) for _ in range(2))
    if not first.ok:
        if first.status == 412:
            happened = "with If-None-Match * it was refused, where there was no resource"
            yield Breach(operation, happened, (first.exchange,), "creates")
    elif second.ok:
        happened = f"with If-None-Match * it was performed twice: {first.status}, then {second.status}"
        yield Breach(operation, happened, (first.exchange, second.exchange), "only creates")


def _free_path(session: Session, resource: Resource) -> dict[str, Any] | None:
    """Return the path of a resource that is not there, beside one that could be made."""
    made = session.make(resource)
    return None if made is None else {**made.path, resource.id_parameter: session.values.new_id(resource)}


CHECKS = (
    Check(
        name="if-none-match-reads",
        kind="preconditions",
        promise="A read whose If-None-Match names the current ETag is answered with 304, other reads with 200",
        origin="RFC 9110, sections 13.1.2 and 15.4.5",
        run=_if_none_match_reads,
    ),
    Check(
        name="if-none-match-writes",
        kind="preconditions",
        promise="A write is refused, and changes nothing, if its If-None-Match names the current ETag, and only then",
        origin="RFC 9110, section 13.1.2",
        run=_if_none_match_writes,
    ),
    Check(
        name="if-none-match-only-creates",
        kind="preconditions",
        promise="PUT with If-None-Match * creates a resource and never replaces one",
        origin="RFC 9110, section 13.1.2",
        run=_only_creates,
    ),
)
