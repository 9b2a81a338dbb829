"""``Probe``: a request that an operation accepts, ready to be sent while something else changes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from homeport.contract.checks.client import NO_BODY, Answer, Client
from homeport.contract.checks.prerequisite_steps import make_ready
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import needs_if_match
from homeport.project.model import Operation, Parameter, Schema
from homeport.project.schema.references import resolve_map

# Resources that a read of several asks for.
_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """An operation of a resource to be probed. ``keyed`` sends the header that makes a create idempotent."""

    resource: Resource
    operation: Operation
    keyed: bool = False

    @property
    def is_write(self) -> bool:
        """Return whether the operation may change something, by its method and its place in the model."""
        lists, batches = self.resource.listings, self.resource.batch_reads
        reads = {*(one.operation.id for one in lists), *(one.operation.id for one in batches)}
        return self.operation.method not in ("GET", "HEAD") and self.operation.id not in reads


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that is ready to be sent. ``made`` is the resource that it works on, None: it works on none."""

    target: ProbeTarget
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = NO_BODY
    made: Made | None = None

    def send(self, client: Client) -> Answer:
        """Send the request."""
        method = "GET" if self.target.operation.method == "ANY" else ""
        return client.send(
            self.target.operation, self.path, query=self.query, headers=self.headers, body=self.body, method=method
        )

    @property
    def id(self) -> Any:
        """The id of the resource that the request is about, None where the request has none."""
        resource = self.target.resource
        if self.made is not None and self.target.operation != resource.create:
            return self.made.id
        return self.body.get(resource.id_property) if isinstance(self.body, dict) else None


class Prober:
    """Prepares probes of a session. A write gets a resource of its own, reads share one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shared: dict[str, Made | None] = {}
        self._several: dict[str, list[Any]] = {}
        self._plain: set[str] = set()

    def targets(self) -> Iterator[ProbeTarget]:
        """Yield every operation of the model; a create that takes an idempotency key comes twice."""
        model = self._session.model
        for resource in (*model.resources, Resource("", actions=model.others)):
            for operation in resource.operations:
                yield ProbeTarget(resource, operation)
                if operation == resource.create and resource.idempotency_header:
                    yield ProbeTarget(resource, operation, keyed=True)

    def existing(self, resource: Resource) -> Made | None:
        """Return the resource that reads share, made at the first call; None where none can be made."""
        if resource.name not in self._shared:
            is_made = resource.create is not None or resource.replace is not None
            self._shared[resource.name] = self._session.make(resource) if is_made else None
        return self._shared[resource.name]

    def _ids(self, resource: Resource) -> list[Any]:
        """Return the ids that a read of several asks for: more than one, so that an answer can have a part of them."""
        if resource.name not in self._several:
            made = [self.existing(resource), *(self._session.make(resource) for _ in range(_SEVERAL - 1))]
            self._several[resource.name] = [one.id for one in made if one is not None]
        return self._several[resource.name]

    def use_plain_bodies(self, operation: Operation) -> None:
        """Have later probes of an operation send the body that is likeliest accepted."""
        self._plain.add(operation.id)

    def prepare(self, target: ProbeTarget) -> Probe | None:
        """Return a probe, None where the API makes no resource for it."""
        resource, operation = target.resource, target.operation
        if not resource.name:
            made = self._owner(target)
            query, headers = self._parameters(target, made)
            return Probe(target, self._path(operation, made), query, headers, self._body(target, None), made)
        if operation == resource.create:
            made = self.existing(resource)
            if made is not None and made.before:
                for one in made.before:
                    self._session.client.repeat(one)
            parents = {name: made.path[name] for name in resource.parents if name in made.path} if made else {}
            return Probe(target, parents, *self._parameters(target, made), self._body(target, None), made)
        made = make_ready(self._session, resource, operation) if target.is_write else self.existing(resource)
        if made is None and any(one.place == "path" for one in operation.parameters):
            return None
        query, headers = self._parameters(target, made)
        return Probe(target, self._path(operation, made), query, headers, self._body(target, made), made)

    def _owner(self, target: ProbeTarget) -> Made | None:
        """Return a resource that an operation outside of the model is about, by its path; None: about none."""
        path = target.operation.path
        owner = next((one for one in self._session.model.resources if one.item and path.startswith(one.item)), None)
        if owner is None:
            return None
        return self._session.make(owner) if target.is_write else self.existing(owner)

    def _path(self, operation: Operation, made: Made | None) -> Mapping[str, Any]:
        given = dict(made.path) if made is not None else {}
        wanted = [one for one in operation.parameters if one.place == "path"]
        return {one.name: given[one.name] if one.name in given else self._value(one) for one in wanted}

    def _parameters(self, target: ProbeTarget, made: Made | None) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        query: dict[str, Any] = {}
        headers: dict[str, str] = {}
        shown = made.representation if made is not None and isinstance(made.representation, dict) else {}
        for one in target.operation.parameters:
            is_key = one.name.lower() == target.resource.idempotency_header.lower() != ""
            if is_key and (one.required or target.keyed):
                headers[one.name] = self._new_key()
            elif one.required and one.place == "query":
                query[one.name] = shown.get(one.name, self._value(one))
            elif one.place == "header" and one.name.lower() == "if-match" and needs_if_match(target.operation):
                headers[one.name] = (made.answer.header("etag") if made is not None else "") or str(self._value(one))
            elif one.required and one.place == "header":
                headers[one.name] = str(self._value(one))
        batch = next((one for one in target.resource.batch_reads if one.operation == target.operation), None)
        if batch is not None and batch.parameter and made is not None:
            query |= batch.query(self._ids(target.resource))
        return query, headers

    def _body(self, target: ProbeTarget, made: Made | None) -> Any:
        resource, operation = target.resource, target.operation
        batch = next((one for one in resource.batch_reads if one.operation == operation), None)
        if batch is not None and batch.ids and made is not None:
            value: Any = self._ids(resource)[: batch.maximum or _SEVERAL]
            for key in reversed(batch.ids):
                value = {key: value}
            return value
        body = self._session.body(operation, resource)
        if body is None:
            return NO_BODY
        if not resource.name and operation.id not in self._plain:
            return self._session.with_references(operation, body)
        if not isinstance(body, dict):
            return body
        if made is None:
            takes_id = (
                resource.id_property in resource.fields
                and operation.id in resource.fields[resource.id_property].written
            )
            return {**body, resource.id_property: self._session.values.new_id(resource)} if takes_id else body
        body = {name: value for name, value in body.items() if name != resource.id_property}
        shown = made.representation if isinstance(made.representation, dict) else {}
        if operation.id not in self._plain:
            body = {name: self._other(target, name, value, shown) for name, value in body.items()}
        return self._session.with_version(resource, operation, made.path, body)

    def _other(self, target: ProbeTarget, name: str, value: Any, shown: Mapping[str, Any]) -> Any:
        """Return a valid value of a property that differs from the one that is there, so that a write can be seen."""
        if name not in shown or shown[name] != value:
            return value
        return self.differing(self._property(target.operation, name), shown[name], value, name)

    def differing(self, schema: Schema, value: Any, otherwise: Any = None, name: str = "") -> Any:
        """Return a valid value that is not ``value`` nor null, ``otherwise`` where none is found.

        ``name`` is the property's.
        """
        return next((one for one in self._candidates(schema, name) if one is not None and one != value), otherwise)

    def _candidates(self, schema: Schema, name: str) -> Iterator[Any]:
        values = self._session.values
        yield from (one for one in schema.get("enum", ()) if isinstance(one, str | int))
        for _ in range(4):
            yield values.valid(schema, name)
        yield from values.telling(schema, name)

    def _property(self, operation: Operation, name: str) -> Schema:
        values = self._session.values
        schema = values.body_schema(operation) or {}
        return resolve_map(resolve_map(schema.get("properties"), values.document).get(name, {}), values.document)

    def _value(self, parameter: Parameter) -> Any:
        schema = resolve_map(parameter.schema, self._session.values.document)
        return schema["example"] if "example" in schema else self._session.values.valid(schema)

    def _new_key(self) -> str:
        return str(uuid.UUID(int=self._session.random.getrandbits(128), version=4))


def rejects_body(session: Session, probe: Probe, status: int) -> bool:
    """Return whether a probe's body is what was rejected with a client error: for another resource it is so, too."""
    if not 400 <= status < 500 or probe.body is NO_BODY:
        return False
    fresh = Prober(session).prepare(probe.target)
    return fresh is not None and replace(fresh, body=probe.body).send(session.client).status == status


def items_of(answer: Answer, pointer: tuple[str, ...]) -> list[Any]:
    """Return the array of an answer that the keys lead to, empty where there is none."""
    value = answer.json
    for key in pointer:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def short(value: Any) -> str:
    """Return a value as JSON for a sentence, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 160 else f"{text[:160]}…"
