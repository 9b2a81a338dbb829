"""Words for a resource that can't be made: the API's own, and what an owner can do about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from homeport.contract.checks.client import Answer

_MESSAGES = ("detail", "message", "error_description", "description", "reason", "title", "error")
_LONGEST = 160
_HINTS = {
    401: "give the run credentials that the operation takes",
    403: "give the run credentials of a user who may",
}
_HINT = "give the request body an example that the API accepts"


def describe_refusals(refusals: Sequence[Answer], *, advise: bool = True) -> str:
    """Return what an API said to the creates that it refused: the first one's words, and the statuses of all.

    ``advise`` adds what the owner of the API can do.
    """
    if not refusals:
        return ""
    first = refusals[0]
    message = message_of(first.json)
    statuses = " or ".join(dict.fromkeys(str(one.status) for one in refusals))
    words = f" {first.operation.label} was answered with {statuses}" + (f', "{message}"' if message else "")
    return f":{words}" + (f" ({_HINTS.get(first.status, _HINT)})" if advise else "")


def message_of(body: Any) -> str:
    """Return the sentence that an error says, its values left in; ``""`` where it has none."""
    found = next(_sentences(body), "")
    text = re.sub(r"\s+", " ", found).strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _sentences(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, dict):
        for violations in ("errors", "violations", "details"):
            if isinstance(value.get(violations), list):
                yield from (found for one in value[violations] for found in _sentences(one))
        for name in _MESSAGES:
            yield from _sentences(value.get(name))
