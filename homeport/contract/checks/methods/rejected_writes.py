"""Rejected writes: a request that is answered with 4xx has changed nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_MOST = 10
"""The most invalid requests that one operation gets."""


def _change_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    for write in (resource.replace, resource.change):
        if write is None or resource.read is None or (made := client.make_full()) is None:
            continue
        before = client.show(made.path, made.answer)
        if not isinstance(before.json, Mapping):
            continue
        answers = [
            answer
            for body, raw in _invalid_bodies(client, write, made.path, before.json)
            if 400 <= (answer := _send(client, write, made.path, body, raw)).status < 500
        ]
        after = client.show(made.path, before)
        changed = _changed_names(client, before, after)
        if answers and changed:
            guilty = _find_guilty(client, write, answers) or answers
            name = changed[0]
            happened = (
                f"a {write.method} that was answered with {guilty[0].status} changed {name} from"
                f" {show_value(before.json.get(name, MISSING))} to"
                f" {show_value(after.json.get(name, MISSING) if isinstance(after.json, Mapping) else MISSING)}"
            )
            yield Breach(write, happened, exchanges_of(made, before, *guilty, after), subject=f"/{name}")


def _make_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    client, create, name = ResourceClient.of(session, resource), resource.create, resource.id_property
    field = resource.fields.get(name)
    if create is None or resource.read is None or field is None or create.id not in field.written:
        return
    if (made := client.make()) is None:
        return
    parents = {key: value for key, value in made.path.items() if key != resource.id_parameter}
    for body, raw in list(_invalid_bodies(client, create, parents, {}))[:5]:
        if raw is not None or not isinstance(body, Mapping) or not isinstance(body.get(name), str):
            continue
        id_ = session.values.new_id(resource)
        answer = client.write(create, parents, {**body, name: id_})
        read = client.read({**made.path, resource.id_parameter: id_})
        if 400 <= answer.status < 500 and read is not None and read.ok:
            happened = f"POST was answered with {answer.status}, yet made {id_}"
            yield Breach(create, happened, exchanges_of(answer, read), subject="rejected")
            return


def _invalid_bodies(
    client: ResourceClient, write: Operation, path: Mapping[str, Any], shown: Mapping[str, Any]
) -> Iterator[tuple[Any, bytes | None]]:
    """Yield bodies of which one property is not valid and all others are new, and then what is no JSON."""
    number, resource = 0, client.resource
    whole = client.full(write, 1, path)
    if not isinstance(whole, dict):
        return
    for name in reversed([one for one in whole if one != resource.id_property]):
        schema = client.sent_schema(write, name)
        if schema is None:
            continue
        for invalid in client.session.values.invalid(schema)[:2]:
            number += 1
            if number > _MOST - 2:
                break
            yield {**{key: one for key, one in whole.items() if key != name}, name: invalid.value}, None
    yield None, b'{"' + next(iter(whole), "x").encode() + b'": '
    if shown and isinstance(shown.get(resource.version), int):
        yield {**whole, "no-such-property-": 1}, None


def _send(client: ResourceClient, write: Operation, path: Mapping[str, Any], body: Any, raw: bytes | None) -> Answer:
    if raw is None:
        return client.write(write, path, body)
    return client.client.send(write, path, body=NO_BODY, raw=raw, media_type="application/json")


def _changed_names(client: ResourceClient, before: Answer, after: Answer) -> list[str]:
    if not isinstance(before.json, Mapping) or not isinstance(after.json, Mapping):
        return []
    names = Expectation(client.resource, client.equality).stable({**before.json, **after.json})
    return [
        name
        for name in names
        if not client.equality.equal(before.json.get(name, MISSING), after.json.get(name, MISSING))
    ]


def _find_guilty(client: ResourceClient, write: Operation, answers: list[Answer]) -> list[Answer] | None:
    """Return the answer of the one request that changes a new resource; None where none does alone."""
    for answer in answers:
        made = client.make_full()
        if made is None:
            return None
        before = client.show(made.path, made.answer)
        content_type = next((value for name, value in answer.exchange.headers if name == "Content-Type"), "")
        again = client.client.send(write, made.path, raw=answer.exchange.body, media_type=content_type)
        if _changed_names(client, before, client.show(made.path, before)):
            return [answer if again.status != answer.status else again]
    return None


CHECKS = (
    Check(
        name="rejected-write-changes-nothing",
        kind="methods",
        promise="A write that is answered with 4xx changes nothing, no time and no version either",
        origin="RFC 9110, section 15.5: the request was not performed",
        run=_change_nothing,
    ),
    Check(
        name="rejected-create-makes-nothing",
        kind="methods",
        promise="A create that is answered with 4xx makes nothing",
        origin="RFC 9110, section 15.5: the request was not performed",
        run=_make_nothing,
    ),
)
