"""Semantics of DELETE and POST: what is deleted is gone, and what is made is new."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import GONE, ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import NO_DEFAULT, Resource
from homeport.contract.rest.shapes import is_restoring
from homeport.project.model import Operation

_ANYWAY = re.compile(r"\b(if it is|if there|if any|idempotent|already|whether|even if|or not)\b", re.IGNORECASE)
_KEEPS = re.compile(
    r"\b(archiv|soft|mark|flag|disabl|deactivat|later|eventually|schedul|days|trash|bin)", re.IGNORECASE
)
_PAUSE = 0.3


def _deleted_is_gone(session: Session, resource: Resource) -> Iterator[Breach]:
    delete, client = resource.delete, ResourceClient.of(session, resource)
    if delete is None or resource.single or (made := client.make()) is None:
        return
    words = description_of(delete, session.model.document)
    answer = client.delete(made.path, made.answer.header("ETag"))
    if answer is None or not answer.ok or answer.status == 202:
        session.note_untested(f"DELETE was answered with {answer.status if answer else 'nothing'}")
        return
    exchanges, keeps = exchanges_of(made, answer), bool(_KEEPS.search(words))
    read = client.read(made.path)
    if read is not None and read.ok and session.stack is None:
        time.sleep(_PAUSE)
        read = client.read(made.path)
    if read is not None and read.status not in GONE and not (keeps and read.ok):
        happened = f"DELETE was answered with {answer.status}, the read after it with {read.status}"
        yield Breach(delete, happened, [*exchanges, read.exchange], subject="read")
        return
    if keeps:
        return
    yield from _lists_after_delete(client, made, answer)
    if _says_404_of_itself(resource, delete) and not _ANYWAY.search(words):
        again = client.delete(made.path)
        if again is not None and again.ok:
            happened = f"DELETE of what was deleted already was answered with {again.status}"
            yield Breach(delete, happened, [*exchanges, again.exchange], subject="404")
    # Last, for a write that makes the resource again would have the others find it.
    yield from _writes_after_delete(client, made, answer)


def _says_404_of_itself(resource: Resource, delete: Operation) -> bool:
    """Return whether the documented 404 is about the resource: below others that can be absent, a read shows that."""
    is_about_parent = resource.read is None and len(resource.parents) > 0
    return "404" in delete.responses and not resource.keyed_by and not is_about_parent


def _writes_after_delete(client: ResourceClient, made: Made, deleted: Answer) -> Iterator[Breach]:
    """Yield the writes that take a deleted resource for one that is there."""
    resource = client.resource
    actions = [one for one in resource.actions if not is_restoring(one)]
    writes = [one for one in (resource.change, *actions) if one is not None and "404" in one.responses]
    if resource.replace is not None and not resource.creates_by_put and not resource.keyed_by:
        writes.append(resource.replace)
    for write in writes:
        if write.method == "GET":
            continue
        single = write in (resource.change, resource.replace)
        body = client.full(write, 1, made.path) if single else client.session.body(write, resource)
        answer = client.write(write, made.path, body) if body is not None else client.write(write, made.path)
        if answer.ok:
            happened = f"after DELETE, {write.method} was answered with {answer.status}"
            yield Breach(write, happened, exchanges_of(made, deleted, answer), subject="404")


def _lists_after_delete(client: ResourceClient, made: Made, deleted: Answer) -> Iterator[Breach]:
    """Yield the lists and batch reads that still have a deleted resource."""
    shown = made.representation if isinstance(made.representation, Mapping) else {}
    happened = f"after DELETE, {made.id} is still there"
    for listing in client.resource.listings:
        query = client.list_query(listing, shown)
        if query is None:
            continue
        found, answer = client.find_in_list(listing, [made.id], **query)
        if found and client.session.stack is None:
            time.sleep(_PAUSE * 3)
            found, answer = client.find_in_list(listing, [made.id], **query)
        if found:
            exchanges = exchanges_of(made, deleted, answer)
            yield Breach(listing.operation, happened, exchanges, subject="deleted")
    for batch_read in client.resource.batch_reads:
        found, answer = client.batch(batch_read, [made.id])
        if str(made.id) in found:
            yield Breach(batch_read.operation, happened, exchanges_of(made, deleted, answer), subject="deleted")


def _recreated_is_new(session: Session, resource: Resource) -> Iterator[Breach]:
    client, name = ResourceClient.of(session, resource), resource.id_property
    if resource.delete is None or resource.single or not client.has_own_ids or (made := client.make_full()) is None:
        return
    for write in (resource.change, resource.replace):
        if write is not None:
            client.write(write, made.path, client.full(write, 1, made.path))
    before = client.show(made.path, made.answer)
    deleted = client.delete(made.path, before.header("ETag"))
    field = resource.fields.get(name)
    by_post = resource.create is not None and field is not None and resource.create.id in field.written
    operation = resource.create if by_post else resource.replace
    if deleted is None or not deleted.ok or deleted.status == 202 or operation is None:
        return
    body = client.least(operation, made.path, **({name: made.id} if by_post else {}))
    if body is None:
        return
    answer = client.write(operation, _parents(resource, made) if by_post else made.path, body)
    after = client.show(made.path, answer)
    if not answer.ok or not isinstance(after.json, Mapping) or not isinstance(before.json, Mapping):
        session.note_untested(f"to make what was deleted again was answered with {answer.status}")
        return
    exchanges = exchanges_of(made, before, deleted, answer, after)
    for happened, subject in _old_values(client, before.json, after.json, body):
        yield Breach(operation, happened, exchanges, subject=subject)


def _old_values(
    client: ResourceClient, before: Mapping[str, Any], after: Mapping[str, Any], body: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what a new resource has of the deleted one that had its id."""
    resource = client.resource
    expectation = Expectation(resource, client.equality)
    for name in expectation.created:
        if name in before and before[name] == after.get(name) and len(str(before[name])) > len("2026-01-31T09:30:00Z"):
            yield f"{name} is that of the deleted resource, {show_value(before[name])}", f"/{name}"
    for name, field in resource.fields.items():
        old, new = before.get(name, MISSING), after.get(name, MISSING)
        if (
            name in body
            or not field.written
            or field.server_set
            or old in (MISSING, None)
            or name == resource.id_property
        ):
            continue
        default = None if field.default is NO_DEFAULT else field.default
        if client.equality.equal(old, new) and not client.equality.equal(old, default):
            yield f"{name} is that of the deleted resource, {show_value(old)}", f"/{name}"
    old, new = before.get(resource.version), after.get(resource.version)
    if isinstance(old, int) and isinstance(new, int) and 1 < old < new < 1000:
        yield f"{resource.version} was {old} when the resource was deleted, and goes on with {new}", resource.version


def _post_does_not_overwrite(session: Session, resource: Resource) -> Iterator[Breach]:
    create, client, name = resource.create, ResourceClient.of(session, resource), resource.id_property
    field = resource.fields.get(name)
    if create is None or field is None or create.id not in field.written or resource.read is None:
        return
    if (made := client.make_full()) is None or made.answer.operation is not create:
        return
    before = client.show(made.path, made.answer)
    body = client.full(create, 1)
    if body is None or not isinstance(before.json, Mapping):
        return
    answer = client.write(create, _parents(resource, made), {**body, name: made.id})
    after = client.show(made.path, answer)
    exchanges = exchanges_of(made, before, answer, after)
    shown = answer.properties
    if not isinstance(after.json, Mapping):
        return
    changed = [
        one
        for one in Expectation(resource, client.equality).stable({**before.json, **after.json})
        if not client.equality.equal(before.json.get(one, MISSING), after.json.get(one, MISSING))
    ]
    if changed:
        happened = f"POST with the {name} of an existing resource was answered with {answer.status} and changed its "
        yield Breach(create, happened + ", ".join(changed), exchanges, subject="existing")
    elif answer.ok and client.equality.equal(made.id, shown.get(name, MISSING), field.schema):
        happened = f"POST with the {name} of an existing resource was answered with {answer.status}"
        if "409" in create.responses:
            yield Breach(create, happened, exchanges, subject="existing")


def _post_twice_makes_two(session: Session, resource: Resource) -> Iterator[Breach]:
    create, client, name = resource.create, ResourceClient.of(session, resource), resource.id_property
    field = resource.fields.get(name)
    if create is None or field is None or create.id in field.required or resource.read is None:
        return
    whole = client.full(create, 0)
    if whole is None or (pattern := client.make()) is None:
        return
    body = {key: value for key, value in whole.items() if key != name}
    answers = [client.write(create, _parents(resource, pattern), body) for _ in range(2)]
    first, second = (one.json if one.ok and isinstance(one.json, Mapping) else None for one in answers)
    if first is None or second is None:
        return
    ids = [one.get(name) for one in (first, second)]
    if ids[0] == ids[1] and "200" not in create.responses:
        happened = f"two POSTs without {name} were both answered with {show_value(ids[0])}"
        yield Breach(create, happened, exchanges_of(*answers), subject=f"/{name}")
        return
    for id_, answer in zip(ids, answers, strict=True):
        read = client.read({**pattern.path, resource.id_parameter: id_})
        if read is not None and read.status in GONE:
            happened = f"POST was answered with {answer.status}, the read of {id_} after it with {read.status}"
            yield Breach(create, happened, exchanges_of(*answers, read), subject="read")


def _parents(resource: Resource, made: Made) -> dict[str, Any]:
    return {name: value for name, value in made.path.items() if name != resource.id_parameter}


CHECKS = (
    Check(
        name="deleted-is-gone",
        kind="methods",
        promise="A deleted resource is not found any more, by its path, in lists or in batch reads",
        origin="RFC 9110, sections 9.3.5 and 15.5.5",
        run=_deleted_is_gone,
    ),
    Check(
        name="recreated-is-new",
        kind="methods",
        promise="A resource that is made under the id of a deleted one has nothing of it",
        origin="RFC 9110, section 9.3.5: DELETE removes the association of the URI with its resource",
        run=_recreated_is_new,
    ),
    Check(
        name="post-does-not-overwrite",
        kind="methods",
        promise="POST to a collection makes a resource, and leaves one that exists unchanged",
        origin="RFC 9110, section 9.3.3, and the operation's response 409",
        run=_post_does_not_overwrite,
    ),
    Check(
        name="post-twice-makes-two",
        kind="methods",
        promise="Two POSTs to a collection make two resources",
        origin="RFC 9110, section 9.3.3",
        run=_post_twice_makes_two,
    ),
)
