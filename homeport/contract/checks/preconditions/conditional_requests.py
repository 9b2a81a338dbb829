"""Preconditions: what If-Match and If-None-Match let through and what they hold back.

https://www.rfc-editor.org/rfc/rfc9110#name-preconditions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.equality import describe_changes
from homeport.contract.checks.preconditions.entity_tags import (
    UNKNOWN,
    HeaderName,
    TagForm,
    is_weak,
    naming_forms,
    other_forms,
    other_strength,
)
from homeport.contract.checks.preconditions.tagged_resource import TaggedResource, make_tagged
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import needs_if_match
from homeport.project.model import Operation

_FEWER_FORMS = 3
"""Forms that are tried on a second operation in a run's first round: services read a header in one place."""

# Statuses of a precondition that was not met; one that is missing has its own: RFC 6585, section 3.
_OTHER_REFUSALS = (409, 412)


def _taking(resource: Resource, header: HeaderName) -> list[Operation]:
    """Return the writes on an existing resource that take a precondition header, by the document."""
    candidates = (*resource.writes, resource.delete)
    return [one for one in candidates if one is not None and header.lower() in resource.conditional.get(one.id, ())]


def _fits(session: Session, operation: Operation, name: HeaderName, form: TagForm) -> bool:
    """Return whether the document lets a header have these values."""
    schemas = [one.schema for one in operation.parameters if one.place == "header" and one.name.lower() == name.lower()]
    return all(session.values.is_valid(line, schema) for schema in schemas for line in form.lines)


def _is_final(resource: Resource, operation: Operation) -> bool:
    """Return whether an operation cannot be made twice on a resource: DELETE, and actions that may end a state."""
    return operation == resource.delete or operation in resource.actions


def _if_match_holds_back(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in _taking(resource, "If-Match"):
        kept = make_tagged(session, resource, changed=True)
        if kept is None:
            return
        forms = other_forms(kept.tag, kept.old)
        if not is_weak(kept.tag):
            forms.append(TagForm("the current ETag as a weak one", (other_strength(kept.tag),)))
        forms = [form for form in forms if _fits(session, operation, "If-Match", form)]
        yield from _held_back(kept, operation, "If-Match", forms)


def _held_back(kept: TaggedResource, operation: Operation, name: HeaderName, forms: list[TagForm]) -> Iterator[Breach]:
    """Yield the first form with which a write is performed, is refused with another status, or changes something."""
    before, rejected, subject = kept.read, [], f"{name} holds back"
    for form in forms:
        answer = kept.send(operation, form.headers(name))
        about = f"with {name} {', '.join(form.lines)}, {form.label}"
        if answer.ok:
            happened = f"{about}, where the ETag is {kept.tag}, it was performed: {answer.status}"
            yield Breach(operation, happened, (before.exchange, answer.exchange), subject)
            return
        if answer.status >= 500 or (answer.status in (404, 409, 422) and "412" in operation.responses):
            happened = f"{about}, where the ETag is {kept.tag}, the answer was {answer.status} in place of 412"
            yield Breach(operation, happened, (before.exchange, answer.exchange), subject)
            return
        rejected.append(answer)
    after = kept.refresh()
    if after.status != before.status or after.json != before.json:
        statuses = ", ".join(str(one.status) for one in rejected)
        seen = describe_changes(before.json, after.json) if after.ok else f"it is answered with {after.status}"
        happened = f"refused writes ({statuses}) changed it: {seen}"
        exchanges = (before.exchange, *(one.exchange for one in rejected), after.exchange)
        yield Breach(operation, happened, exchanges, f"{name} changes nothing")


def _if_match_lets_through(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in _taking(resource, "If-Match"):
        kept = make_tagged(session, resource, changed=True)
        if kept is None:
            return
        if is_weak(kept.tag):
            session.note_untested("weak ETags never match If-Match")
            return
        is_first = operation == _taking(resource, "If-Match")[0]
        number = len(naming_forms(UNKNOWN)) if is_first or session.round else _FEWER_FORMS
        yield from _let_through(kept, operation, number)


def _let_through(kept: TaggedResource, operation: Operation, number: int) -> Iterator[Breach]:
    """Yield the first of so many forms that name the current ETag with which a write is refused."""
    session, is_final = kept.session, _is_final(kept.resource, operation)
    for index in range(number):
        form = naming_forms(kept.tag, kept.old or UNKNOWN)[index]
        if not _fits(session, operation, "If-Match", form):
            continue
        answer = kept.send(operation, form.headers("If-Match"))
        if not answer.ok and not index and answer.status != 412:
            session.note_untested(f"{operation.id} was answered with {answer.status}, given the current ETag")
            return
        if not answer.ok:
            happened = (
                f"with If-Match {' and '.join(form.lines)}, {form.label}, the answer was {answer.status}; "
                f"the ETag is {kept.tag}"
            )
            yield Breach(operation, happened, (kept.read.exchange, answer.exchange), "If-Match lets through")
            return
        if not is_final:
            kept.refresh()
        elif (again := make_tagged(session, kept.resource)) is not None:
            kept = again
        else:
            return


def _if_match_on_missing(session: Session, resource: Resource) -> Iterator[Breach]:
    taking = _taking(resource, "If-Match")
    if resource.delete is None or not taking:
        return
    kept = make_tagged(session, resource)
    if kept is None:
        return
    deleted = send_write(session, resource, resource.delete, kept.path)
    if not deleted.ok:
        session.note_untested(f"no {resource.name} could be deleted")
        return
    for operation in taking:
        body = kept.body(operation)
        plain = session.client.send(operation, kept.path, body=body) if operation == resource.delete else None
        for form in (TagForm("any ETag (*)", ("*",)), TagForm("the ETag that it had", (kept.tag,))):
            if not _fits(session, operation, "If-Match", form):
                continue
            answer = session.client.send(operation, kept.path, headers=form.headers("If-Match"), body=body)
            if plain is not None and plain.status == 404 and answer.status == 412:
                happened = f"DELETE of nothing is a 404, and with If-Match {form.lines[0]} a 412"
                exchanges = (deleted.exchange, plain.exchange, answer.exchange)
                yield Breach(operation, happened, exchanges, "If-Match on nothing")
                return
            if answer.ok or answer.status >= 500:
                happened = f"after its DELETE, with If-Match {form.lines[0]}, the answer was {answer.status}"
                exchanges = (kept.read.exchange, deleted.exchange, answer.exchange)
                yield Breach(operation, happened, exchanges, "If-Match on nothing")
                return


def _reads_with_if_match(session: Session, resource: Resource) -> Iterator[Breach]:
    read = resource.read
    if read is None or "if-match" not in resource.conditional.get(read.id, ()):
        return
    kept = make_tagged(session, resource, changed=True)
    if kept is None or is_weak(kept.tag):
        return
    known = naming_forms(kept.tag, kept.old or UNKNOWN)[:5]
    weak = TagForm("the current ETag as a weak one", (other_strength(kept.tag),))
    others = (*other_forms(kept.tag, kept.old), weak)
    expected = [*((form, (200,)) for form in known), *((form, (412, 400)) for form in others)]
    yield from _other_status(kept, read, "If-Match", expected)


def _other_status(
    kept: TaggedResource, read: Operation, name: HeaderName, expected: Sequence[tuple[TagForm, tuple[int, ...]]]
) -> Iterator[Breach]:
    """Yield the first form of a header with which a read has none of its statuses."""
    for form, statuses in expected:
        if not _fits(kept.session, read, name, form):
            continue
        answer = kept.send(read, form.headers(name))
        if answer.status not in statuses:
            happened = (
                f"with {name} {' and '.join(form.lines)}, {form.label}, the answer was {answer.status} in place of "
                f"{statuses[0]}; the ETag is {kept.tag}"
            )
            yield Breach(read, happened, (kept.read.exchange, answer.exchange), f"{name} {statuses[0]}")
            return


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
    found = list(_other_status(kept, read, "If-None-Match", expected))
    yield from found
    for form in known[:1] if not found else ():
        answer = kept.send(read, form.headers("If-None-Match"))
        if answer.body:
            happened = f"the 304 has a body: {answer.body[:80]!r}"
            yield Breach(read, happened, (kept.read.exchange, answer.exchange), "body of 304")
        if answer.header("ETag") != kept.tag:
            happened = f"the 304 has the ETag {answer.header('ETag') or 'none'}, the 200 before it {kept.tag}"
            yield Breach(read, happened, (kept.read.exchange, answer.exchange), "ETag of 304")


def _both_headers(session: Session, resource: Resource) -> Iterator[Breach]:
    read = resource.read
    if read is None or not {"if-match", "if-none-match"} <= resource.conditional.get(read.id, frozenset()):
        return
    kept = make_tagged(session, resource)
    if kept is None or is_weak(kept.tag):
        return
    for wanted, status in ((UNKNOWN, 412), (kept.tag, 304)):
        answer = kept.send(read, [("If-Match", wanted), ("If-None-Match", kept.tag)])
        if answer.status != status:
            happened = (
                f"with If-Match {wanted} and If-None-Match {kept.tag} the answer was {answer.status} in place of "
                f"{status}; the ETag is {kept.tag}"
            )
            yield Breach(read, happened, (kept.read.exchange, answer.exchange), "both")
            return


def _if_none_match_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in _taking(resource, "If-None-Match"):
        kept = make_tagged(session, resource, changed=True)
        if kept is None:
            return
        forms = [naming_forms(kept.tag, kept.old or UNKNOWN)[index] for index in (4, 0, 1, 2)]
        forms.append(TagForm("the current ETag in another strength", (other_strength(kept.tag),)))
        forms = [form for form in forms if _fits(session, operation, "If-None-Match", form)]
        found = list(_held_back(kept, operation, "If-None-Match", forms))
        yield from found
        if found or needs_if_match(operation):
            continue
        for form in other_forms(kept.tag, kept.old)[:2]:
            before, answer = kept.read, kept.send(operation, form.headers("If-None-Match"))
            if answer.status == 412:
                happened = f"with If-None-Match {form.lines[0]}, {form.label}, it was refused; the ETag is {kept.tag}"
                yield Breach(operation, happened, (before.exchange, answer.exchange), "If-None-Match lets through")
            if _is_final(resource, operation) or answer.status == 412:
                break
            kept.refresh()


def _only_creates(session: Session, resource: Resource) -> Iterator[Breach]:
    operation = resource.replace
    if operation is None or not resource.creates_by_put or operation not in _taking(resource, "If-None-Match"):
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


def _precondition_required(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in _taking(resource, "If-Match"):
        if not needs_if_match(operation):
            continue
        kept = make_tagged(session, resource)
        if kept is None:
            return
        answer = session.client.send(operation, kept.path, body=kept.body(operation))
        before, after = kept.read, kept.refresh()
        if answer.ok:
            happened = f"without If-Match it was performed: {answer.status}"
            yield Breach(operation, happened, (before.exchange, answer.exchange), "428")
        elif answer.status in _OTHER_REFUSALS and "428" in operation.responses:
            happened = f"without If-Match it was answered with {answer.status}, and 428 is documented"
            yield Breach(operation, happened, (before.exchange, answer.exchange), "428")
        elif after.json != before.json:
            happened = f"without If-Match it was refused ({answer.status}) and changed the resource all the same"
            yield Breach(operation, happened, (before.exchange, answer.exchange, after.exchange), "428")


def _modified_since(session: Session, resource: Resource) -> Iterator[Breach]:
    read = resource.read
    if read is None or "if-modified-since" not in resource.conditional.get(read.id, ()):
        return
    made = session.make(resource)
    answer = None if made is None else session.read(resource, made.path)
    if made is None or answer is None or not answer.header("Last-Modified"):
        session.note_untested("the resource that is read has no Last-Modified")
        return
    time = parsedate_to_datetime(answer.header("Last-Modified")).astimezone(UTC)
    for moment, status in ((time, 304), (time - timedelta(days=1), 200)):
        text = format_datetime(moment, usegmt=True)
        again = session.client.send(read, made.path, headers={"If-Modified-Since": text})
        if again.status != status:
            happened = (
                f"with If-Modified-Since {text} the answer was {again.status} in place of {status}; Last-Modified is "
                f"{answer.header('Last-Modified')}"
            )
            yield Breach(read, happened, (answer.exchange, again.exchange), f"If-Modified-Since {status}")


CHECKS = (
    Check(
        name="if-match-holds-back",
        kind="preconditions",
        promise="A write whose If-Match does not name the current ETag is refused and changes nothing",
        origin="RFC 9110, section 13.1.1",
        run=_if_match_holds_back,
    ),
    Check(
        name="if-match-lets-through",
        kind="preconditions",
        promise="A write whose If-Match names the current ETag is performed",
        origin="RFC 9110, section 13.1.1",
        run=_if_match_lets_through,
    ),
    Check(
        name="if-match-needs-resource",
        kind="preconditions",
        promise="A write with If-Match is not performed where there is no resource, and fails as it does without",
        origin="RFC 9110, sections 13.1.1 and 13.2.1: an error comes before a precondition",
        run=_if_match_on_missing,
    ),
    Check(
        name="if-match-reads",
        kind="preconditions",
        promise="A read with If-Match is answered with 200 for the current ETag and with 412 for others",
        origin="RFC 9110, section 13.1.1",
        run=_reads_with_if_match,
    ),
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
    Check(
        name="if-match-comes-first",
        kind="preconditions",
        promise="If-Match is evaluated before If-None-Match",
        origin="RFC 9110, section 13.2.2",
        run=_both_headers,
    ),
    Check(
        name="precondition-required",
        kind="preconditions",
        promise="A write that needs If-Match is refused without it",
        origin="RFC 6585, section 3, and the document",
        run=_precondition_required,
    ),
    Check(
        name="if-modified-since",
        kind="preconditions",
        promise="A read with If-Modified-Since is answered with 304 unless the resource was modified since",
        origin="RFC 9110, section 13.1.3",
        run=_modified_since,
    ),
)
