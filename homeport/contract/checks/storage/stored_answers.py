"""Storage: what the tables behind an API hold has the types of its answers, expires, and is gone when it should be."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.entry_batches import entry_batches
from homeport.contract.checks.probes import Probe, Prober, ProbeTarget, short
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.checks.storage.stored_items import (
    described_durations,
    expiry_attribute,
    expiry_problems,
    key_parts,
    mentions,
    plain_value,
    wrong_type,
)
from homeport.contract.checks.storage.tables import all_items, items_of_resource
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Field, Resource

_NEEDS: frozenset[Need] = frozenset(("tables",))
_SECRET = re.compile(r"(?i)passw|passphrase|secret|api_?key|\bpin\b|cvv|cvc")
_TOMBSTONE = re.compile(r"(?i)delet|remov|archiv|tombstone|status|state")
_HISTORY = re.compile(r"(?i)audit|log|event|history|outbox|journal|stream|activity|version|revision")


def _types_fit(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the types of what is stored after each write with the answer."""
    prober = Prober(session)
    for operation in (resource.create, resource.replace, resource.change):
        probe = prober.prepare(ProbeTarget(resource, operation)) if operation is not None else None
        if probe is None or operation is None:
            continue
        answer = probe.send(session.client)
        shown = answer.properties
        identity = probe.id if probe.id is not None else shown.get(resource.id_property)
        if not answer.ok or identity is None:
            continue
        for table, item in items_of_resource(session, identity):
            for name in shown.keys() & item.keys():
                if problem := wrong_type(shown[name], item[name]):
                    happened = f"{name} is answered as {short(shown[name])}; in {table} {problem}"
                    yield Breach(operation, happened, (answer.exchange,), f"/{name}")


def _nothing_is_left(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the items of all tables before a resource is made with those after it was deleted."""
    # What has the id of another resource is not all of it.
    if resource.delete is None or resource.keyed_by:
        return
    before = all_items(session)
    prober = Prober(session)
    probe = prober.prepare(ProbeTarget(resource, resource.delete))
    if probe is None or probe.made is None:
        return
    exchanges = [*exchanges_of(probe.made), *_change(session, prober, resource, probe)]
    answer = probe.send(session.client)
    read = session.read(resource, probe.made.path)
    if not answer.ok or (read is not None and read.ok):
        return
    identity = str(probe.made.id)
    for table, items in all_items(session).items():
        properties = session.access.describe(table)
        own = expiry_attribute(properties)
        for item in items:
            if item in before[table] or not mentions(item, identity) or own in item:
                continue
            if _HISTORY.search(table) or any(_TOMBSTONE.search(name) for name in item.keys() - resource.fields.keys()):
                continue
            keys = {part.name for part in key_parts(properties) if not part.index}
            key = {name: plain_value(item[name]) for name in sorted(keys) if name in item}
            happened = f"after DELETE was answered with {answer.status}, {table} still holds {short(key)} of it"
            yield Breach(resource.delete, happened, [*exchanges, answer.exchange], table)
            break


def _change(session: Session, prober: Prober, resource: Resource, probe: Probe) -> Iterator[HttpExchange]:
    """Change the resource of a probe once, so that what a change stores beside it is there as well."""
    for operation in (resource.change, resource.replace):
        other = prober.prepare(ProbeTarget(resource, operation)) if operation is not None else None
        if operation is not None and other is not None and "if-match" not in map(str.lower, other.headers):
            yield session.client.send(operation, probe.path, headers=other.headers, body=other.body).exchange
            return


def _expiries_are_seconds(session: Session, resource: Resource) -> Iterator[Breach]:
    """Look at the expiry of each item that a write adds or changes."""
    prober = Prober(session)
    writes = [target for target in prober.targets() if target.resource.name == resource.name and target.is_write]
    documented = tuple(resource.fields)
    described = described_durations(". ".join(_descriptions(session.project.api.document)))
    for probe in (probe for target in writes for probe in _bodies(session, prober, target)):
        before = all_items(session)
        answer = probe.send(session.client)
        if not answer.ok:
            continue
        for table, items in all_items(session).items():
            properties = session.access.describe(table)
            for item in items:
                if item in before[table]:
                    continue
                for name, problem in expiry_problems(item, properties, documented, time.time(), described):
                    happened = f"the write stored {name} in {table}: {problem}"
                    yield Breach(probe.target.operation, happened, (answer.exchange,), f"{table}.{name}")


def _bodies(session: Session, prober: Prober, target: ProbeTarget) -> Iterator[Probe]:
    """Yield a write with its usual body, and one with every property: an expiry may come with an optional one."""
    usual = prober.prepare(target)
    if usual is None:
        return
    yield usual
    for batch in entry_batches(session, target.resource):
        if batch.create.operation == target.operation:
            # Of entries that are older than what is kept, nothing is stored.
            yield replace(usual, path=batch.reader.path, body=batch.body(batch.entries(1)))
    full = ResourceClient.of(session, target.resource).full(target.operation, 0, usual.path)
    if not isinstance(full, dict) or not isinstance(usual.body, dict) or not full.keys() - usual.body.keys():
        return
    other = prober.prepare(target)
    if other is not None:
        yield replace(other, body={**full, **other.body})


def _descriptions(value: Any) -> Iterator[str]:
    """Yield the descriptions of a document, wherever they are."""
    if isinstance(value, Mapping):
        text = value.get("description")
        if isinstance(text, str):
            yield text
        for one in value.values():
            yield from _descriptions(one)
    elif isinstance(value, list):
        for one in value:
            yield from _descriptions(one)


def _secrets_are_not_plain(session: Session, resource: Resource) -> Iterator[Breach]:
    """Look for the values of secrets in what a create stores."""
    create = resource.any_create
    secrets = [one for one in resource.fields.values() if _is_secret(one)]
    if create is None or not secrets:
        return
    before = all_items(session)
    made = session.make(resource)
    sent = made.sent if made is not None and isinstance(made.sent, dict) else {}
    for table, items in all_items(session).items():
        for item in items:
            for field in secrets if item not in before[table] else ():
                value = sent.get(field.name)
                if (
                    isinstance(value, str)
                    and len(value) > 3
                    and any(plain_value(one) == value for one in item.values())
                ):
                    happened = f"{field.name} is stored in {table} as it was sent"
                    exchanges = exchanges_of(made)
                    yield Breach(create, happened, exchanges, f"/{field.name}", severity="warning")


def _is_secret(field: Field) -> bool:
    is_password = field.schema.get("format") == "password"
    return is_password or (field.write_only and _SECRET.search(field.name) is not None)


_TTL = "DynamoDB, Time to Live: a number of seconds since 1970, in the attribute that the table names"

CHECKS = (
    Check(
        "stored-types-fit",
        "storage",
        "A property is stored as the type that it has in answers",
        "DynamoDB, AttributeValue: numbers are N, booleans BOOL, arrays L",
        _types_fit,
        _NEEDS,
    ),
    Check(
        "deleted-leaves-nothing",
        "storage",
        "What is deleted leaves nothing in the tables that does not expire",
        "RFC 9110, section 9.3.5: DELETE removes the association; other items of it are orphans",
        _nothing_is_left,
        _NEEDS,
    ),
    Check(
        "expiries-are-seconds",
        "storage",
        "An expiry is one that DynamoDB acts on, in the unit of the time that the document speaks of",
        _TTL,
        _expiries_are_seconds,
        _NEEDS,
        every_operation=True,
    ),
    Check(
        "secrets-are-not-plain",
        "storage",
        "A secret is not stored as it was sent",
        "OWASP ASVS 4.0.3, 2.4.1: passwords are stored in a form that resists offline attacks",
        _secrets_are_not_plain,
        _NEEDS,
    ),
)
