"""Document paths that lead into a key, which is always a scalar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..expressions.tree import Path
from .keys import indexes

_SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed"


def path_error(table: Mapping[str, Any], paths: Iterable[Path]) -> str | None:
    """Return the message for a path into a key of a table or of one of its indexes."""
    nested = {path[0] for path in paths if len(path) > 1}
    if not nested:
        return None
    for name in (table["pk_name"], table["sk_name"]):
        if name in nested:
            return f"{_SCALAR}: Key: {name}"
    for _, index in indexes(table):
        for each in index["KeySchema"]:
            if each["AttributeName"] in nested:
                return f"{_SCALAR}: IndexKey: {each['AttributeName']}"
    return None
