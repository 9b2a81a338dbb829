"""Values of properties as CloudFormation takes them, and the links between resources of a REST API."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.source.cursor import Cursor


def is_true(cursor: Cursor) -> bool:
    """Return whether a value is true; CloudFormation takes it as text too."""
    return cursor.value is True or str(cursor.value).lower() == "true"


def whole(cursor: Cursor) -> int | None:
    """Return a whole number, which may be written as text; None if there is none."""
    found = number(cursor)
    return int(found) if found is not None and found == int(found) else None


def number(cursor: Cursor) -> float | None:
    """Return a number, which may be written as text; None if there is none."""
    if isinstance(cursor.value, bool) or not isinstance(cursor.value, int | float | str):
        return None
    try:
        return float(cursor.value)
    except ValueError:
        return None


def plain(cursor: Cursor) -> str:
    """Return a text, number or flag as text, ``""`` for anything else."""
    if isinstance(cursor.value, bool):
        return "true" if cursor.value else "false"
    return str(cursor.value) if isinstance(cursor.value, str | int | float) else ""


def of_api(stack: CloudFormationStack, type: str, api: StackResource) -> Iterator[StackResource]:
    """Yield the resources of a type whose RestApiId is that of an API."""
    return (each for each in stack.of_type(type) if plain(each.properties.at("RestApiId")) == api.physical_id)
