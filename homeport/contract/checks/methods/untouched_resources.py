"""Untouched resources: a write to one resource leaves all others alone, those of other users too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import GONE, ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation


def _neighbours_stay(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    if resource.read is None or resource.single or resource.keyed_by:
        return
    made = _make_similar(client)
    before = [client.show(one.path, one.answer) for one in made]
    for one, read in zip(made, before, strict=True):
        shown = read.json.get(resource.id_property) if isinstance(read.json, Mapping) else None
        if shown is not None and not client.equality.equal(one.id, shown, _id_schema(resource)):
            happened = f"the read of {show_value(one.id)} shows {show_value(shown)}"
            yield Breach(resource.read, happened, [*exchanges_of(*made), read.exchange], "neighbour")
            return
    if len(made) < 2:
        return
    for write in (resource.replace, resource.change, *resource.actions, resource.delete):
        if write is None or write.method == "GET":
            continue
        target, others = made[0], made[1:]
        answer = _write(client, write, target)
        if not answer.ok:
            continue
        for other, read in zip(others, before[1:], strict=True):
            yield from _compare(client, write, (target, other), (read, answer, client.show(other.path, read)))


def _make_similar(client: ResourceClient) -> list[Made]:
    """Return resources whose ids differ in case or length only, or two with ids of the service."""
    session, resource = client.session, client.resource
    if not client.has_own_ids:
        return [made for number in range(2) if (made := client.make_full(number)) is not None]
    first = str(session.values.new_id(resource))
    similar = [first, f"{first}1", first[:-1], first.swapcase() if first.swapcase() != first else f"{first}-a"]
    valid = [one for one in dict.fromkeys(similar) if one and _is_valid_id(client, one)]
    pairs = [(id_, _make_with_id(client, number, id_)) for number, id_ in enumerate(valid)]
    return [one for id_, one in pairs if one is not None and str(one.id) == id_]


def _make_with_id(client: ResourceClient, number: int, id_: str) -> Made | None:
    """Make a resource with an id; None where the API refuses."""
    resource, name = client.resource, client.resource.id_property
    field, create = resource.fields.get(name), resource.create
    if create is not None and field is not None and create.id in field.written:
        body = client.full(create, number) or {}
        return client.make(**{**{key: one for key, one in body.items() if key != name}, name: id_})
    pattern = client.make()
    if pattern is None or resource.replace is None:
        return None
    path = {**pattern.path, resource.id_parameter: id_}
    body = client.full(resource.replace, number, path)
    answer = client.write(resource.replace, path, body)
    return Made(path, body, answer) if answer.ok else None


def _is_valid_id(client: ResourceClient, id_: str) -> bool:
    resource = client.resource
    parameters = (one for operation in resource.operations for one in operation.parameters)
    schema = next((one.schema for one in parameters if one.place == "path" and one.name == resource.id_parameter), {})
    return client.session.values.is_valid(id_, schema)


def _write(client: ResourceClient, write: Operation, target: Made) -> Answer:
    resource = client.resource
    if write is resource.delete:
        return client.delete(target.path) or target.answer
    single = write in (resource.replace, resource.change)
    body = client.full(write, 3, target.path) if single else client.session.body(write, resource)
    return client.write(write, target.path) if body is None else client.write(write, target.path, body)


def _compare(
    client: ResourceClient, write: Operation, made: tuple[Made, Made], answers: tuple[Answer, Answer, Answer]
) -> Iterator[Breach]:
    (target, other), (before, answer, after) = made, answers
    exchanges = exchanges_of(target, other, before, answer, after)
    if not after.ok:
        happened = f"{write.method} of {show_value(target.id)}: {show_value(other.id)} is answered with {after.status}"
        yield Breach(write, happened, exchanges, subject="neighbour")
    elif isinstance(before.json, Mapping) and isinstance(after.json, Mapping):
        for name in Expectation(client.resource, client.equality).independent({**before.json, **after.json}):
            old, new = before.json.get(name, MISSING), after.json.get(name, MISSING)
            if not client.equality.equal(old, new):
                happened = f"{write.method} of {show_value(target.id)} changed {name} of {show_value(other.id)}"
                yield Breach(write, happened, exchanges, subject="neighbour")
                return


def _id_schema(resource: Resource) -> Any:
    field = resource.fields.get(resource.id_property)
    return field.schema if field else None


def _users_are_separate(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield what a second user can do with a resource that the API hides from them elsewhere."""
    client = ResourceClient.of(session, resource)
    if session.other is None or resource.single or (made := client.make()) is None:
        return
    other = ResourceClient(session, resource, session.other)
    read = other.read(made.path)
    hidden = read is not None and read.status in GONE
    if not hidden or read is None or client.read(made.path) is None:
        return
    for write in (resource.replace, resource.change, *resource.actions, resource.delete):
        # A PUT that makes what is not there makes the second user's own.
        if write is None or write.method == "GET" or (write is resource.replace and resource.creates_by_put):
            continue
        if not session.tells_apart(write):
            continue
        before = client.read(made.path)
        answer = _write(other, write, made)
        after = client.read(made.path)
        if before is None or after is None or not before.ok:
            return
        if after.status != before.status or _has_changed(client, before, after):
            happened = (
                f"a user who gets {read.status} for {made.id} changed it by {write.method}, answered {answer.status}"
            )
            yield Breach(write, happened, exchanges_of(made, read, answer, after), subject="other user")
    yield from _find_in_lists(other, made, read)


def _find_in_lists(other: ResourceClient, made: Made, read: Answer) -> Iterator[Breach]:
    """Yield the lists and batch reads in which a second user finds what they can't read."""
    shown = made.representation if isinstance(made.representation, Mapping) else {}
    happened = f"a user who gets {read.status} for {made.id} finds it here"
    for listing in other.resource.listings:
        if not other.session.tells_apart(listing.operation):
            continue
        query = other.list_query(listing, shown)
        found, page = other.find_in_list(listing, [made.id], **query) if query is not None else ({}, None)
        if found:
            yield Breach(listing.operation, happened, exchanges_of(made, read, page), subject="other user")
    for batch_read in other.resource.batch_reads:
        if not other.session.tells_apart(batch_read.operation):
            continue
        found, page = other.batch(batch_read, [made.id])
        if str(made.id) in found:
            yield Breach(batch_read.operation, happened, exchanges_of(made, read, page), subject="other user")


def _has_changed(client: ResourceClient, before: Answer, after: Answer) -> bool:
    one, other = before.json, after.json
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    expectation = Expectation(client.resource, client.equality)
    return not client.equality.equal(expectation.stable(one), expectation.stable(other))


CHECKS = (
    Check(
        name="neighbours-stay",
        kind="methods",
        promise="A request to one resource does nothing to another, however similar their ids are",
        origin="RFC 9110, section 3.1: a URI identifies one resource; RFC 3986, section 6.2.2.1: paths are "
        "case-sensitive",
        run=_neighbours_stay,
    ),
    Check(
        name="users-are-separate",
        kind="methods",
        promise="What a user may not read they can neither change nor find in lists",
        origin="the answer of the API to the second user's read",
        run=_users_are_separate,
        needs=frozenset(("two-users",)),
    ),
)
