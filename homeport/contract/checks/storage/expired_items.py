"""Expired items: DynamoDB deletes them within days, so that until then an API has to leave them out by itself.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.resource_client import ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.checks.storage.stored_items import Attribute, StoredItem, expiry_attribute, plain_value
from homeport.contract.checks.storage.tables import items_of_resource
from homeport.contract.rest.resource import Resource

# Seconds. A clock of another process may be a little off.
_PAST = 3600
_SAME = 2
_EXPIRES = re.compile(r"(?i)expir")


def _expired_is_gone(session: Session, resource: Resource) -> Iterator[Breach]:
    """Move the expiry of a new resource into the past, with all that says the same, and read it."""
    read, client = resource.read, ResourceClient.of(session, resource)
    if read is None or not _says_that_it_expires(session, resource):
        return
    made = client.make_full()
    if made is None:
        return
    for table, item in list(items_of_resource(session, made.id)):
        own = expiry_attribute(session.access.describe(table))
        expired = _expire(item, own, time.time()) if own in item else None
        if expired is None:
            continue
        before = client.read(made.path)
        session.access.put_item(table, expired)
        after = client.read(made.path)
        if before is not None and after is not None and before.ok and after.ok:
            happened = (
                f"{own} of its item in {table} was set to an hour ago, and the read was answered with {after.status}"
            )
            yield Breach(read, happened, exchanges_of(made, before, after), f"{table}.{own}")


def _says_that_it_expires(session: Session, resource: Resource) -> bool:
    """Return whether the document tells clients of an expiry: by a property of the resource, or in words."""
    texts = [description_of(one, session.model.document) for one in resource.operations]
    texts += [str(field.schema.get("description", "")) for field in resource.fields.values()]
    return any(map(_EXPIRES.search, (*resource.fields, *texts)))


def _expire(item: StoredItem, own: str, now: float) -> dict[str, Attribute] | None:
    """Return an item whose expiry, which is to come, was an hour ago; None where it has no such expiry."""
    value = plain_value(item[own])
    if not isinstance(value, Decimal) or not now < value < now * 2:
        return None
    shift = int(value) - int(now) + _PAST
    return {name: _earlier(attribute, float(value), shift) for name, attribute in item.items()}


def _earlier(attribute: Attribute, moment: float, shift: int) -> Attribute:
    """Return an attribute that is the moment, in seconds, milliseconds or RFC 3339, earlier by ``shift`` seconds."""
    value: Any = plain_value(attribute)
    for unit in (1, 1000) if isinstance(value, Decimal) else ():
        if abs(float(value) / unit - moment) <= _SAME:
            return {"N": str(value - shift * unit)}
    if "S" in attribute:
        try:
            written = datetime.fromisoformat(value)
        except ValueError:
            return attribute
        written = written if written.tzinfo is not None else written.replace(tzinfo=UTC)
        if abs(written.timestamp() - moment) <= _SAME:
            return {"S": _rewrite(value, written, shift)}
    return attribute


def _rewrite(text: str, written: datetime, shift: int) -> str:
    """Return a time of RFC 3339 in the form that it was written in, earlier by ``shift`` seconds."""
    earlier = datetime.fromtimestamp(written.timestamp() - shift, written.tzinfo)
    return (
        earlier.strftime(f"%Y-%m-%d{text[10]}%H:%M:%S") + text[19:] if len(text) > len("2026-01-01T00:00:00") else text
    )


CHECKS = (
    Check(
        "expired-is-gone",
        "storage",
        "A resource that has expired is not answered any more, also while DynamoDB has not deleted it yet",
        "DynamoDB, Working with expired items: they are deleted within a few days, and until then reads return them",
        _expired_is_gone,
        frozenset(("tables",)),
    ),
)
