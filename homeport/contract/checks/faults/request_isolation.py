"""Isolation of requests: nothing that an environment keeps of a request is in the answer to a later one.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer, Client
from homeport.contract.checks.faults.environments import REUSE, STACK
from homeport.contract.checks.probes import Prober, ProbeTarget, items_of, short
from homeport.contract.checks.resource_client import exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Listing, Resource


def _requests_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    yield from _creates_are_apart(session, resource)
    yield from _changes_are_apart(session, resource)
    for listing in resource.listings:
        if not listing.required:
            yield from _lists_are_apart(session, resource, listing)
    yield from _errors_are_apart(session, resource)


def _creates_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare a create that leaves everything out after one that has everything with one on a new environment."""
    create = resource.create
    if create is None:
        return
    prober = Prober(session)
    rich = prober.prepare(ProbeTarget(resource, create, keyed=bool(resource.idempotency_header)))
    plain = prober.prepare(ProbeTarget(resource, create))
    if rich is None or plain is None or not isinstance(plain.body, dict) or not isinstance(rich.body, dict):
        return
    own = resource.id_property
    fields = [one for one in resource.fields.values() if create.id in one.written and one.name != own]
    needed = [one.name for one in fields if create.id in one.required]
    if len(needed) == len(fields):
        return
    least = {name: plain.body[name] for name in needed if name in plain.body}
    others = {one.name: prober.differing(one.schema, one.default) for one in fields if one.name not in needed}
    everything = {**rich.body, **{name: value for name, value in others.items() if value is not None}}
    takes_id = own in plain.body

    def send_least() -> Answer:
        body = {**least, own: session.values.new_id(resource)} if takes_id else least
        return replace(plain, body=body).send(session.client)

    session.access.new_environments()
    fresh = send_least()
    filled = [replace(rich, body=everything).send(session.client)]
    if not filled[0].ok and (less := prober.prepare(ProbeTarget(resource, create))) is not None:
        filled.append(less.send(session.client))
    used = send_least()
    if not fresh.ok or not used.ok:
        return
    old, new = fresh.properties, used.properties
    for name in sorted({*old, *new} - {own}):
        field = resource.fields.get(name)
        if field is None or create.id not in field.written:
            continue
        if old.get(name) != new.get(name):
            happened = (
                f"{name} was left out and became {short(new.get(name))} after a request that had it, "
                f"on a new environment {short(old.get(name))}"
            )
            yield Breach(create, happened, (*(one.exchange for one in filled), used.exchange), f"/{name}")


def _changes_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    """Change one property of a resource and then another one of another resource."""
    change = resource.change
    if change is None or resource.single:
        return
    prober = Prober(session)
    probes = [prober.prepare(ProbeTarget(resource, change)) for _ in range(2)]
    first, second = probes
    if first is None or second is None or not isinstance(first.body, dict) or not isinstance(second.body, dict):
        return
    made = second.made.answer.properties if second.made is not None else {}
    names = [name for name, value in first.body.items() if name in made and made[name] != value]
    if len(names) < 2:
        return
    one, other = names[:2]
    before = replace(first, body={one: first.body[one]}).send(session.client)
    after = replace(second, body={other: second.body[other]}).send(session.client)
    shown = after.properties
    if before.ok and after.ok and one in shown and shown[one] != made[one] and shown[one] == before.properties.get(one):
        happened = f"a change of {other} alone set {one} to {short(shown[one])}, which another request had"
        exchanges = exchanges_of(second.made, before, after)
        yield Breach(change, happened, exchanges, f"/{one}")


def _lists_are_apart(session: Session, resource: Resource, listing: Listing) -> Iterator[Breach]:
    """List on a new environment, and on another one that was asked with every optional parameter before."""
    made = Prober(session).existing(resource)
    shown = made.answer.properties if made is not None else {}
    session.access.new_environments()
    first = _list(session.client, listing, {})
    queries: list[Mapping[str, Any]] = [{listing.limit.parameter: listing.limit.minimum or 1}] if listing.limit else []
    queries += [{one.parameter: shown[one.field]} for one in listing.filters if shown.get(one.field) is not None]
    session.access.new_environments()
    between = [_list(session.client, listing, query) for query in queries]
    between.append(_list(session.client, listing, {}))
    last = _list(session.client, listing, {})
    old, new = (_ids(one, resource, listing) for one in (first, last))
    if first.ok and (not last.ok or old != new):
        happened = f"a new environment listed {len(old)}, another one after other requests {len(new)}: {short(new)}"
        exchanges = (first.exchange, *(one.exchange for one in between), last.exchange)
        yield Breach(listing.operation, happened, exchanges, "items")
    if session.other is not None:
        yield from _users_are_apart(session, resource, listing, session.other)


def _users_are_apart(session: Session, resource: Resource, listing: Listing, other: Client) -> Iterator[Breach]:
    session.access.new_environments()
    alone = _list(other, listing, {})
    session.access.new_environments()
    before, after = _list(session.client, listing, {}), _list(other, listing, {})
    old, new = (_ids(one, resource, listing) for one in (alone, after))
    if alone.status != after.status or old != new:
        happened = (
            f"a user's list had {len(old)} on a new environment ({alone.status}), and {len(new)} ({after.status}) "
            "after a request of another user"
        )
        yield Breach(listing.operation, happened, (before.exchange, after.exchange), "user")


def _errors_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send the same invalid request three times: its answers have the same form."""
    create = resource.create
    if create is None or session.values.body_schema(create) is None:
        return
    session.access.new_environments()
    bodies: tuple[dict[str, Any], ...] = ({}, {"a": 1, "b": [2]})
    for body in bodies:
        answers = [session.client.send(create, body=body) for _ in range(3)]
        first, last = answers[0], answers[-1]
        if first.status < 400 or first.status >= 500:
            continue
        if first.status != last.status or _form(first.json) != _form(last.json):
            happened = (
                f"the same invalid request was answered with {short(first.json)} at first, then {short(last.json)}"
            )
            yield Breach(create, happened, tuple(one.exchange for one in answers), "errors")
            return


def _list(client: Client, listing: Listing, query: Mapping[str, Any]) -> Answer:
    return client.send(listing.operation, query=query)


def _ids(answer: Answer, resource: Resource, listing: Listing) -> list[Any]:
    found = items_of(answer, listing.items)
    return [one.get(resource.id_property, one) if isinstance(one, dict) else one for one in found]


def _form(value: Any) -> Any:
    """Return a value without its texts: they may have ids of requests and times."""
    if isinstance(value, dict):
        return {name: _form(one) for name, one in value.items()}
    return [_form(one) for one in value] if isinstance(value, list) else type(value).__name__


CHECKS = (
    Check(
        "requests-are-apart",
        "under-faults",
        "Nothing of a request is in the answer to a later one",
        f"{REUSE}; RFC 9110, section 3.3: HTTP is stateless",
        _requests_are_apart,
        STACK,
    ),
)
