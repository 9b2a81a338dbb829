"""Collections: what writes leave behind, such as versions, is not changed by later writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import Resource

_HISTORY = re.compile(
    r"versions?|revisions?|histor(y|ies)|editions?|snapshots?|audit\w*|changes|changelog|events?|logs?"
)
_WRITES = 3


def _history_stays(session: Session, resource: Resource) -> Iterator[Breach]:
    """Write a resource several times, and compare what each write left with what is there of it after the next one."""
    if not _is_history(resource):
        return
    owner = parent_of(resource, session.model)
    write = None if owner is None else owner.replace or owner.change
    if owner is None or write is None or (made := session.make(owner)) is None:
        return
    client = ResourceClient.of(session, owner)
    reader = PageReader(session.client, resource, resource.listings[0], path_below(made, resource))
    walk, tag = reader.walk({}), client.show(made.path, made.answer).header("ETag")
    for number in range(1, _WRITES):
        written = client.write(write, made.path, client.full(write, number, made.path), tag)
        now, tag = reader.walk({}), client.show(made.path, written).header("ETag")
        if not written.ok or not walk.complete or not now.complete:
            return
        if happened := _find_change(client, resource, walk, now):
            exchanges = [*exchanges_of(made), *walk.exchanges()[:1], written.exchange, *now.exchanges()[:1]]
            yield Breach(reader.listing.operation, f"{write.method} {happened}", exchanges, "history")
            return
        walk = now


def _is_history(resource: Resource) -> bool:
    writes = (resource.create, resource.replace, resource.change, resource.delete, *resource.actions)
    named = _HISTORY.fullmatch(plain(resource.name.rpartition("/")[2]))
    return bool(named and resource.parents and resource.listings and resource.id_property) and not any(writes)


def _find_change(client: ResourceClient, resource: Resource, before: Walk, after: Walk) -> str:
    """Return in words which entry of a list a write changed or removed, ``""`` for none."""
    entries = {str(one.get(resource.id_property)): one for one in after.entries if isinstance(one, Mapping)}
    expectation = Expectation(resource, client.equality)
    for old in before.entries:
        id_ = str(old.get(resource.id_property)) if isinstance(old, Mapping) else ""
        if not id_:
            continue
        new: Any = entries.get(id_)
        if new is None:
            return f"removed {id_!r} from what earlier writes had left"
        for name, value in expectation.stable(old).items():
            if not client.equality.equal(value, new.get(name, MISSING)):
                shown = show_value(new.get(name, MISSING))
                return (
                    f"changed {name} of {id_!r}, which an earlier write had left, from {show_value(value)} to {shown}"
                )
    return ""


CHECKS = (
    Check(
        name="history-stays",
        kind="collections",
        promise="A version, or another trace of a write, stays as it is when the next write leaves its own",
        origin="the document: a list of versions, revisions or events below the resource, which only its writes fill",
        run=_history_stays,
    ),
)
