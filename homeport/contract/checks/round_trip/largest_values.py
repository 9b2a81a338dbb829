"""Round trip: a text of the greatest length that the document allows is taken.

An item of DynamoDB holds 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.changes import whole_body
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.schema.references import resolve_map

# Shorter texts are among those of values-are-kept.
_LONG = 4096
_SHORT = 20
# The body of a Lambda event holds 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST = 4_000_000
_UNUSABLE = ("pattern", "format", "enum", "const")


def _longest_is_taken(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    for write in (resource.create, resource.replace, resource.change):
        if write is None:
            continue
        schema = session.values.body_schema(write)
        properties = resolve_map(schema, session.model.document).get("properties") or {} if schema else {}
        made = client.make() if write is not resource.create else None
        if write is not resource.create and made is None:
            return
        for name, value in _longest_texts(session, properties):
            path = made.path if made is not None else _parents(client)
            whole = whole_body(session, resource, write, path)
            if not isinstance(whole, dict):
                continue
            body = {name: value} if write is resource.change else {**whole, name: value}
            answer = client.write(write, path, body)
            rejected = answer.status in (400, 422) or (answer.status == 413 and "413" not in write.responses)
            if rejected:
                plain = {name: value[:_SHORT]}
                shorter = client.write(write, path, plain if write is resource.change else {**whole, **plain})
                rejected = shorter.ok
            if answer.status >= 500 or rejected:
                happened = f"{name} with {len(value):,} characters, as many as its maxLength allows, was answered with "
                yield Breach(write, f"{happened}{answer.status}", [answer.exchange], f"/{name}")


def _parents(client: ResourceClient) -> Mapping[str, Any]:
    made = client.make() if client.resource.parents else None
    return {name: made.path[name] for name in client.resource.parents if name in made.path} if made is not None else {}


def _longest_texts(session: Session, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, declared in properties.items():
        schema = resolve_map(declared, session.model.document)
        most = schema.get("maxLength")
        if schema.get("type") != "string" or not isinstance(most, int) or any(one in schema for one in _UNUSABLE):
            continue
        if _LONG < most <= _LONGEST:
            yield name, "x" * most


CHECKS = (
    Check(
        name="longest-text-is-taken",
        kind="round-trip",
        promise="A text is taken up to the length that the document allows",
        origin="the keyword maxLength of the property; DynamoDB's quotas: an item has 400 KB at most",
        run=_longest_is_taken,
    ),
)
