"""Batch writes under faults: what DynamoDB did not do is not reported as done, nor what it did not read as missing."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.checks.batch_write_client import BatchWriteClient, find_batch_writes
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.faults.troubles import describe
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.runtime.faults import BATCHES

_COUNT = 4


def _tells_the_truth(session: Session, resource: Resource) -> Iterator[Breach]:
    for write in find_batch_writes(session, resource):
        made = write.make(2)
        answer = write.send([one.id for one in made]) if len(made) == 2 else None
        logged = session.access.find_log(answer.request_id) if answer is not None and answer.ok else None
        # Some services keep what was deleted, for a while.
        is_gone = write.batch.deletes and not any(one.ok for one in write.reads(made))
        for action in dict.fromkeys(call.action for call in logged.calls) if logged is not None else ():
            kinds = ("unprocessed:0.5", "AccessDeniedException") if action in BATCHES else ("AccessDeniedException",)
            for kind in kinds:
                yield from _judge(write, f"*.{action}={kind}", is_gone=is_gone)


def _judge(write: BatchWriteClient, fault: str, *, is_gone: bool) -> Iterator[Breach]:
    made = write.make(min(_COUNT, write.batch.maximum or _COUNT))
    with write.session.access.faults(fault):
        answer = write.send([one.id for one in made])
    if not made or not answer.ok or answer.status == 202:
        return
    missing = write.lists_of(answer).get(write.batch.missing, [])
    claimed = write.done_ids(answer, [one.id for one in made])
    for one, read in zip(made, write.reads(made), strict=True):
        is_wrong = "there, and named as missing" if str(one.id) in missing else ""
        if is_gone and str(one.id) in claimed:
            is_wrong = "said to be deleted, and still there"
        if read.ok and is_wrong:
            options = " ".join(describe([fault], 0))
            happened = f"while DynamoDB failed ({options}), the answer was {answer.status}: {one.id!r} is {is_wrong}"
            yield Breach(write.operation, happened, [one.answer.exchange, answer.exchange, read.exchange], fault)
            return


CHECKS = (
    Check(
        name="batch-write-tells-the-truth",
        kind="under-faults",
        promise="A batch write that DynamoDB did in part reports nothing as done or missing that is not",
        origin="DynamoDB: UnprocessedItems and UnprocessedKeys are what a batch left out",
        run=_tells_the_truth,
        needs=frozenset(("stack", "log")),
    ),
)
