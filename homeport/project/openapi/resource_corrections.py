"""``x-homeport: {resource: …}``: what a document says of its resources to the contract tests. Deployments ignore it."""

from __future__ import annotations

from homeport.project.source.cursor import Cursor

NONE = "none"
"""The word for a part that an API does not have, although it looks so."""

ROLES = ("creates", "reads", "replaces", "changes", "deletes", "lists", "acts", NONE)
"""What an operation does to its resource."""

_TEXTS = ("name", "id", "limit", "sort", "version", "idempotencyKey")
_KEYS = (*_TEXTS, "role", "items", "cursor", "filters", "put", "eventual")


def check_resource(cursor: Cursor, *, operation: bool) -> None:
    """Report what is wrong with the corrections of an operation's resource, or those of a path's."""
    if not cursor.is_map("a map such as {name: orders, sort: -createdAt}"):
        return
    cursor.only(_KEYS, "x-homeport.resource")
    for key in _TEXTS:
        cursor.text(key)
    if cursor.has("role"):
        if operation:
            cursor.choice("role", ROLES, "")
        else:
            cursor.at("role").error("a role is an operation's", "put it into x-homeport of each operation")
    cursor.choice("put", ("replaces", "merges"), "")
    cursor.flag("eventual")
    if cursor.has("items"):
        cursor.at("items").is_a((str, list), "the name of the array in the answer (data.items)")
    if cursor.has("filters") and cursor.at("filters").value != NONE:
        filters = cursor.at("filters")
        if filters.is_map("none, or a map from parameters to properties"):
            for name in filters.value:
                filters.text(name)
    _check_cursor(cursor)


def _check_cursor(cursor: Cursor) -> None:
    at = cursor.at("cursor")
    if isinstance(at.value, dict):
        at.only(("parameter", "answer"), "x-homeport.resource.cursor")
        at.text("parameter")
        at.text("answer")
    elif at.value is not None:
        at.is_a(str, "the name of a parameter, none, or {parameter: NAME, answer: NAME}")
