"""Batch creates: the entries that a batch is said to have taken are in the list, with the values that were sent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.entry_batches import EntryBatch, SentBatch, entry_batches, instant_of
from homeport.contract.checks.equality import show_value
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource

_FEW, _MANY = 4, 20


def _taken_is_listed(session: Session, resource: Resource) -> Iterator[Breach]:
    for batch in entry_batches(session, resource):
        count = min(_FEW, batch.create.maximum or _FEW)
        sent = batch.send(batch.entries(count))
        if sent.taken != count:
            session.note_untested(f"{sent.answer.operation.id} took {sent.taken or 0} of {count} entries")
            continue
        found = list(_lost_or_changed(batch, sent))
        yield from found
        if found:
            continue
        mixed = batch.send(batch.entries(count * 2, odd=count + 1)[count:])
        there = len(mixed.entries) - len(batch.missing(mixed))
        if mixed.taken is not None and mixed.walk.complete and there < mixed.taken:
            happened = (
                f"of {len(mixed.entries)} entries, one of a year to come, the answer says that {mixed.taken} were "
            )
            yield Breach(
                mixed.answer.operation, f"{happened}taken, and the list has {there}", mixed.exchanges(), "mixed"
            )


def _lost_or_changed(batch: EntryBatch, sent: SentBatch) -> Iterator[Breach]:
    operation = sent.answer.operation
    lost = batch.missing(sent)
    if lost and sent.walk.complete:
        happened = f"the answer says that all {len(sent.entries)} entries were taken, and the list lacks {len(lost)}"
        yield Breach(operation, f"{happened}, {show_value(lost[0])} first", sent.exchanges(), "lost")
        return
    name = batch.times[0]
    shown = {instant_of(one.get(name)): one for one in sent.walk.entries if isinstance(one, dict)}
    for one in sent.entries:
        other = shown.get(instant_of(one[name]), {})
        for key in other.keys() & one.keys():
            if _is_number(one[key]) and other[key] != one[key]:
                happened = f"{key} was sent as {show_value(one[key])}, the list has {show_value(other[key])}"
                yield Breach(operation, happened, sent.exchanges(), f"/{key}")
                return


def _nothing_unprocessed(session: Session, resource: Resource) -> Iterator[Breach]:
    for batch in entry_batches(session, resource):
        with session.access.faults("*.BatchWriteItem=unprocessed:0.5", seed=1):
            sent = batch.send(batch.entries(min(_MANY, batch.create.maximum or _MANY)))
        lost = batch.missing(sent)
        if sent.taken == len(sent.entries) and sent.walk.complete and lost:
            happened = (
                f"while DynamoDB left a part of each batch unprocessed, the answer says that all {len(sent.entries)} "
                f"entries were taken, and the list lacks {len(lost)}"
            )
            yield Breach(sent.answer.operation, happened, sent.exchanges(), "unprocessed")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


CHECKS = (
    Check(
        name="batch-entries-are-listed",
        kind="methods",
        promise="What a batch is said to have taken is in the list, each entry with the values that were sent",
        origin="the document: the entries of the body are those of the list; RFC 9110, section 9.3.3",
        run=_taken_is_listed,
    ),
    Check(
        name="batch-leaves-nothing-unprocessed",
        kind="under-faults",
        promise="A batch of which DynamoDB left a part unprocessed is not said to be taken while entries are missing",
        origin="DynamoDB: UnprocessedItems are what a BatchWriteItem left out",
        run=_nothing_unprocessed,
        needs=frozenset(("stack",)),
    ),
)
