"""Spans: resources of which no two have the same time, such as the bookings of a room. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from homeport.contract.rest.ordered_pairs import ordered_pairs
from homeport.contract.rest.shapes import value_at
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_SAYS_SO = re.compile(
    r"\boverlap|\bconflicting times?\b|\b(taken|booked|occupied|busy|reserved|in use|not free|not available)\b"
    r".{0,40}\b(time|times|then|period|interval|slot|nights?|days?|dates?|hours?)\b",
    re.IGNORECASE | re.DOTALL,
)


def excludes_overlaps(operation: Operation, document: Mapping[str, Any]) -> bool:
    """Return whether a create is refused for a time that another one has, as its words or those of its 409 say."""
    node: Any = value_at(document, ("paths", *operation.document_path[1:])) or {}
    conflict = resolve_map(operation.responses.get("409"), document)
    texts = (node.get("summary"), node.get("description"), conflict.get("description"))
    return "409" in operation.responses and any(_SAYS_SO.search(str(text or "")) for text in texts)


def ends_of_spans(operation: Operation, document: Mapping[str, Any], names: Collection[str]) -> frozenset[str]:
    """Return the properties that end a span of time, which is no lifetime where others want the time after it."""
    return frozenset(end for _, end in ordered_pairs(names)) if excludes_overlaps(operation, document) else frozenset()
