"""DELETE while DynamoDB leaves a part of a batch: a success leaves nothing that it would remove at another time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.faults.troubles import describe
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.storage.stored_items import mentions
from homeport.contract.checks.storage.tables import all_items
from homeport.contract.rest.resource import Resource
from homeport.runtime.faults import BATCHES

# A batch of one item fails as a whole.
_COUNT = 3


def _deletes_are_whole(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    if resource.delete is None or resource.single or (first := _make_with_more(client)) is None:
        return
    healthy = client.delete(first.path, _tag(client, first))
    logged = session.access.find_log(healthy.request_id) if healthy is not None and healthy.ok else None
    actions = [one for one in BATCHES if logged is not None and any(call.action == one for call in logged.calls)]
    if not actions or healthy is None or healthy.status == 202:
        return
    usual = _left_of(session, first)
    second = _make_with_more(client)
    if second is None:
        return
    tag, faults = _tag(client, second), [f"*.{action}=unprocessed:0.5" for action in actions]
    with session.access.faults(*faults):
        answer = client.delete(second.path, tag)
    if answer is None or not answer.ok:
        return
    for table, number in (_left_of(session, second) - usual).items():
        options = " ".join(describe(faults, 0))
        happened = f"while DynamoDB left half of each batch ({options}), DELETE was answered with {answer.status}, and "
        happened += f"{table} still holds {number} of its items"
        yield Breach(resource.delete, happened, exchanges_of(second, answer), table)


def _make_with_more(client: ResourceClient) -> Made | None:
    """Make a resource, change it a few times, and make some of what can be below it."""
    session, resource = client.session, client.resource
    made = client.make()
    write = resource.change or resource.replace
    for number in range(_COUNT if made is not None and write is not None else 0):
        assert made is not None and write is not None
        body = client.full(write, number, made.path)
        client.write(write, made.path, body, _tag(client, made))
    below = [one for one in session.model.resources if one.create and parent_of(one, session.model) is resource]
    for one in below * _COUNT if made is not None else ():
        assert made is not None and one.create is not None
        body = session.body(one.create, one)
        path, headers = path_below(made, one), session.headers(one.create)
        session.client.send(one.create, path, headers=headers, body=NO_BODY if body is None else body)
    return made


def _tag(client: ResourceClient, made: Made) -> str:
    read: Answer | None = client.read(made.path)
    return read.header("ETag") if read is not None and read.ok else made.answer.header("ETag")


def _left_of(session: Session, made: Made) -> Counter[str]:
    """Return how many items of each table mention a resource."""
    found = Counter[str]()
    for table, items in all_items(session).items():
        found[table] = sum(mentions(item, str(made.id)) for item in items)
    return found


CHECKS = (
    Check(
        name="deletes-are-whole",
        kind="under-faults",
        promise="A DELETE that is answered with success leaves nothing, also where DynamoDB leaves a part of a batch",
        origin="DynamoDB, BatchWriteItem: UnprocessedItems are what it left out",
        run=_deletes_are_whole,
        needs=frozenset(("stack", "tables", "log")),
    ),
)
