"""Pages of an index: a cursor is the sort key of the last item that was shown."""

from __future__ import annotations

from collections.abc import Sequence

from service.model import Item, shown
from service.table import table

Page = tuple[list[Item], str | None]
"""Items, and the cursor if there are more."""


def page(
    index: str, partition: str, bounds: tuple[str, str], limit: int, properties: Sequence[str], *, forward: bool = True
) -> Page:
    """At most ``limit`` items of a partition whose sort keys are within the bounds."""
    if bounds[0] > bounds[1]:
        return [], None
    found = table.query(
        f"{index}PK = :partition AND {index}SK BETWEEN :first AND :last",
        {":partition": partition, ":first": bounds[0], ":last": bounds[1]},
        IndexName=index,
        ScanIndexForward=forward,
        # One more than asked for, so that a full last page is known to be the last.
        Limit=limit + 1,
    )
    items = [shown(item, properties) for item in found[:limit]]
    return items, found[limit - 1][f"{index}SK"] if len(found) > limit else None


def as_body(name: str, found: Page) -> Item:
    """The page as an answer has it."""
    items, cursor = found
    return {name: items} if cursor is None else {name: items, "cursor": cursor}
