"""``BatchWriteClient``: one batch write of a resource, as the checks send it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import GONE, ResourceClient
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import BatchWrite, Resource
from homeport.project.model import Operation

_UNDONE = re.compile(r"fail|error|skip|reject|refus|unprocessed|remaining|invalid|conflict|missing|notfound|unknown")


@dataclass(frozen=True, slots=True)
class BatchWriteClient:
    """A batch write of ``resource``."""

    session: Session
    resource: Resource
    batch: BatchWrite

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.batch.operation

    def make(self, count: int) -> list[Made]:
        """Make resources for one batch, fewer where the API refuses."""
        made = (self.session.make(self.resource) for _ in range(count))
        return [one for one in made if one is not None and one.id is not None]

    def unknown(self, count: int) -> list[Any]:
        """Return ids that nothing has."""
        return [self.session.values.new_id(self.resource) for _ in range(count)]

    def send(self, ids: Sequence[Any], change: Mapping[str, Any] | None = None) -> Answer:
        """Send the batch, to resources below the parents that a run shares; ``change`` are properties of its body."""
        session, body = self.session, list[Any](ids)
        sent: Any = body
        for key in self.batch.ids:
            plain_body = session.body(self.operation, self.resource)
            sent = {**(plain_body if isinstance(plain_body, dict) else {}), **(change or {}), key: body}
        headers, query = session.headers(self.operation), session.query(self.operation)
        path = session.parents_of(self.resource) or {}
        return session.client.send(self.operation, path, query=query, headers=headers, body=sent)

    def reads(self, made: Sequence[Made]) -> list[Answer]:
        """Return the reads of resources; the answers of the writes where the API has no read."""
        client = ResourceClient.of(self.session, self.resource)
        return [client.show(one.path, one.answer) for one in made]

    def lists_of(self, answer: Answer) -> dict[str, list[str]]:
        """Return the lists of ids that an answer has, by their properties."""
        lists = {name: one for name, one in answer.properties.items() if isinstance(one, list)}
        return {
            name: [str(id_) for id_ in one]
            for name, one in lists.items()
            if all(isinstance(id_, str | int) for id_ in one)
        }

    def done_ids(self, answer: Answer, ids: Sequence[Any]) -> list[str]:
        """Return those of some ids that were done by the answer: all, where it names none."""
        lists, known = self.lists_of(answer), [str(one) for one in ids]
        undone = {one for name, found in lists.items() if _UNDONE.search(plain(name)) for one in found}
        done = {one for name, found in lists.items() if not _UNDONE.search(plain(name)) for one in found}
        return [one for one in known if one not in undone and (one in done or not done)]

    def deletes_singly(self) -> bool:
        """Return whether a resource that DELETE was called for can't be read; some services keep it."""
        client = ResourceClient.of(self.session, self.resource)
        made = self.session.make(self.resource) if self.resource.delete and self.resource.read else None
        deleted = client.delete(made.path) if made is not None else None
        read = client.read(made.path) if made is not None and deleted is not None and deleted.ok else None
        return read is not None and read.status in GONE


def find_batch_writes(session: Session, resource: Resource) -> Iterator[BatchWriteClient]:
    """Yield the batch writes of a resource that can be read."""
    for batch in session.model.batch_writes:
        if batch.resource == resource.name and resource.read is not None and resource.create is not None:
            yield BatchWriteClient(session, resource, batch)


def written_ids(ids: Sequence[str]) -> str:
    """Return ids as a sentence has them."""
    return ", ".join(ids) or "none"
