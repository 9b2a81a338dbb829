"""Writes that certainly change a resource: another value for a property, and the headers that an operation needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from homeport.contract.checks.client import NO_BODY, Answer, Client
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import needs_if_match, shape_of
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map

_TRIES = 12


def changed_body(
    session: Session, resource: Resource, operation: Operation, current: Any, path: Mapping[str, Any]
) -> Any:
    """Return a valid body after which the resource differs from ``current``, NO_BODY where the operation has none.

    The body of PUT is whole, that of PATCH has one property. The body of an action is its usual one, with other choices
    than those that the resource shows (a plan is changed to another one), and without days that it need not have.
    """
    fields = changeable_fields(session, resource, operation)
    body = whole_body(session, resource, operation, path)
    if not isinstance(body, dict):
        return body
    if operation not in (resource.replace, resource.change):
        return _with_other_choices(session, operation, body, current)
    for name in fields:
        value = other_value(session, fields[name], current.get(name) if isinstance(current, dict) else None, name)
        if value is not None:
            return {name: value} if operation == resource.change else {**body, name: value}
    return body


def _with_other_choices(session: Session, operation: Operation, body: dict[str, Any], current: Any) -> dict[str, Any]:
    schema, document = session.values.body_schema(operation) or {}, session.model.document
    shape, shown = shape_of(schema, document), current if isinstance(current, dict) else {}
    found = dict[str, Any]()
    for name, value in body.items():
        node = resolve_map(shape.properties.get(name), document)
        if node.get("format") in ("date", "date-time") and name not in shape.required:
            continue
        is_same = "enum" in node and name in shown and shown[name] == value
        other = other_value(session, node, value, name) if is_same else None
        found[name] = value if other is None else other
    return found


def whole_body(session: Session, resource: Resource, operation: Operation, path: Mapping[str, Any]) -> Any:
    """Return a valid body for an existing resource, its id that of the path; NO_BODY where there is none."""
    body = session.body(operation, resource)
    if body is None:
        return NO_BODY
    if isinstance(body, dict) and resource.id_property in body and resource.id_parameter in path:
        return {**body, resource.id_property: path[resource.id_parameter]}
    return body


def with_least_numbers(session: Session, operation: Operation, resource: Resource, body: Any) -> Any:
    """Return a body that asks for as little as it may, though not for 0: one piece, the least amount."""
    if not isinstance(body, dict):
        return body
    properties = _properties(session.values.body_schema(operation) or {}, session.model.document)
    least: dict[str, int] = {}
    for name, value in body.items():
        schema = resolve_map(properties.get(name), session.model.document)
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and name not in (resource.id_property, resource.version)
        ):
            number = max(int(schema.get("minimum", 1)), 1)
            least |= {name: number} if session.values.is_valid(number, schema) else {}
    return {**body, **least}


def changeable_fields(session: Session, resource: Resource, operation: Operation) -> dict[str, Schema]:
    """Return the properties that an operation's body may change, by name, plain texts and numbers first."""
    schema = session.values.body_schema(operation) or {}
    found = {
        name: resolve_map(one, session.model.document)
        for name, one in _properties(schema, session.model.document).items()
        if name not in (resource.id_property, resource.version)
    }
    shown = {name for name, field in resource.fields.items() if field.answered} or set(found)
    return {name: found[name] for name in sorted(found, key=lambda name: _trouble(found[name])) if name in shown}


def other_value(session: Session, schema: Schema, current: Any, name: str) -> Any:
    """Return a valid value of the property ``name`` that differs from ``current``, None where none is found."""
    match schema:
        case {"enum": [*values]}:
            return next((value for value in values if value != current and value is not None), None)
        case {"type": "string"} if not schema.keys() & {"pattern", "format"}:
            longest = int(schema.get("maxLength", 40))
            number = f"{session.random.getrandbits(40):010x}"
            text = f"value {number}" if longest >= 16 else number[:longest]
            return text.ljust(int(schema.get("minLength", 0)), "x")
        case {"type": "boolean"}:
            return not current
    for _ in range(_TRIES):
        value = session.values.valid(schema, name)
        if value is not None and value != current:
            return value
    return None


def send_write(
    session: Session,
    resource: Resource,
    operation: Operation,
    path: Mapping[str, Any],
    body: Any = NO_BODY,
    headers: Sequence[tuple[str, str]] = (),
    client: Client | None = None,
    version: Any = None,
) -> Answer:
    """Send a write with what the document requires.

    If-Match gets the current ETag unless it is given, a version in the body the current one unless ``version`` is.
    """
    own = {name.lower() for name, _ in headers}
    sent = [*headers]
    sent += [
        (name, value) for name, value in session.headers(operation).items() if name.lower() not in own | {"if-match"}
    ]
    if "if-match" not in own and needs_if_match(operation):
        read = session.read(resource, path)
        sent.append(("If-Match", (read.header("ETag") if read else "") or "*"))
    body = session.with_version(resource, operation, path, body, version)
    return (client or session.client).send(operation, path, headers=sent, body=body)


def _properties(schema: Schema, document: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found |= _properties(resolve_map(part, document), document)
    return found | dict(schema.get("properties", {}))


def _trouble(schema: Schema) -> int:
    """Return how likely a service has rules of its own for a property: texts are the freest, states the least."""
    if "enum" in schema or schema.get("readOnly"):
        return 4
    if schema.keys() & {"pattern", "format"}:
        return 3
    order = {"string": 0, "integer": 1, "number": 1, "boolean": 2}
    kind = schema.get("type")
    return order.get(kind, 3) if isinstance(kind, str) else 3
