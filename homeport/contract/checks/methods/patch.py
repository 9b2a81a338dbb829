"""Semantics of PATCH: it changes what it names and nothing else; null removes in a merge patch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer, json_media_type
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import NO_DEFAULT, Field, Resource
from homeport.project.model import Operation


def _changes_only_named(session: Session, resource: Resource) -> Iterator[Breach]:
    patch, client = _patch(resource), ResourceClient.of(session, resource)
    if patch is None or (made := client.make_full()) is None:
        return
    expectation = Expectation(resource, client.equality)
    before, tried = client.show(made.path, made.answer), 0
    for name, field in expectation.kept_fields(patch).items():
        old = before.json.get(name) if isinstance(before.json, Mapping) else None
        choices = client.choices(patch, field, old)
        body = _with_required(client, patch, before, {name: choices[0]}) if choices else None
        if body is None:
            continue
        answer = client.write(patch, made.path, body, before.header("ETag"))
        if not answer.ok:
            continue
        tried += 1
        after = client.show(made.path, answer)
        yield from _compare(client, patch, (before, answer, after), body, made)
        before = after
    if not tried:
        session.note_untested("no PATCH of a single property was accepted")
    if session.values.is_valid({}, session.values.body_schema(patch) or {}):
        answer = client.write(patch, made.path, {}, before.header("ETag"))
        if answer.ok:
            yield from _compare(client, patch, (before, answer, client.show(made.path, answer)), {}, made)


def _compare(
    client: ResourceClient,
    patch: Operation,
    answers: tuple[Answer, Answer, Answer],
    body: Mapping[str, Any],
    made: Made,
) -> Iterator[Breach]:
    """Yield what a PATCH changed beside what it names, and what it names and did not change."""
    before, answer, after = answers
    if not isinstance(before.json, Mapping) or not isinstance(after.json, Mapping):
        return
    expectation, resource = Expectation(client.resource, client.equality), client.resource
    exchanges = exchanges_of(made, before, answer, after)
    named = ", ".join(body) or "nothing"
    for name in expectation.lasting({**before.json, **after.json}):
        old, new = before.json.get(name, MISSING), after.json.get(name, MISSING)
        field = resource.fields.get(name)
        if name in body:
            if client.equality.equal(old, new) and not client.equality.equal(body[name], new, field and field.schema):
                happened = f"PATCH set {name} to {show_value(body[name])}, which stayed {show_value(new)}"
                yield Breach(patch, happened, exchanges, subject=f"/{name}")
        elif name in expectation.created:
            continue  # server_values.py looks at it
        elif not client.equality.equal(old, new) and not (MISSING in (old, new) and None in (old, new)):
            happened = f"PATCH named {named}; {name} was {show_value(old)} before and {show_value(new)} after"
            yield Breach(patch, happened, exchanges, subject=f"/{name}")


def _null_removes(session: Session, resource: Resource) -> Iterator[Breach]:
    patch, client = _patch(resource), ResourceClient.of(session, resource)
    if patch is None:
        return
    expectation = Expectation(resource, client.equality)
    nullable = {
        name: field
        for name, field in expectation.kept_fields(patch).items()
        if (schema := client.sent_schema(patch, name)) is not None and session.values.is_valid(None, schema)
    }
    if not nullable or (made := client.make_full()) is None:
        return
    filled = client.write(patch, made.path, client.full(patch, 1, made.path))
    before, breaches = client.show(made.path, filled), []
    for name, field in nullable.items():
        old = before.json.get(name, MISSING) if isinstance(before.json, Mapping) else MISSING
        if old in (MISSING, None) or client.equality.equal(old, field.default):
            continue
        body = _with_required(client, patch, before, {name: None})
        answer = None if body is None else client.write(patch, made.path, body, before.header("ETag"))
        if answer is None or not answer.ok:
            continue
        after = client.show(made.path, answer)
        new = after.json.get(name, MISSING) if isinstance(after.json, Mapping) else MISSING
        if field.default is NO_DEFAULT and field.always and not field.nullable and new not in (MISSING, old):
            continue  # a property that answers must have got a default that the document does not tell
        if not any(new is one or client.equality.equal(one, new) for one in _values_of_null(patch, field)):
            happened = f"PATCH set {name} to null, it was {show_value(old)} before and {show_value(new)} after"
            breaches.append(Breach(patch, happened, exchanges_of(made, filled, answer, after), subject=f"/{name}"))
        before = after
    if breaches:
        more = ", ".join(one.subject.removeprefix("/") for one in breaches[1:])
        yield replace(breaches[0], happened=breaches[0].happened + (f"; so with {more}" if more else ""))


def _values_of_null(patch: Operation, field: Field) -> tuple[Any, ...]:
    """Return the values that a property may have after it was set to null."""
    if "merge-patch" not in json_media_type(patch) and field.nullable:
        return (None, MISSING) if field.default is NO_DEFAULT else (None, MISSING, field.default)
    return (MISSING, None) if field.default is NO_DEFAULT else (field.default, MISSING)


def _merges_objects(session: Session, resource: Resource) -> Iterator[Breach]:
    patch, client = _patch(resource), ResourceClient.of(session, resource)
    if patch is None or "merge-patch" not in json_media_type(patch):
        return
    expectation = Expectation(resource, client.equality)
    for name in expectation.kept_fields(patch):
        schema = client.sent_schema(patch, name)
        inner = _inner_values(client, schema)
        if len(inner) < 2 or (made := client.make()) is None:
            continue
        (one, (first, second)), (other, (kept, _)) = list(inner.items())[:2]
        filled = client.write(patch, made.path, {name: {one: first, other: kept}})
        for value, wanted in ((second, {one: second, other: kept}), (None, {other: kept})):
            body = {one: value}
            if not filled.ok or not session.values.is_valid(body, schema):
                continue
            answer = client.write(patch, made.path, {name: body})
            after = client.show(made.path, answer)
            new = after.json.get(name) if answer.ok and isinstance(after.json, Mapping) else None
            if not isinstance(new, Mapping) or not answer.ok:
                continue
            lost = not client.equality.equal(wanted[other], new.get(other, MISSING))
            stays = value is None and client.equality.equal(new.get(one, MISSING), second)
            if lost or stays or (value is not None and not client.equality.equal(value, new.get(one, MISSING))):
                happened = (
                    f"{name} was {show_value({one: first if value is not None else second, other: kept})}, PATCH with"
                    f" {show_value(body)} made it {show_value(new)}"
                )
                yield Breach(patch, happened, exchanges_of(made, filled, answer, after), subject=f"/{name}")
                break


def _inner_values(client: ResourceClient, schema: Any) -> dict[str, tuple[Any, Any]]:
    """Return two values of each property inside an object that has two."""
    found = {}
    for part in client.equality.parts(schema):
        for name, inner in (part.get("properties") or {}).items():
            values = client.plain_values(inner, name)
            if len(values) > 1:
                found[name] = (values[0], values[1])
    return found


def _missing_is_not_made(session: Session, resource: Resource) -> Iterator[Breach]:
    patch, client = _patch(resource), ResourceClient.of(session, resource)
    if patch is None or resource.single or resource.keyed_by or "404" not in patch.responses:
        return
    if resource.read is None or (made := client.make()) is None:
        return
    path = {**made.path, resource.id_parameter: session.values.new_id(resource)}
    answer = client.write(patch, path, client.full(patch, 0, path))
    read = client.read(path)
    if read is not None and (answer.ok or read.ok):
        happened = f"PATCH of an id that does not exist was answered with {answer.status}, the read after it with "
        yield Breach(patch, happened + str(read.status), exchanges_of(answer, read), subject="404")


def _with_required(
    client: ResourceClient, patch: Operation, before: Answer, body: dict[str, Any]
) -> dict[str, Any] | None:
    """Return a patch with the properties that each must have, at their present values."""
    shown = before.properties
    required = [
        one.name for one in client.resource.fields.values() if patch.id in one.required and one.name not in body
    ]
    if any(name not in shown for name in required):
        return None
    return {**{name: shown[name] for name in required}, **body}


def _patch(resource: Resource) -> Operation | None:
    """Return the operation that changes a resource by a body that names properties; a JSON patch has none."""
    patch = resource.change
    if patch is None or patch.body is None or "json-patch" in json_media_type(patch):
        return None
    return patch


CHECKS = (
    Check(
        name="patch-changes-only-named",
        kind="methods",
        promise="PATCH changes the properties that it names, and no others; one that names none changes nothing",
        origin="RFC 5789, section 2; RFC 7396, section 1",
        run=_changes_only_named,
    ),
    Check(
        name="patch-null-removes",
        kind="methods",
        promise="A PATCH with null removes a value: the property has its default, or is gone",
        origin="RFC 7396, section 1",
        run=_null_removes,
    ),
    Check(
        name="patch-merges-objects",
        kind="methods",
        promise="A merge patch of an object changes only the members that it names",
        origin="RFC 7396, section 2",
        run=_merges_objects,
    ),
    Check(
        name="patch-makes-nothing",
        kind="methods",
        promise="PATCH of a resource that does not exist is refused and makes none",
        origin="the operation's response 404",
        run=_missing_is_not_made,
    ),
)
