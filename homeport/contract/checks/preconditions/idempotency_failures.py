"""Idempotency-Key in trouble: the database fails, its answer gets lost, or two requests come at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from homeport.contract.checks.check import Breach, Need
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import READS, count_calls, overlap
from homeport.contract.checks.equality import describe_changes
from homeport.contract.checks.preconditions.keyed_creates import KeyedCreates, find_keyed, make_key_check, shown_text
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource

_STACK: frozenset[Need] = frozenset(("stack", "tables"))
_GIVES_WAY = frozenset((409, 425, 429, 503))
"""Statuses of a request whose key another one is being performed with."""

_MOST_CALLS = 2


def _database_failure_keeps_key(session: Session, resource: Resource) -> Iterator[Breach]:
    yield from _after_fault(session, resource, "ThrottlingException")


def _lost_answer_keeps_key(session: Session, resource: Resource) -> Iterator[Breach]:
    yield from _after_fault(session, resource, "lost")


def _after_fault(session: Session, resource: Resource, kind: str) -> Iterator[Breach]:
    """Yield a breach where a request that a fault of the database ended can't be repeated with its key."""
    keyed = find_keyed(session, resource)
    if keyed is None:
        return
    normal = _writes_of(keyed)
    if normal is None:
        return
    targets, most = normal
    for target in targets[-1:] if kind == "lost" else targets:
        key, body = keyed.new_key(), keyed.body(with_id=keyed.takes_id)
        filled = [one.exchange for one in keyed.refill()]
        stored = keyed.count_items()
        with session.access.faults(f"{target}={kind}"):
            first = keyed.send(key, body)
        again = keyed.send(key, body)
        exchanges = [*filled, first.exchange, again.exchange]
        about = f"after {target} failed ({kind}; {first.status})"
        read = keyed.read(again) if again.ok else None
        added = {name: count - stored[name] for name, count in keyed.count_items().items()}
        if not again.ok:
            happened = f"{about}, the same request was answered with {again.status}: {shown_text(again)}"
            yield Breach(keyed.operation, happened, exchanges, kind)
        elif read is not None and not read.ok:
            happened = f"{about}, the same request was answered with {again.status}, but is read with {read.status}"
            yield Breach(keyed.operation, happened, [*exchanges, read.exchange], kind)
        elif any(count > most[name] for name, count in added.items()):
            happened = f"{about}, the two requests added {_counts(added)} items in place of {_counts(most)}"
            yield Breach(keyed.operation, happened, exchanges, kind)


def _writes_of(keyed: KeyedCreates) -> tuple[list[str], Mapping[str, int]] | None:
    """Return the writing database calls of a create (``ItemsTable.PutItem``), and how many items it adds to a table."""
    keyed.refill()
    stored = keyed.count_items()
    answer, calls = count_calls(
        keyed.session.access, partial(keyed.send, keyed.new_key(), keyed.body(with_id=keyed.takes_id))
    )
    if not answer.ok:
        keyed.session.note_untested(f"a create with a key was answered with {answer.status}")
        return None
    targets = [call for call in dict.fromkeys(calls) if not call.endswith(READS)]
    return targets, {name: count - stored[name] for name, count in keyed.count_items().items()}


def _two_at_once(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    if keyed is None:
        return
    keyed.refill()
    _, calls = count_calls(session.access, partial(keyed.send, keyed.new_key(), keyed.body()))
    for number in range(len(calls), max(len(calls) - _MOST_CALLS, 0), -1):
        key, body = keyed.new_key(), keyed.body()
        keyed.refill()
        one = partial(keyed.send, key, body)
        found = overlap(session.access, one, one, number)
        if found is None:
            continue
        last = keyed.send(key, body)
        if happened := _unlike(keyed, found.first, found.second, last):
            about = f"the first request waited before call {number} ({found.call}) while the second was performed"
            exchanges = (found.second.exchange, found.first.exchange, last.exchange)
            yield Breach(keyed.operation, f"{about}: {happened}", exchanges)
            return


def _unlike(keyed: KeyedCreates, first: Answer, second: Answer, last: Answer) -> str:
    """Return how requests with one key at once went wrong, ``""`` where they did not."""
    ids = [keyed.id_of(answer) for answer in (first, second, last) if answer.ok]
    if len(set(ids)) > 1:
        return f"they made {' and '.join(map(repr, dict.fromkeys(ids)))}"
    for answer in (first, second):
        if not answer.ok and answer.status not in _GIVES_WAY:
            return f"the answers were {first.status} (it waited) and {second.status}"
    if first.ok and second.ok and first.json != second.json:
        return f"the answer that waited is not the other one: {describe_changes(second.json, first.json)}"
    if not last.ok:
        return f"the answers were {first.status} and {second.status}, and afterwards {last.status} for the same request"
    return ""


def _counts(added: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in added.items() if count) or "no"


CHECKS = (
    make_key_check(
        "key-after-database-failure",
        "A request that the database let fail can be repeated with its Idempotency-Key",
        _database_failure_keeps_key,
        _STACK,
    ),
    make_key_check(
        "key-after-lost-answer",
        "A request whose answer from the database got lost can be repeated with its Idempotency-Key",
        _lost_answer_keeps_key,
        _STACK,
    ),
    make_key_check(
        "key-twice-at-once", "Two requests at once with one Idempotency-Key make one resource", _two_at_once, _STACK
    ),
)
