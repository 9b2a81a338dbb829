"""Checks of If-Match: the writes and reads that it lets through, and those that it holds back.

https://www.rfc-editor.org/rfc/rfc9110#name-if-match
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.changes import send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.preconditions.conditional_requests import (
    fits,
    held_back,
    is_final,
    operations_taking,
    other_status,
    severity_of,
)
from homeport.contract.checks.preconditions.entity_tags import (
    UNKNOWN,
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

_OTHER_REFUSALS = (409, 412)
"""Statuses of a precondition that was not met; one that is missing has its own: RFC 6585, section 3."""


def _if_match_holds_back(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in operations_taking(resource, "If-Match"):
        kept = make_tagged(session, resource, changed=True)
        if kept is None:
            return
        forms = other_forms(kept.tag, kept.old)
        if not is_weak(kept.tag):
            forms.append(TagForm("the current ETag as a weak one", (other_strength(kept.tag),)))
        forms = [form for form in forms if fits(session, operation, "If-Match", form)]
        yield from held_back(kept, operation, "If-Match", forms)


def _if_match_lets_through(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in operations_taking(resource, "If-Match"):
        kept = make_tagged(session, resource, changed=True)
        if kept is None:
            return
        if is_weak(kept.tag):
            session.note_untested("weak ETags never match If-Match")
            return
        is_first = operation == operations_taking(resource, "If-Match")[0]
        number = len(naming_forms(UNKNOWN)) if is_first or session.round else _FEWER_FORMS
        yield from _let_through(kept, operation, number)


def _let_through(kept: TaggedResource, operation: Operation, number: int) -> Iterator[Breach]:
    """Yield a breach for the first form of the current ETag, out of ``number``, with which a write is refused."""
    session, only_once = kept.session, is_final(kept.resource, operation)
    for index in range(number):
        form = naming_forms(kept.tag, kept.old or UNKNOWN)[index]
        if not fits(session, operation, "If-Match", form):
            continue
        answer = kept.send(operation, form.headers("If-Match"))
        # A 409 is about what it was changed to, such as a name that another one has.
        if answer.status == 409 or (not answer.ok and not index and answer.status != 412):
            session.note_untested(f"{operation.id} was answered with {answer.status}, given the current ETag")
            return
        if not answer.ok:
            happened = (
                f"with If-Match {' and '.join(form.lines)}, {form.label}, the answer was {answer.status}; "
                f"the ETag is {kept.tag}"
            )
            exchanges = (kept.read.exchange, answer.exchange)
            yield Breach(operation, happened, exchanges, "If-Match lets through", severity=severity_of(form))
            return
        if not only_once:
            kept.refresh()
        elif (again := make_tagged(session, kept.resource)) is not None:
            kept = again
        else:
            return


def _if_match_on_missing(session: Session, resource: Resource) -> Iterator[Breach]:
    taking = operations_taking(resource, "If-Match")
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
            if not fits(session, operation, "If-Match", form):
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
    yield from other_status(kept, read, "If-Match", expected)


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


def _precondition_required(session: Session, resource: Resource) -> Iterator[Breach]:
    for operation in operations_taking(resource, "If-Match"):
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
)
