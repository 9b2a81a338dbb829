"""Semantics of PUT: the body is the whole new state, and to send it twice is to send it once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import GONE, ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import NO_DEFAULT, Resource
from homeport.project.model import Operation

_MERGES = re.compile(r"\b(stays?|remains?|unchanged|partial(ly)?|merge[sd]?|untouched)\b", re.IGNORECASE)


def _replaces_all(session: Session, resource: Resource) -> Iterator[Breach]:
    put, client = resource.replace, ResourceClient.of(session, resource)
    if put is None or resource.put_merges or _MERGES.search(description_of(put, session.model.document)):
        return
    expectation = Expectation(resource, client.equality)
    if (
        all(put.id in one.required for one in expectation.kept_fields(put).values())
        or (made := client.make_full()) is None
    ):
        return
    filled = client.write(put, made.path, client.full(put, 1, made.path))
    before = client.show(made.path, filled)
    least = client.least(put, made.path)
    if not isinstance(before.json, Mapping) or least is None:
        return
    emptied = client.write(put, made.path, least, before.header("ETag"))
    after = client.show(made.path, emptied)
    if not emptied.ok or not isinstance(after.json, Mapping):
        session.note_untested(f"PUT without optional properties was answered with {emptied.status}")
        return
    exchanges = exchanges_of(made, filled, emptied, after)
    for found in _find_left_overs(client, put, before.json, after, least):
        (name, happened), more = found[0], ", ".join(each for each, _ in found[1:])
        yield Breach(put, happened + (f"; so with {more}" if more else ""), exchanges, subject=f"/{name}")


def _find_left_overs(
    client: ResourceClient, put: Operation, before: Mapping[str, Any], after: Answer, least: Mapping[str, Any]
) -> Iterator[list[tuple[str, str]]]:
    """Yield the properties that a PUT left out and that kept their values, and those that have no default now."""
    kept, others = [], []
    expectation = Expectation(client.resource, client.equality)
    for name, field in expectation.kept_fields(put).items():
        old, new = before.get(name, MISSING), after.json.get(name, MISSING)
        if name in least or old in (MISSING, None) or not expectation.documents(after, name):
            continue
        if client.equality.equal(old, new, field.schema) and not client.equality.equal(old, field.default):
            kept.append((name, f"PUT left {name} out, which kept its value {show_value(old)}"))
        elif field.default is not NO_DEFAULT and new not in (MISSING, field.default):
            instead = f"{show_value(new)} instead of {show_value(field.default)}"
            others.append((name, f"PUT left {name} out, which became {instead}"))
    yield from (found for found in (kept, others) if found)


def _is_idempotent(session: Session, resource: Resource) -> Iterator[Breach]:
    put, client = resource.replace, ResourceClient.of(session, resource)
    if put is None or (made := client.make()) is None:
        return
    body = client.full(put, 1, made.path)
    if body is None:
        return
    first = client.write(put, made.path, body, made.answer.header("ETag"))
    before = client.show(made.path, first)
    second = client.write(put, made.path, body, before.header("ETag"))
    after = client.show(made.path, second)
    exchanges = exchanges_of(made, first, before, second, after)
    if not first.ok:
        session.note_untested(f"PUT was answered with {first.status}")
    elif second.status == 201:
        yield Breach(put, "the second PUT of the same body was answered with 201 Created", exchanges, subject="201")
    elif not second.ok and second.status < 500 and second.status not in (409, 412, 428, 429):
        happened = f"the first PUT was answered with {first.status}, the same one again with {second.status}"
        yield Breach(put, happened, exchanges, subject="status")
    elif isinstance(before.json, Mapping) and isinstance(after.json, Mapping):
        expectation = Expectation(resource, client.equality)
        for name in expectation.lasting({**before.json, **after.json}):
            one, other = before.json.get(name, MISSING), after.json.get(name, MISSING)
            if not client.equality.equal(one, other) and name not in expectation.created:
                happened = f"after one PUT {name} was {show_value(one)}, after the same one again {show_value(other)}"
                yield Breach(put, happened, exchanges, subject=f"/{name}")


def _creates_where_documented(session: Session, resource: Resource) -> Iterator[Breach]:
    put, client = resource.replace, ResourceClient.of(session, resource)
    if put is None or resource.single or resource.keyed_by or (made := client.make()) is None:
        return
    path = {**made.path, resource.id_parameter: session.values.new_id(resource)}
    body = client.full(put, 0, path)
    if body is None:
        return
    new = client.write(put, path, body)
    read = client.read(path)
    if not resource.creates_by_put:
        if resource.create is None:
            return  # nothing but this PUT makes such a resource
        yield from _compare_rejected(put, new, read)
    elif new.ok:
        yield from _compare_created(put, new, read)
        seconds = (("PUT", new, path), ("POST", made.answer, made.path))
        for method, first, where in seconds:
            second = client.write(put, where, client.full(put, 1, where))
            if second.status == 201 and first.status == 201:
                happened = f"PUT of a resource that {method} had made was answered with 201 Created"
                yield Breach(put, happened, exchanges_of(first, second), subject="200")
                break
    elif new.status in (404, 405):
        yield Breach(put, f"PUT of a new id was answered with {new.status}", exchanges_of(new), subject="201")
    else:
        session.note_untested(f"PUT of a new id was answered with {new.status}")


def _compare_rejected(put: Operation, new: Answer, read: Answer | None) -> Iterator[Breach]:
    """Yield a PUT that made a resource where the document has it make none."""
    if "404" in put.responses and new.ok:
        happened = f"PUT of an id that does not exist was answered with {new.status}"
        yield Breach(put, happened, exchanges_of(new, read), subject="404")
    elif 400 <= new.status < 500 and read is not None and read.ok:
        happened = f"PUT of an id that does not exist was answered with {new.status}, yet made the resource"
        yield Breach(put, happened, exchanges_of(new, read), subject="404")


def _compare_created(put: Operation, new: Answer, read: Answer | None) -> Iterator[Breach]:
    """Yield a PUT that made a resource and says otherwise, or made none and says so."""
    if "201" in put.responses and new.status != 201:
        happened = f"PUT made a resource and was answered with {new.status}"
        yield Breach(put, happened, exchanges_of(new), subject="201")
    if read is not None and read.status in GONE:
        happened = f"PUT was answered with {new.status}, the read after it with {read.status}"
        yield Breach(put, happened, exchanges_of(new, read), subject="read")


def _keeps_to_its_path(session: Session, resource: Resource) -> Iterator[Breach]:
    put, client, name = resource.replace, ResourceClient.of(session, resource), resource.id_property
    field = resource.fields.get(name)
    if put is None or field is None or put.id not in field.written or resource.read is None:
        return
    if field.server_set or (made := client.make()) is None:
        return
    other = session.values.new_id(resource)
    answer = client.write(put, made.path, {**(client.full(put, 1, made.path) or {}), name: other})
    here, there = client.read(made.path), client.read({**made.path, resource.id_parameter: other})
    if here is None or there is None:
        return
    exchanges = exchanges_of(made, answer)
    if there.ok:
        happened = f"PUT of {made.id} with {name} {show_value(other)} in its body made {other}"
        yield Breach(put, happened, [*exchanges, there.exchange], subject=f"/{name}")
    elif not here.ok:
        happened = f"after PUT of {made.id} with another {name} in its body, {made.id} was answered with {here.status}"
        yield Breach(put, happened, [*exchanges, here.exchange], subject=f"/{name}")
    elif isinstance(here.json, Mapping) and not client.equality.equal(made.id, here.json.get(name), field.schema):
        happened = f"after PUT with another {name} in its body, {made.id} has {name} {show_value(here.json.get(name))}"
        yield Breach(put, happened, [*exchanges, here.exchange], subject=f"/{name}")
    elif answer.ok and isinstance(answer.json, Mapping) and answer.json.get(name) == other:
        happened = f"PUT of {made.id} was answered with {name} {show_value(other)}"
        yield Breach(put, happened, exchanges, subject=f"/{name}")


_PUT = "RFC 9110, section 9.3.4"

CHECKS = (
    Check(
        name="put-replaces-all",
        kind="methods",
        promise="PUT replaces the whole resource: a property that is left out gets its default, or goes",
        origin=_PUT,
        run=_replaces_all,
    ),
    Check(
        name="put-is-idempotent",
        kind="methods",
        promise="PUT twice with the same body has the effect of PUT once",
        origin="RFC 9110, sections 9.2.2 and 9.3.4",
        run=_is_idempotent,
    ),
    Check(
        name="put-creates-as-documented",
        kind="methods",
        promise="PUT answers 201 if it made the resource, and only then; it makes none unless the document says so",
        origin=f"{_PUT}, and the operation's responses",
        run=_creates_where_documented,
    ),
    Check(
        name="put-keeps-to-its-path",
        kind="methods",
        promise="PUT writes the resource of its path, whatever id its body has",
        origin=_PUT,
        run=_keeps_to_its_path,
    ),
)
