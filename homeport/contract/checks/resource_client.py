"""``ResourceClient``: the operations on one kind of resource, as a check uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.client import NO_BODY, Answer, Client
from homeport.contract.checks.equality import MISSING, Equality
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.infer import keyed_by_name, owner_of
from homeport.contract.rest.lifetimes import is_lifetime
from homeport.contract.rest.names import singular
from homeport.contract.rest.resource import BatchRead, Field, Listing, Resource
from homeport.contract.rest.shapes import needs_if_match, value_at
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

GONE = frozenset((403, 404, 410))
"""The statuses of a resource that is not there; some services answer 403 for what nobody may see."""

_PAGES = 60
# A document may allow any number up to the largest integer.
_LARGEST_PAGE = 1000
_DEEPEST = 3


@dataclass
class ResourceClient:
    """The operations on ``resource`` by one user."""

    session: Session
    resource: Resource
    client: Client

    @classmethod
    def of(cls, session: Session, resource: Resource) -> ResourceClient:
        """Return the operations by the run's first user."""
        return cls(session, resource, session.client)

    @property
    def equality(self) -> Equality:
        """Equality by the API's document."""
        return Equality(self.session.model.document)

    @property
    def has_own_ids(self) -> bool:
        """Return whether clients choose the ids of resources: in the body of a create, or by PUT."""
        resource = self.resource
        found = resource.fields.get(resource.id_property)
        return resource.creates_by_put or self._may_write_id(found.written if found else frozenset())

    def _may_write_id(self, written: Iterable[str]) -> bool:
        return self.resource.create is not None and self.resource.create.id in written

    def make(self, **changes: Any) -> Made | None:
        """Make a resource; None where the API refuses, which is noted."""
        return self.session.make(self.resource, self.client, **changes)

    def read(self, path: Mapping[str, Any]) -> Answer | None:
        """Return the answer of a read, None where the API has no such operation."""
        read, session = self.resource.read, self.session
        if read is None:
            return None
        return self.client.send(read, path, query=session.query(read), headers=session.headers(read))

    def show(self, path: Mapping[str, Any], written: Answer) -> Answer:
        """Return an answer with the resource as it is now: that of a read, or that of the write where there is none."""
        return self.read(path) or written

    def make_full(self, number: int = 0) -> Made | None:
        """Make a resource whose every property has a value, or else a plain one."""
        operation = self.resource.whole_write
        body = None if operation is None else self.full(operation, number)
        body = body if isinstance(body, dict) else {}
        return (
            self.make(**{name: one for name, one in body.items() if name != self.resource.id_property}) or self.make()
        )

    def write(self, operation: Operation, path: Mapping[str, Any], body: Any = NO_BODY, tag: str = "") -> Answer:
        """Return the answer of PUT, PATCH or an action. An operation that requires If-Match gets ``tag``, or ``*``."""
        session = self.session
        headers, query = {**session.headers(operation), **_match_header(operation, tag)}, session.query(operation)
        body = session.with_version(self.resource, operation, path, body)
        return self.client.send(operation, path, query=query, headers=headers, body=body)

    def perform(self, operation: Operation, path: Mapping[str, Any], tag: str = "") -> Answer:
        """Return the answer of an action with its usual body. If-Match gets ``tag`` as with ``write``."""
        body = self.session.body(operation, self.resource)
        return self.write(operation, path, NO_BODY if body is None else body, tag)

    def delete(self, path: Mapping[str, Any], tag: str = "") -> Answer | None:
        """Return the answer of DELETE, None where the API has no such operation."""
        return None if self.resource.delete is None else self.write(self.resource.delete, path, tag=tag)

    def body(self, operation: Operation, path: Mapping[str, Any], **changes: Any) -> Any:
        """Return a valid body of a write to an existing resource: its id, if it has one, is the path's."""
        value = self.session.body(operation, self.resource, **changes)
        name = self.resource.id_property
        if isinstance(value, dict) and name in value and self.resource.id_parameter in path:
            value = {**value, name: path[self.resource.id_parameter]}
        return value

    def full(self, operation: Operation, number: int, path: Mapping[str, Any] | None = None) -> Any:
        """Return a body that has every property, each with a plain value that is not its default.

        Bodies with different numbers differ in every property that has several values. None: no JSON object.
        """
        value = self.body(operation, path or {})
        if not isinstance(value, dict):
            return None
        for field in self.resource.fields.values():
            if field.name == self.resource.id_property or operation.id not in field.written or field.server_set:
                continue
            if self.is_bound(field.name, field.schema):
                continue
            choices = self.choices(operation, field, field.default)
            if choices:
                value = {**value, field.name: choices[number % len(choices)]}
        return self.session.fit(operation, self.resource, value)

    def least(self, operation: Operation, path: Mapping[str, Any] | None = None, **changes: Any) -> Any:
        """Return a body that has only the properties that it must have, and ``changes``. None: no JSON object."""
        value = self.body(operation, path or {}, **changes)
        if not isinstance(value, dict):
            return None
        required = {
            field.name for field in self.resource.fields.values() if operation.id in field.required
        } | changes.keys()
        return {name: one for name, one in value.items() if name in required}

    def is_bound(self, name: str, schema: Any) -> bool:
        """Return whether not every valid value of a property will do, as its name or refused creates have shown."""
        return is_lifetime(name) or self.refers(name, schema) or name in self._fixed_names()

    def _fixed_names(self) -> frozenset[str]:
        operation = self.resource.whole_write
        if operation is None:
            return frozenset()
        free = {
            field.name: self.choices(operation, field)
            for field in self.resource.fields.values()
            if operation.id in field.written
            and field.name not in (self.resource.id_property, self.resource.version)
            and not self.refers(field.name, field.schema)
        }
        return self.session.fixed_values(self.resource, free)

    def refers(self, name: str, schema: Any, depth: int = 0) -> bool:
        """Return whether a property holds the id of another resource, or has one inside: not any value will do."""
        resources = self.session.model.resources
        owner = owner_of(name, resources) or owner_of(singular(name), resources) or keyed_by_name(name, resources)
        if owner is not None and owner.name != self.resource.name:
            return True
        inner: list[tuple[str, Any]] = []
        for part in self.equality.parts(schema) if depth < _DEEPEST else ():
            inner += [*(part.get("properties") or {}).items(), ("", part.get("items"))]
        return any(self.refers(key, one, depth + 1) for key, one in inner if one is not None)

    def choices(self, operation: Operation, field: Field, *unwanted: Any) -> list[Any]:
        """Return a few values of a property that an operation takes, without ``unwanted`` ones."""
        schema = self.sent_schema(operation, field.name) or field.schema
        key = f"resource_client/{operation.id}/{field.name}/{self.session.round}"
        known: list[Any] | None = self.session.shared.get(key)
        if known is None:
            known = self.session.shared[key] = self.plain_values(schema, field.name)
        return [one for one in known if not any(self.equality.equal(one, other, schema) for other in unwanted)]

    def plain_values(self, schema: Any, name: str) -> list[Any]:
        """Return a few valid values of a property that no service has trouble with, without null and empty ones."""
        found: list[Any] = []
        for value in self._plain(schema, name):
            if value in (None, "", [], {}) or not self.session.values.is_valid(value, schema):
                continue
            if not any(self.equality.equal(value, other, schema) for other in found):
                found.append(value)
            if len(found) == 5:
                break
        return found

    def _plain(self, schema: Any, name: str) -> Iterator[Any]:
        if not is_lifetime(name):
            yield from self._simple(schema)
        for _ in range(6):
            yield self.session.values.valid(schema, name)
        yield from self.session.values.telling(schema, name)

    def _simple(self, schema: Any) -> Iterator[Any]:
        for part in self.equality.parts(schema):
            yield from part.get("enum") or ()
            if "example" in part:
                yield part["example"]
            if part.get("type") == "boolean":
                yield from (True, False)

    def sent_schema(self, operation: Operation, name: str) -> Any:
        """Return the schema of a property in an operation's request body, None where it has none."""
        schema = self.session.values.body_schema(operation)
        return None if schema is None else self.equality.property_schema(schema, name)

    def find_in_list(self, listing: Listing, ids: Iterable[Any], **query: Any) -> tuple[dict[Any, Any], Answer | None]:
        """Return those of some resources that a list has on any page, by id, and the answer of its last page."""
        wanted, found, last = {str(one) for one in ids}, dict[Any, Any](), None
        for answer in self.pages(listing, **query):
            last = answer
            for one in items_at(answer.json, listing.items):
                id_ = str(one.get(self.resource.id_property)) if isinstance(one, Mapping) else ""
                if id_ in wanted:
                    found[id_] = one
            if found.keys() >= wanted:
                break
        return found, last

    def list_query(self, listing: Listing, shown: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the query of a list that must have a resource, None where a required parameter is not known."""
        fields = {one.parameter: one.field for one in listing.filters}
        query = {name: shown.get(fields.get(name, ""), MISSING) for name in listing.required}
        by_default = {name: shown.get(fields.get(name, "")) for name in listing.defaults}
        query |= {name: value for name, value in by_default.items() if value is not None}
        return None if MISSING in query.values() or None in query.values() else query

    def pages(self, listing: Listing, **query: Any) -> Iterator[Answer]:
        """Yield the answers of a list's pages, the largest that there are, 60 at most."""
        asked: dict[str, Any] = dict(query)
        if listing.limit is not None:
            asked.setdefault(listing.limit.parameter, min(listing.limit.maximum or 100, _LARGEST_PAGE))
        way, number = listing.next_page, 0
        for _ in range(_PAGES):
            answer = self.client.send(listing.operation, query=asked)
            yield answer
            items = items_at(answer.json, listing.items)
            number += len(items)
            if way is None or not answer.ok or not items:
                return
            if way.style == "token":
                token = value_at(answer.json, way.pointer)
                if token in (None, ""):
                    return
                asked[way.parameter] = token
            elif way.style in ("offset", "page"):
                asked[way.parameter] = number if way.style == "offset" else asked.get(way.parameter, way.first) + 1
            else:
                return

    def batch(self, batch_read: BatchRead, ids: Iterable[Any]) -> tuple[dict[Any, Any], Answer]:
        """Return those of some resources that a batch read has, by id, and its answer."""
        if batch_read.parameter:
            answer = self.client.send(batch_read.operation, query=batch_read.query(ids))
        else:
            body: Any = list(ids)
            for key in reversed(batch_read.ids):
                body = {key: body}
            answer = self.client.send(batch_read.operation, body=body)
        items = items_at(answer.json, batch_read.items)
        name = self.resource.id_property
        return {str(one.get(name)): one for one in items if isinstance(one, Mapping)}, answer


def exchanges_of(*parts: Answer | Made | None) -> list[HttpExchange]:
    """Return the exchanges of answers, and those by which resources were made, each once; None is left out."""
    found: dict[int, HttpExchange] = {}
    for part in parts:
        answers = () if part is None else (*part.before, part.answer) if isinstance(part, Made) else (part,)
        found.update({id(one): one.exchange for one in answers})
    return list(found.values())


def description_of(operation: Operation, document: Mapping[str, Any]) -> str:
    """Return what the document says of an operation in words."""
    found: Any = value_at(document, ("paths", *operation.document_path[1:])) or {}
    return f"{found.get('summary', '')}\n{found.get('description', '')}"


def conflict_text(session: Session, operation: Operation) -> str:
    """Return what the document says of an operation's 409."""
    found = resolve_map(operation.responses.get("409"), session.model.document)
    return " ".join(str(found.get("description") or "").split())


def items_at(value: Any, keys: Iterable[str]) -> list[Any]:
    """Return the array to which keys lead, an empty one where they lead to none."""
    found = value_at(value, keys)
    return found if isinstance(found, list) else []


def _match_header(operation: Operation, tag: str) -> dict[str, str]:
    """Return If-Match with a tag for an operation that requires it."""
    names = [one.name for one in operation.parameters if one.place == "header" and one.name.lower() == "if-match"]
    return dict.fromkeys(names, tag) if tag and needs_if_match(operation) else {}
