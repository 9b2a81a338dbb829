"""The tables behind an API, as the checks of storage read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.session import Session
from homeport.contract.checks.storage.stored_items import StoredItem, find_item


def items_of_resource(session: Session, identity: Any) -> Iterator[tuple[str, StoredItem]]:
    """Yield the item of a resource in each table that has one."""
    for table in session.project.resources.tables:
        item = find_item(session.access.items(table), session.access.describe(table), identity)
        if item is not None:
            yield table, item


def all_items(session: Session) -> Mapping[str, list[Any]]:
    """Return the items of each table."""
    return {table: session.access.items(table) for table in session.project.resources.tables}
