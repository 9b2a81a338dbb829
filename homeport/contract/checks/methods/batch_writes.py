"""Batch writes: what is asked for several resources by their ids is done to each, and the answer tells of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.batch_write_client import BatchWriteClient, find_batch_writes, written_ids
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import GONE
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource

_KNOWN = 3


@dataclass(frozen=True, slots=True)
class _Done:
    """A batch that was performed on ``made``, with their reads before and after it."""

    write: BatchWriteClient
    made: Sequence[Made]
    unknown: Sequence[Any]
    answer: Answer
    before: Sequence[Answer]
    after: Sequence[Answer]


def _does_each(session: Session, resource: Resource) -> Iterator[Breach]:
    for write in find_batch_writes(session, resource):
        done = _perform(write, 2)
        if done is not None and not done.answer.ok and done.answer.status < 500:
            # Some refuse a batch as a whole that has an unknown id.
            done = _perform(write, 0)
        if done is None:
            continue
        if done.answer.status >= 500:
            happened = f"a batch of {_KNOWN} ids that there are was answered with {done.answer.status}"
            yield Breach(write.operation, happened, _exchanges(done))
        elif not done.answer.ok:
            session.note_untested(f"{write.operation.label} was answered with {done.answer.status}")
        else:
            yield from _names_each(done)
            if done.answer.status != 202 and not resource.eventual:
                yield from _was_done(done)


def _perform(write: BatchWriteClient, unknown: int) -> _Done | None:
    made = write.make(min(_KNOWN, (write.batch.maximum or _KNOWN + unknown) - unknown))
    if len(made) < 2:
        return None
    strangers = write.unknown(unknown)
    first, *rest = [one.id for one in made]
    ids = [first, *strangers[:1], *rest, *strangers[1:]]
    before = write.reads(made)
    answer = write.send(ids)
    return _Done(write, made, strangers, answer, before, write.reads(made))


def _names_each(done: _Done) -> Iterator[Breach]:
    """Hold the lists of ids that the answer has to what was asked for."""
    write, lists = done.write, done.write.lists_of(done.answer)
    known, unknown = [str(one.id) for one in done.made], [str(one) for one in done.unknown]
    missing = lists.pop(write.batch.missing, None)
    if missing is not None and sorted(missing) != sorted(unknown):
        happened = (
            f"of {_KNOWN} ids that there are and {written_ids(unknown)} that nothing has, {write.batch.missing} names "
            f"{written_ids(missing)}"
        )
        yield Breach(write.operation, happened, _exchanges(done), f"/{write.batch.missing}")
        return
    named = {one for ids in lists.values() for one in ids}
    lost = [one for one in known if one not in named]
    if lost and len(lost) < len(known):
        happened = f"the answer tells of {written_ids([one for one in known if one in named])}, and not of {lost[0]!r}"
        yield Breach(write.operation, happened, _exchanges(done), "/ids")


def _was_done(done: _Done) -> Iterator[Breach]:
    """Hold what the reads show to what the answer claims: what became of one resource became of all."""
    write = done.write
    claimed = write.done_ids(done.answer, [one.id for one in done.made])
    rows = [row for row in zip(done.made, done.before, done.after, strict=True) if str(row[0].id) in claimed]
    if write.batch.deletes:
        stays = [made for made, _, after in rows if after.ok]
        if stays and (len(stays) < len(rows) or write.deletes_singly()):
            happened = f"the answer was {done.answer.status}, and {stays[0].id!r} is still there"
            yield Breach(write.operation, happened, _exchanges(done), "/deleted")
        return
    shown = [(made, before.properties, after.properties) for made, before, after in rows if before.ok and after.ok]
    for made, old, new in shown:
        for name in sorted(old.keys() & new.keys()):
            if isinstance(old[name], str | bool) and old[name] != new[name]:
                kept = next((one for one, was, now in shown if was.get(name) == now.get(name) == old[name]), None)
                if kept is not None:
                    happened = (
                        f"{name} of {made.id!r} was changed from {old[name]!r} to {new[name]!r}, "
                        f"and that of {kept.id!r} is still {old[name]!r}"
                    )
                    yield Breach(write.operation, happened, _exchanges(done), f"/{name}")
                    return


def _takes_ids_twice(session: Session, resource: Resource) -> Iterator[Breach]:
    for write in find_batch_writes(session, resource):
        if write.batch.unique or (write.batch.maximum or 3) < 3:
            continue
        made = write.make(2)
        if len(made) < 2:
            continue
        ids = [made[0].id, made[1].id, made[0].id]
        answer = write.send(ids)
        if answer.status >= 500:
            happened = f"a batch that has an id twice was answered with {answer.status}"
            yield Breach(write.operation, happened, [*(one.answer.exchange for one in made), answer.exchange])
        elif answer.ok and (missing := write.lists_of(answer).get(write.batch.missing)):
            happened = f"a batch that has an id twice was answered with {written_ids(missing)} in {write.batch.missing}"
            yield Breach(write.operation, happened, [*(one.answer.exchange for one in made), answer.exchange])


def _exchanges(done: _Done) -> list[Any]:
    reads = [one.exchange for one in done.after if one.status in GONE or one.ok]
    return [*(one.answer.exchange for one in done.made), done.answer.exchange, *reads]


CHECKS = (
    Check(
        name="batch-write-does-each",
        kind="methods",
        promise="A batch write does the same to each resource that it was asked for, and its answer tells of each",
        origin="the document: the operation's ids, and the lists of its answer",
        run=_does_each,
    ),
    Check(
        name="batch-write-takes-ids-twice",
        kind="methods",
        promise="A batch write takes an id twice, where the document does not rule that out",
        origin="the document: uniqueItems of the ids",
        run=_takes_ids_twice,
    ),
)
