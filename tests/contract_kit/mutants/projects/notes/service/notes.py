"""Notes in the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.errors import Changed, NotFound
from service.model import Item, shown
from service.table import ConditionFailed, table

_NONE = "There is no note with this id."


def get(note_id: str, deadline: float) -> Item:
    """A note as it is now, with its revision. Raises NotFound."""
    found = table.get({"noteId": note_id}, deadline)
    if not found:
        raise NotFound(_NONE)
    return found


def page(tag: str | None, limit: int, cursor: str | None, deadline: float) -> tuple[list[Item], str | None]:
    """At most ``limit`` notes, and the cursor if there are more."""
    asked: dict[str, Any] = {"Limit": limit}
    if tag is not None:
        asked |= {"FilterExpression": "contains(tags, :tag)", "ExpressionAttributeValues": {":tag": tag}}
    if cursor is not None:
        asked["ExclusiveStartKey"] = {"noteId": cursor}
    found, last = table.scan(deadline, **asked)
    return [shown(note) for note in found], last.get("noteId")


def put(
    note_id: str,
    content: Item,
    revision: str,
    now: str,
    match: Sequence[str] | None,
    none_match: Sequence[str] | None,
    deadline: float,
) -> Item:
    """The note with this content, with its revision. Raises Changed."""
    values = {**content, "revision": revision, "updatedAt": now}
    gone = [name for name in ("days", "expiresAt") if name not in content]
    conditions, wanted = _conditions(match, none_match)
    sets = ["createdAt = if_not_exists(createdAt, :now)", *(f"#{name} = :{name}" for name in values)]
    condition = {"ConditionExpression": " AND ".join(conditions)} if conditions else {}
    try:
        return table.update(
            {"noteId": note_id},
            deadline,
            UpdateExpression=f"SET {', '.join(sets)}"
            + (f" REMOVE {', '.join(f'#{one}' for one in gone)}" if gone else ""),
            ExpressionAttributeNames={f"#{name}": name for name in (*values, *gone)},
            ExpressionAttributeValues={":now": now, **{f":{name}": value for name, value in values.items()}, **wanted},
            **condition,
        )
    except ConditionFailed:
        raise Changed from None


def delete(note_id: str, match: Sequence[str] | None, deadline: float) -> None:
    """No note with this id. Raises NotFound and Changed."""
    conditions, wanted = _conditions(match, None)
    values = {"ExpressionAttributeValues": wanted} if wanted else {}
    try:
        table.delete(
            {"noteId": note_id},
            deadline,
            ConditionExpression=" AND ".join(["attribute_exists(noteId)", *conditions]),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **values,
        )
    except ConditionFailed as failed:
        if not failed.item:
            raise NotFound(_NONE) from None
        raise Changed from None


def _conditions(match: Sequence[str] | None, none_match: Sequence[str] | None) -> tuple[list[str], Item]:
    """What If-Match and If-None-Match ask of a write."""
    expressions: list[str] = []
    values: Item = {}
    for letter, tags in (("m", match), ("n", none_match)):
        if tags is None:
            continue
        named = {f":{letter}{number}": tag for number, tag in enumerate(tags)}
        values |= named
        found = f"revision IN ({', '.join(named)})" if named else "attribute_exists(noteId)"
        expressions.append(found if letter == "m" else f"NOT {found}")
    return expressions, values
