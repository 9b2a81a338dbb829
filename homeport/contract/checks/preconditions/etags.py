"""ETags: a representation has one of its own, and the answer of a write has that of the next read.

https://www.rfc-editor.org/rfc/rfc9110#name-etag
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.changes import changeable_fields, changed_body, other_value, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import describe_changes
from homeport.contract.checks.preconditions.entity_tags import is_entity_tag, is_weak, opaque
from homeport.contract.checks.preconditions.tagged_resource import TaggedResource, has_tags, make_tagged
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_MOST_FIELDS = 8
_States = list[tuple[Answer | None, Answer]]
"""The states of a resource: a write, None for none, and the read after it."""


def _walk(session: Session, resource: Resource) -> _States:
    """Return writes on a resource, each with the read after it, once for both checks of a round."""
    walks: dict[tuple[str, int], _States] = session.shared.setdefault("etags/walks", {})
    key = (resource.name, session.round)
    if key not in walks:
        walks[key] = _write_and_read(session, resource)
    return walks[key]


def _write_and_read(session: Session, resource: Resource) -> _States:
    """Return writes with the reads after them: back and forth, failing ones, the resource's end and new start."""
    kept = make_tagged(session, resource)
    if kept is None:
        return []
    states: _States = [(kept.answers[-1], kept.read), (None, kept.refresh())]
    states += ((write, kept.refresh()) for write in _writes_back_and_forth(kept))
    states += ((write, kept.refresh()) for write in (kept.send(action) for action in resource.actions))
    for operation in (resource.replace, resource.change):
        if operation is not None:
            failing = session.client.send(operation, kept.path, raw=b"{", media_type="application/json")
            states.append((failing, kept.refresh()))
    if resource.delete is not None and send_write(session, resource, resource.delete, kept.path).ok:
        again = _make_again(session, resource, kept)
        if again is not None and again.ok:
            states.append((again, kept.refresh()))
    return [(write, read) for write, read in states if read.ok]


def _writes_back_and_forth(kept: TaggedResource) -> Iterator[Answer]:
    """Yield the answers of writes that change a resource, change it back, and change it again."""
    first = kept.read.properties
    for operation in (kept.resource.replace, kept.resource.change):
        there = None if operation is None else kept.body(operation)
        if operation is None or not isinstance(there, dict):
            continue
        back = {name: first.get(name, value) for name, value in there.items()}
        for body in (there, back, there):
            yield send_write(kept.session, kept.resource, operation, kept.path, body)
    yield from _writes_of_each_property(kept)


def _writes_of_each_property(kept: TaggedResource) -> Iterator[Answer]:
    """Yield the answers of writes that change one property each: an ETag may be made of some of them only."""
    operation = kept.resource.change or kept.resource.replace
    whole = kept.body(operation) if operation is not None else None
    if operation is None or not isinstance(whole, dict):
        return
    current = dict(kept.read.json) if isinstance(kept.read.json, dict) else {}
    fields = changeable_fields(kept.session, kept.resource, operation)
    for name, schema in list(fields.items())[:_MOST_FIELDS]:
        value = other_value(kept.session, schema, current.get(name, whole.get(name)), name)
        if value is not None:
            whole = {**whole, name: value}
            body = {name: value} if operation is kept.resource.change else whole
            yield send_write(kept.session, kept.resource, operation, kept.path, body)


def _make_again(session: Session, resource: Resource, kept: TaggedResource) -> Answer | None:
    """Make a resource again that was deleted, under its id and with its first content."""
    made = kept.answers[-1].exchange if kept.answers else None
    if resource.create is not None and made is not None:
        body = session.body(resource.create, resource)
        if isinstance(body, dict) and resource.id_property in body:
            again = {**body, resource.id_property: kept.path[resource.id_parameter]}
            return session.client.send(resource.create, _parents(resource, kept.path), body=again)
    if resource.replace is not None and resource.creates_by_put:
        return session.client.send(resource.replace, kept.path, body=kept.body(resource.replace))
    return None


def _parents(resource: Resource, path: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in path.items() if name in resource.parents}


def _tag_syntax(session: Session, resource: Resource) -> Iterator[Breach]:
    made = session.make(resource) if has_tags(resource) else None
    if made is None:
        return
    answers = [made.answer]
    if (read := session.read(resource, made.path)) is not None and read.ok:
        answers.append(read)
        for operation in resource.writes:
            body = changed_body(session, resource, operation, read.json, made.path)
            answers.append(send_write(session, resource, operation, made.path, body))
    for answer in answers:
        tag = answer.header("ETag")
        if not answer.ok:
            continue
        if tag and not is_entity_tag(tag):
            yield Breach(answer.operation, f"the ETag is {tag}", (answer.exchange,), "syntax")
        elif not tag and _documents_etag(answer.operation, answer.status):
            happened = f"the document has an ETag for {answer.status}; the answer had none"
            yield Breach(answer.operation, happened, (answer.exchange,), "missing")


def _documents_etag(operation: Operation, status: int) -> bool:
    response = operation.responses.get(str(status)) or {}
    return any(name.lower() == "etag" for name in response.get("headers", {}))


def _write_tells_next_tag(session: Session, resource: Resource) -> Iterator[Breach]:
    for write, read in _walk(session, resource):
        if write is None or not write.ok or not write.header("ETag"):
            continue
        if write.header("ETag") != read.header("ETag"):
            happened = (
                f"the write was answered with the ETag {write.header('ETag')}, the read with {read.header('ETag')}"
            )
            yield Breach(write.operation, happened, (write.exchange, read.exchange), "ETag of the write")


def _tag_follows_representation(session: Session, resource: Resource) -> Iterator[Breach]:
    states = _walk(session, resource)
    seen: list[tuple[Answer | None, Answer]] = []
    for write, read in states:
        label = resource.read if write is None else write.operation
        for _, earlier in seen:
            if _shares_tag(resource, earlier, read):
                changed = describe_changes(earlier.json, read.json)
                happened = f"the ETag {read.header('ETag')} is that of two representations: {changed}"
                made = () if write is None else (write.exchange,)
                yield Breach(label or read.operation, happened, (earlier.exchange, *made, read.exchange), "same ETag")
                return
        if seen and (write is None or not write.ok):
            before = seen[-1][1]
            if before.json == read.json and before.header("ETag") != read.header("ETag"):
                how = "a read" if write is None else f"a refused write ({write.status})"
                happened = f"{how} changed the ETag from {before.header('ETag')} to {read.header('ETag')}"
                made = () if write is None else (write.exchange,)
                yield Breach(label or read.operation, happened, (before.exchange, *made, read.exchange), "other ETag")
                return
        seen.append((write, read))


def _shares_tag(resource: Resource, one: Answer, other: Answer) -> bool:
    """Return whether two different representations have one tag; of a weak one, only clients' properties count."""
    tag = one.header("ETag")
    if not tag or opaque(tag) != opaque(other.header("ETag")):
        return False
    if not is_weak(tag) or not isinstance(one.json, dict) or not isinstance(other.json, dict):
        return bool(one.json != other.json)
    names = [name for name, known in resource.fields.items() if known.written]
    return any(one.json.get(name) != other.json.get(name) for name in names)


CHECKS = (
    Check(
        name="etag-well-formed",
        kind="preconditions",
        promise="An ETag is a quoted text, and is there where the document has it",
        origin="RFC 9110, section 8.8.3",
        run=_tag_syntax,
    ),
    Check(
        name="etag-of-write-is-that-of-read",
        kind="preconditions",
        promise="The ETag of a write's answer is the one with which the resource is read afterwards",
        origin="RFC 9110, sections 9.3.4 and 15.3.2",
        run=_write_tells_next_tag,
    ),
    Check(
        name="etag-tells-states-apart",
        kind="preconditions",
        promise="An ETag changes when the representation does, and not otherwise",
        origin="RFC 9110, section 8.8.1",
        run=_tag_follows_representation,
    ),
)
