"""Batch writes as a whole: what is refused changes nothing, and what is below another parent is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from homeport.contract.checks.batch_write_client import BatchWriteClient, find_batch_writes
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import make_below, parent_of
from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of
from homeport.project.schema.references import resolve_map

_WHOLE = re.compile(
    r"\ball[- ]or[- ](of )?(none|nothing)\b|\batomic(ally)?\b"
    r"|\b(nothing|none)( of (them|these|it))? (is|are|was|were|(has|have) been) (changed|updated|done|written|deleted)",
    re.IGNORECASE,
)
_MOST_TRIED = 8


@dataclass(frozen=True, slots=True)
class _TellingChange:
    """Properties of a batch's body that set ``field`` of each resource, or delete it: ``field`` is empty then."""

    body: Mapping[str, Any]
    field: str = ""

    def is_done(self, before: Answer, after: Answer) -> bool:
        """Return whether a resource was changed between two reads."""
        if not self.field:
            return before.ok and not after.ok
        return before.ok and after.ok and before.properties.get(self.field) != after.properties.get(self.field)


def _is_whole(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send two ids that there are, and between them one that nothing has."""
    for write in find_batch_writes(session, resource):
        words = description_of(write.operation, session.model.document)
        refusals = [resolve_map(one, session.model.document) for one in write.operation.responses.values()]
        said = any(_WHOLE.search(one) for one in (words, *(str(one.get("description", "")) for one in refusals)))
        change = _telling_change(write) if said and (write.batch.maximum or 3) >= 3 else None
        made = write.make(2) if change is not None else []
        if change is None or len(made) < 2:
            continue
        before = write.reads(made)
        answer = write.send([made[0].id, *write.unknown(1), made[1].id], change.body)
        rows = zip(made, before, write.reads(made), strict=True)
        done = [(one, after) for one, old, after in rows if change.is_done(old, after)]
        if 400 <= answer.status < 500 and done:
            one, after = done[0]
            happened = f"the batch was refused with {answer.status}, and {one.id} is "
            happened += f"changed: {change.field}" if change.field else "deleted"
            yield Breach(write.operation, happened, exchanges_of(one, answer, after), subject="whole")


def _keeps_to_its_parent(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send the id of a resource below another parent with one that is below the parent of the path."""
    owner = parent_of(resource, session.model) if resource.parents else None
    for write in find_batch_writes(session, resource) if owner is not None else ():
        other = session.make(owner) if owner is not None else None
        change = _telling_change(write) if other is not None and (write.batch.maximum or 2) >= 2 else None
        own = write.make(1) if change is not None else []
        foreign = make_below(session, other, resource) if other is not None and own else None
        if change is None or foreign is None or _above(foreign.path, resource) == _above(own[0].path, resource):
            continue
        (before,) = write.reads([foreign])
        answer = write.send([own[0].id, foreign.id], change.body)
        (after,) = write.reads([foreign])
        if change.is_done(before, after):
            happened = f"a batch below {_above(own[0].path, resource)} changed {foreign.id}, which is below "
            happened += f"{_above(foreign.path, resource)}"
            yield Breach(write.operation, happened, exchanges_of(own[0], foreign, answer, after), subject="parent")


def _above(path: Mapping[str, Any], resource: Resource) -> str:
    return ", ".join(str(path.get(name)) for name in resource.parents)


def _telling_change(write: BatchWriteClient) -> _TellingChange | None:
    """Return what a batch can do to a resource so that a read shows it, None where none was found."""
    for change in islice(_changes(write), _MOST_TRIED):
        made = write.make(1)
        if not made:
            return None
        (before,) = write.reads(made)
        if write.send([made[0].id], change.body).ok and change.is_done(before, *write.reads(made)):
            return change
    return None


def _changes(write: BatchWriteClient) -> Iterator[_TellingChange]:
    if write.batch.deletes:
        yield _TellingChange({})
        return
    session, client = write.session, ResourceClient.of(write.session, write.resource)
    document = session.model.document
    for name, part in shape_of(session.values.body_schema(write.operation), document).properties.items():
        inner = shape_of(part, document).properties
        if name in write.batch.ids:
            continue
        for field, schema in inner.items() if inner else ((name, part),):
            if field not in write.resource.fields or client.refers(field, schema):
                continue
            for value in client.plain_values(resolve_map(schema, document), field)[:2]:
                yield _TellingChange({name: {field: value}} if inner else {name: value}, field)


CHECKS = (
    Check(
        name="refused-batch-changes-nothing",
        kind="methods",
        promise="A batch write that is refused changes nothing, where the document says that it does all or nothing",
        origin="the document: the descriptions of the operation and of its responses",
        run=_is_whole,
    ),
    Check(
        name="batch-keeps-to-its-parent",
        kind="methods",
        promise="A batch write below one resource changes nothing that is below another one",
        origin="OWASP API1:2023, Broken Object Level Authorization; RFC 3986, section 1.2.3: hierarchical paths",
        run=_keeps_to_its_parent,
    ),
)
