"""Under faults: what an API answers and stores while DynamoDB is throttled, fails, or does not answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from homeport.contract.checks.check import Breach
from homeport.contract.checks.client import Answer
from homeport.contract.checks.faults.fault_run import Observation
from homeport.contract.checks.faults.judgements import (
    breach_under,
    describe_read,
    is_gateways,
    make_fault_check,
    while_text,
)
from homeport.contract.checks.probes import items_of, rejects_body, short
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation
from homeport.recordings.drift import DriftCheck, OperationReply
from homeport.runtime.dynamodb_errors import ERRORS

_LEAKS = (
    (re.compile(r"arn:aws[\w-]*:"), "an ARN"),
    (re.compile(r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+"), "a stack trace"),
    (re.compile(r"\bbotocore\b|\bboto3\b|An error occurred \("), "a message of the SDK"),
    (
        re.compile(r"\b(?:[A-Z][A-Za-z]+)Exception\b|\bProvisionedThroughput|\bDynamoDB is currently"),
        "DynamoDB's error",
    ),
)
_RFC = "RFC 9110, section "


def _answers_as_documented(session: Session, seen: Observation) -> Iterator[Breach]:
    """Hold the answer to the document's responses. Where it has none for a failure, it leaves them open."""
    operation, answer = seen.probe.target.operation, seen.answer
    if not any(status.startswith("5") or status == "default" for status in operation.responses):
        return
    key = "under-faults/drift"
    drift: DriftCheck = session.shared.setdefault(key, DriftCheck(session.project))
    known = {one.what for one in _differences(drift, seen.subject.answer)}
    for difference in _differences(drift, answer):
        is_status = difference.what.startswith("status ")
        if difference.what not in known and (is_status or not is_gateways(answer)):
            place = "status" if is_status else difference.what.partition(":")[0]
            happened = f"{while_text(seen)} the answer differs from the document: {difference.what}"
            breach = breach_under(seen, happened, f"{answer.status} {place}")
            # The SDK waits for an answer longer than most functions may run: then Lambda ends them, not their code.
            is_timeout = seen.code == "lost" and is_gateways(answer)
            yield replace(breach, severity="warning") if is_timeout else breach


def _differences(drift: DriftCheck, answer: Answer) -> Sequence[Any]:
    operation = answer.operation
    reply = OperationReply(
        operation.id, answer.exchange.method, answer.status, answer.exchange.reply_headers, answer.body
    )
    return drift.check(reply)


def _not_blamed(session: Session, seen: Observation) -> Iterator[Breach]:
    status, operation = seen.answer.status, seen.probe.target.operation
    is_conflict = seen.code in ("TransactionConflictException", "TransactionCanceledException")
    # The conflict was one if the same request meets it again without a fault.
    stays = seen.subject.works_with_what_is_there and not (seen.again is not None and seen.again.ok)
    if status == 409 and _has(operation, 409) and (is_conflict or stays):
        return
    if not 400 <= status < 500 or status in (408, 425, 429):
        return
    if status in (400, 422) and rejects_body(session, seen.probe, status):
        return
    later = seen.again if seen.again is not None and status == 409 else None
    then = f", and {later.status} to the same request, sent again" if later is not None else ""
    yield breach_under(seen, f"{while_text(seen)} the answer to a valid request was {status}{then}", seen.code, later)


def _no_leak(session: Session, seen: Observation) -> Iterator[Breach]:
    # A REST API's text for a function that failed is DynamoDB's for an InternalServerError, too.
    if seen.answer.ok or is_gateways(seen.answer):
        return
    text = seen.answer.body.decode(errors="replace")
    names = {table.name: "the name of a table" for table in session.project.resources.tables.values()}
    found = [what for name, what in names.items() if name in text]
    found += [what for pattern, what in _LEAKS if pattern.search(text)]
    found += ["DynamoDB's message" for error in ERRORS.values() if len(error.message) > 20 and error.message in text]
    if found:
        yield breach_under(seen, f"{while_text(seen)} the answer shows {found[0]}: {short(text)}", found[0])


def _reads_do_not_lie(session: Session, seen: Observation) -> Iterator[Breach]:
    answer, before, after = seen.answer, seen.healthy, seen.again
    if not answer.ok or before is None or after is None or not before.ok or seen.trouble.once:
        return
    resource, operation = seen.probe.target.resource, seen.probe.target.operation
    several = [(one.operation, one.items) for one in resource.listings]
    several += [(one.operation, one.items) for one in resource.batch_reads]
    pointer = next((items for one, items in several if one == operation), None)
    if pointer is None:
        if answer.json not in (before.json, after.json):
            happened = (
                f"{while_text(seen)} the answer was {answer.status} {short(answer.json)}, else {short(after.json)}"
            )
            yield breach_under(seen, happened, "content", before)
        return
    ids = [_ids(one, pointer, resource) for one in (before, after, answer)]
    missing = (ids[0] & ids[1]) - ids[2]
    got = len(items_of(answer, pointer))
    if missing and (got == 0 or not _has_next(resource, operation, answer)):
        happened = (
            f"{while_text(seen)} the answer {answer.status} had {got} of {len(ids[1])}, without {short(min(missing))}"
        )
        yield breach_under(seen, happened, "items", before)


def _success_is_stored(session: Session, seen: Observation) -> Iterator[Breach]:
    answer, read = seen.answer, seen.after
    if not answer.ok or answer.status == 202 or read is None:
        return
    operation, resource = seen.probe.target.operation, seen.probe.target.resource
    if operation == resource.delete:
        if read.ok:
            yield breach_under(
                seen,
                f"{while_text(seen)} DELETE was answered with {answer.status}, and {describe_read(read)}",
                "",
                read,
            )
        return
    if not isinstance(answer.json, dict) or operation not in (resource.create, resource.replace, resource.change):
        return
    if not read.ok or _properties(answer, read) != _properties(read, answer):
        happened = f"{while_text(seen)} the write was answered with {answer.status} {short(answer.json)}"
        yield breach_under(seen, f"{happened}; {describe_read(read)}", "", read)


def _success_needs_its_writes(session: Session, seen: Observation) -> Iterator[Breach]:
    """Judge an operation whose whole work is to write, where no read can show what it stored."""
    subject, codes = seen.subject, seen.trouble.codes
    if not seen.answer.ok or seen.after is not None or seen.trouble.once or seen.trouble.effect != "undone":
        return
    # A create makes something with each request, whatever it reads before.
    is_create = subject.target.operation == subject.target.resource.create
    if not subject.writes or (len(subject.writes) < len(subject.calls) and not is_create):
        return
    if all(codes.get(call.action, "unprocessed") != "unprocessed" for call in subject.writes):
        happened = f"{while_text(seen)} the answer was {seen.answer.status}, and nothing was written"
        yield breach_under(seen, happened, "")


def _whole(session: Session, seen: Observation) -> Iterator[Breach]:
    """Hold what is there after a failed write to what was there before and what was sent: a mix of both is half."""
    answer, read, made, sent = seen.answer, seen.after, seen.probe.made, seen.probe.body
    operation, resource = seen.probe.target.operation, seen.probe.target.resource
    if answer.status < 500 or read is None or operation not in (resource.replace, resource.change):
        return
    old = made.representation if made is not None else None
    if not isinstance(old, dict) or not isinstance(sent, dict):
        return
    if not read.ok:
        yield breach_under(
            seen, f"{while_text(seen)} the write was answered with {answer.status}; {describe_read(read)}", "gone", read
        )
        return
    now = read.properties
    differing = [name for name, value in sent.items() if name in old and old[name] != value and seen.is_taken(name)]
    kept = [name for name in differing if now.get(name) == old[name]]
    written = [name for name in differing if name not in kept]
    if kept and written:
        happened = (
            f"{while_text(seen)} the write was answered with {answer.status} and changed {', '.join(written)}, "
            f"but not {', '.join(kept)}"
        )
        yield breach_under(seen, happened, "half", read)


def _all_or_nothing(session: Session, seen: Observation) -> Iterator[Breach]:
    """Compare what a write stored while one of its calls failed with what it stores else."""
    whole = seen.subject.changed
    if seen.changed is None or seen.trouble.once or not seen.changed or seen.changed == whole:
        return
    stored = ", ".join(
        f"{number} {kind} in {table}" for (kind, table, _), number in sorted(seen.changed.items(), key=str)
    )
    if seen.answer.ok:
        happened = f"{while_text(seen)} the answer was {seen.answer.status}, but the write was stored in part: {stored}"
        yield breach_under(seen, happened, seen.trouble.name)
        return
    again = seen.again
    if again is not None and again.ok and seen.changed_by_both == whole:
        return
    then = f"the same request, sent again, was answered with {again.status}" if again is not None else ""
    happened = f"{while_text(seen)} the answer was {seen.answer.status}, and a part was stored ({stored}); {then}"
    yield breach_under(seen, happened, seen.trouble.name, again)


def _counted_once(session: Session, seen: Observation) -> Iterator[Breach]:
    """Compare the numbers that a write changed, whose first answer was lost, with those that it changes else.

    How much a request changes that works with what is there, an order of a cart, depends on what others put there.
    """
    if seen.counts is None or not seen.trouble.once or not seen.answer.ok or seen.subject.works_with_what_is_there:
        return
    for name, usual in seen.subject.counts.items():
        if usual and seen.counts[name] == 2 * usual and not _is_sent(seen, name):
            happened = f"{while_text(seen)} {name} changed by {seen.counts[name]}, else by {usual}"
            yield breach_under(seen, happened, name)


def _is_sent(seen: Observation, name: str) -> bool:
    return isinstance(seen.probe.body, Mapping) and name in seen.probe.body


def _properties(answer: Answer, other: Answer) -> Mapping[str, Any]:
    """Return the properties of a representation that another answer has as well."""
    shown, names = answer.json, other.properties
    return {name: value for name, value in shown.items() if name in names} if isinstance(shown, dict) else {}


def _ids(answer: Answer, pointer: tuple[str, ...], resource: Resource) -> set[str]:
    found = (one.get(resource.id_property, one) if isinstance(one, dict) else one for one in items_of(answer, pointer))
    return {json.dumps(one, default=str, sort_keys=True) for one in found}


def _has_next(resource: Resource, operation: Operation, answer: Answer) -> bool:
    listing = next((one for one in resource.listings if one.operation == operation), None)
    if listing is None or listing.next_page is None:
        return False
    value = answer.json
    for key in listing.next_page.pointer:
        value = value.get(key) if isinstance(value, dict) else None
    return bool(value) or listing.next_page.style in ("offset", "page") or bool(answer.header("link"))


def _has(operation: Operation, status: int) -> bool:
    return str(status) in operation.responses


CHECKS = (
    make_fault_check(
        "documented-under-faults",
        "An answer under faults is one that the document has",
        "the document's responses, where it has any for failures",
        _answers_as_documented,
    ),
    make_fault_check(
        "faults-are-not-the-clients",
        "A failure of the database is no error of the client",
        f"{_RFC}15.5: 4xx says that the client seems to have erred",
        _not_blamed,
    ),
    make_fault_check(
        "no-leak-under-faults",
        "An error shows nothing of what is behind the API",
        "OWASP API8:2023, Security Misconfiguration",
        _no_leak,
    ),
    make_fault_check(
        "reads-do-not-lie",
        "A read that could not be made is no success: it shows what is there, or fails",
        f"{_RFC}9.3.1: GET transfers the current representation",
        _reads_do_not_lie,
    ),
    make_fault_check(
        "success-is-stored",
        "A write that was answered with 2xx is stored",
        f"{_RFC}15.3: 2xx says that the request was received, understood and accepted",
        _success_is_stored,
    ),
    make_fault_check(
        "success-needs-its-writes",
        "A request whose only work is to write is no success where none of its writes was done",
        f"{_RFC}15.3: 2xx says that the request was received, understood and accepted",
        _success_needs_its_writes,
    ),
    make_fault_check(
        "failed-writes-are-whole",
        "A write that fails is done or undone as a whole",
        f"{_RFC}9.3.4: PUT creates or replaces the state; RFC 5789, section 2: PATCH is atomic",
        _whole,
    ),
    make_fault_check(
        "no-half-writes",
        "A write of several calls leaves all or nothing, or is completed by the same request sent again",
        "RFC 5789, section 2, and DynamoDB's transactions",
        _all_or_nothing,
    ),
    make_fault_check(
        "counted-once",
        "A write counts once, also where the SDK sends a call again since its answer was lost",
        "AWS SDKs, retry behavior: a call whose answer was lost may have been done",
        _counted_once,
    ),
)
