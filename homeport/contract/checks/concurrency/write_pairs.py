"""Pairs of writes that are performed at once, on a resource that is there, or to make one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeport.contract.checks.changes import changeable_fields, changed_body, other_value
from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.prerequisite_steps import find_prerequisites, step_body
from homeport.contract.checks.probes import short
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import needs_if_match
from homeport.project.model import Operation, Schema


@dataclass(frozen=True, slots=True)
class Write:
    """A write of a pair. ``conditional``: with If-Match and the ETag that the resource has at first.

    ``only_new``: with ``If-None-Match: *``, which lets it create and not replace. ``body`` is the whole body; for a
    creation its id is put in when it is sent.
    """

    operation: Operation
    body: Any = NO_BODY
    conditional: bool = False
    only_new: bool = False

    @property
    def label(self) -> str:
        """The write in words."""
        text = "" if self.body is NO_BODY else f" {short(self.body)}"
        return f"{self.operation.method} {self.operation.path}{text}" + (
            " with If-Match" if self.conditional else " with If-None-Match: *" if self.only_new else ""
        )


@dataclass(frozen=True, slots=True)
class WritePair:
    """Two writes on one resource. ``before`` are writes that bring it into its state; ``is_there``: it exists."""

    first: Write
    second: Write
    before: tuple[Write, ...] = ()
    is_there: bool = True


def existing_pairs(session: Session, resource: Resource, made: Made) -> Iterator[list[WritePair]]:
    """Yield pairs of writes on resources like ``made``, those with the same first write together."""
    current = session.read(resource, made.path)
    if current is None or not current.ok:
        session.note_untested(f"no {resource.name} could be read")
        return
    writes = _writes(session, resource, current.json, made.path)
    for operation, (first, *_) in writes.items():
        others = [variants[-1] for variants in writes.values()]
        pairs = [WritePair(first, second) for second in others]
        # Two that are alike: of some, only one can be performed.
        pairs += [WritePair(variant, variant) for variant in writes[operation]]
        if operation in {action.id for action in resource.actions}:
            pairs = [pair for pair in pairs if pair.second.operation.id == operation] + pairs
            pairs += list(_reversals(session, first))
            way = _way_to(session, resource, first.operation)
            pairs = [replace(pair, before=(*way, *pair.before)) for pair in pairs]
        yield pairs


def _way_to(session: Session, resource: Resource, action: Operation) -> tuple[Write, ...]:
    """Return the writes that bring a new resource into a state in which an action is accepted."""
    way = find_prerequisites(session, resource, action)
    return tuple(Write(one.operation, step_body(session, resource, one, {})) for one in way)


def _writes(session: Session, resource: Resource, current: Any, path: Mapping[str, Any]) -> dict[str, list[Write]]:
    """Return two writes of each operation by its id: of PATCH, each changes another property."""
    found: dict[str, list[Write]] = {}
    if resource.change is not None:
        found[resource.change.id] = _patches(session, resource, resource.change, current)
    for operation in (resource.replace, *resource.actions):
        if operation is not None:
            bodies = [changed_body(session, resource, operation, current, path) for _ in range(2)]
            found[operation.id] = [Write(operation, body) for body in bodies]
    if resource.delete is not None:
        found[resource.delete.id] = [Write(resource.delete)]
    return {operation: writes for operation, writes in found.items() if writes}


def _patches(session: Session, resource: Resource, operation: Operation, current: Any) -> list[Write]:
    fields = changeable_fields(session, resource, operation)
    bodies = []
    for name, schema in fields.items():
        value = other_value(session, schema, current.get(name) if isinstance(current, dict) else None, name)
        if value is not None:
            bodies.append({name: value})
    return [Write(operation, body) for body in bodies[:2]]


def _reversals(session: Session, write: Write) -> Iterator[WritePair]:
    """Yield two equal actions that take what one before gave: the second one may find nothing to take."""
    schema = session.values.body_schema(write.operation) or {}
    if not isinstance(write.body, dict):
        return
    for name, value in write.body.items():
        known: Schema = schema.get("properties", {}).get(name, {})
        if isinstance(value, int) and not isinstance(value, bool) and value and known.get("type") == "integer":
            turned = replace(write, body={**write.body, name: -value})
            if session.values.is_valid(-value, known) and int(known.get("minimum", -value)) <= -value:
                yield WritePair(turned, turned, before=(write,))


def creations_of(session: Session, resource: Resource) -> list[Write]:
    """Return writes that create a resource under an id of the client's choice."""
    found: list[Write] = []
    create, put = resource.create, resource.replace
    if create is not None and resource.id_property:
        schema = session.values.body_schema(create) or {}
        body = session.body(create, resource)
        if resource.id_property in schema.get("properties", {}) and isinstance(body, dict):
            found += [Write(create, body)]
    if put is not None and resource.creates_by_put and not needs_if_match(put):
        body = changed_body(session, resource, put, None, {})
        found += [Write(put, body)]
        if "if-none-match" in resource.conditional.get(put.id, ()):
            found += [Write(put, body, only_new=True)]
    return found
