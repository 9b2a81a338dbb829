"""A resource with an ETag, as the checks of ETags and preconditions write and read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.preconditions.entity_tags import is_entity_tag
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation


@dataclass
class TaggedResource:
    """A resource under test, as the last read showed it. ``old`` is the ETag of an earlier state, ``""``: none."""

    session: Session
    resource: Resource
    path: Mapping[str, Any]
    answers: list[Answer]
    read: Answer
    old: str = ""

    @property
    def tag(self) -> str:
        """The current ETag."""
        return self.read.header("ETag")

    def refresh(self) -> Answer:
        """Read the resource again."""
        before, answer = self.tag, self.session.read(self.resource, self.path)
        assert answer is not None
        self.read = answer
        if before and before != self.tag:
            self.old = before
        return answer

    def send(self, operation: Operation, headers: Iterable[tuple[str, str]] = ()) -> Answer:
        """Send a request to an operation, with a body that changes the resource if it is performed."""
        body = NO_BODY if operation.method in ("GET", "HEAD") else self.body(operation)
        if operation.method in ("GET", "HEAD"):
            return self.session.client.send(operation, self.path, headers=[*headers])
        return send_write(self.session, self.resource, operation, self.path, body, [*headers])

    def body(self, operation: Operation) -> Any:
        """Return a body that changes the resource."""
        return changed_body(self.session, self.resource, operation, self.read.json, self.path)


def make_tagged(session: Session, resource: Resource, *, changed: bool = False) -> TaggedResource | None:
    """Make a resource that has an ETag; ``changed``: in its second state."""
    if not has_tags(resource):
        return None
    made = session.make(resource)
    read = None if made is None else session.read(resource, made.path)
    if made is None or read is None or not read.ok:
        session.note_untested(f"no {resource.name} could be made and read")
        return None
    kept = TaggedResource(session, resource, made.path, [*made.before, made.answer], read)
    if not is_entity_tag(kept.tag):
        session.note_untested(f"the {resource.name} that is read has no ETag")
        return None
    writer = resource.change or resource.replace
    if changed and writer is not None:
        written = kept.send(writer)
        if written.ok:
            kept.answers.append(written)
            kept.refresh()
    return kept


def has_tags(resource: Resource) -> bool:
    """Return whether the document gives a resource ETags, or has them in preconditions."""
    return bool(resource.etagged or resource.conditional)
