"""Creates with an Idempotency-Key, as the checks of keys send them.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.check import Check, Need
from homeport.contract.checks.client import NO_BODY, Answer, Client
from homeport.contract.checks.made_resource import Made, path_after
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation


@dataclass
class KeyedCreates:
    """Creates of a resource with keys. ``made`` is one that was made without a key of ours, as a pattern."""

    session: Session
    resource: Resource
    operation: Operation
    made: Made

    def new_key(self) -> str:
        """Return a key that no request has had."""
        return self.session.headers(self.operation).get(self.resource.idempotency_header) or (
            self.session.values.new_key()
        )

    def body(self, *, with_id: bool = False) -> Any:
        """Return a valid body; ``with_id``: with an id of the client's choice, where the operation takes one."""
        body, name = self.made.sent, self.resource.id_property
        if not isinstance(body, dict):
            return NO_BODY if body is None else body
        body = {key: value for key, value in body.items() if key != name}
        if with_id or (name in self.made.sent and self.needs_id):
            body[name] = self.session.values.new_id(self.resource)
        return body

    def own(self, body: Any) -> Any:
        """Return a body for one more resource: with a new id where it has one."""
        name = self.resource.id_property
        if isinstance(body, dict) and name in body:
            return {**body, name: self.session.values.new_id(self.resource)}
        return body

    @property
    def takes_id(self) -> bool:
        """The fact that a client may choose the id."""
        schema = self.session.values.body_schema(self.operation) or {}
        return bool(self.resource.id_property) and self.resource.id_property in schema.get("properties", {})

    @property
    def needs_id(self) -> bool:
        """The fact that a client must choose the id."""
        schema = self.session.values.body_schema(self.operation) or {}
        return self.resource.id_property in schema.get("required", ())

    def refill(self, client: Client | None = None) -> list[Answer]:
        """Repeat the writes without which a create is rejected."""
        answers = []
        for one in self.made.before:
            target = one.exchange.url.removeprefix(one.exchange.base)
            raw = one.exchange.body or None
            sender = client or self.session.client
            media_type = "application/json" if raw else ""
            answers.append(sender.send(one.operation, target=target, raw=raw, media_type=media_type))
        return answers

    def send(self, key: str, body: Any, client: Client | None = None, raw: bytes | None = None) -> Answer:
        """Send a create with a key."""
        name = self.resource.idempotency_header
        headers = {**self.session.headers(self.operation), **({name: key} if name else {})}
        return (client or self.session.client).send(
            self.operation,
            self._parents,
            query=self.session.query(self.operation),
            headers=headers,
            body=body,
            raw=raw,
            media_type="application/json" if raw is not None else "",
        )

    def id_of(self, answer: Answer) -> Any:
        """Return the id of the resource that an answer shows, None where it shows none."""
        path = path_after(self.resource, self.operation, self._parents, None, answer) if answer.ok else None
        return None if path is None else path.get(self.resource.id_parameter)

    def read(self, answer: Answer) -> Answer | None:
        """Return the read of the resource that an answer shows."""
        return self.session.read(self.resource, {**self._parents, self.resource.id_parameter: self.id_of(answer)})

    def count_items(self) -> Mapping[str, int]:
        """Return how many items each table has, empty without a stack."""
        if self.session.stack is None:
            return {}
        return {name: len(self.session.stack.items(name)) for name in self.session.project.resources.tables}

    @property
    def _parents(self) -> dict[str, Any]:
        return {name: value for name, value in self.made.path.items() if name in self.resource.parents}


def find_creates(session: Session, resource: Resource) -> KeyedCreates | None:
    """Make a resource and return further creates of its kind; None where it can't be made by POST.

    What is there at first (a seeded cart) may let one be made without the writes that the next one needs.
    """
    made = session.make(resource) if resource.create is not None else None
    if made is not None and not made.before and len(session.model.resources) > 1:
        made = session.make(resource)
    return None if made is None or resource.create is None else KeyedCreates(session, resource, resource.create, made)


def find_keyed(session: Session, resource: Resource) -> KeyedCreates | None:
    """Return creates of a resource with keys, None where its create takes none or could not be performed."""
    return find_creates(session, resource) if resource.idempotency_header else None


def make_key_check(name: str, promise: str, run: Any, needs: frozenset[Need] = frozenset()) -> Check:
    """Return a check of keys."""
    origin = "draft-ietf-httpapi-idempotency-key-header, section 2, and the document's header"
    return Check(name, "preconditions", promise, origin, run, needs)


def shown_text(answer: Answer) -> str:
    """Return the beginning of an answer's body."""
    return answer.body.decode(errors="replace")[:120]
