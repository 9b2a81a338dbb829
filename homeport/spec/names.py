"""How one name becomes another: operationId to module to function, and the nearest name to a misspelt one."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def snake_case(name: str) -> str:
    """``createItem`` and ``create-item`` are ``create_item``, ``getHTTPStatus`` is ``get_http_status``."""
    return "_".join(word for word in _WORD_BREAK.split(name) if word).lower()


def kebab_case(name: str) -> str:
    """``createItem`` is ``create-item``."""
    return snake_case(name).replace("_", "-")


def camel_case(name: str) -> str:
    """``GET /items/{itemId}`` is ``getItemsItemId``."""
    first, *rest = snake_case(name).split("_")
    return first + "".join(word.capitalize() for word in rest)


def slug(title: str) -> str:
    """A title as the start of a stack name, a letter first: ``Items API`` is ``items-api``."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words if words[:1].isalpha() else f"api-{words}".rstrip("-")


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name that a misspelt one most likely means, None if none is near (1 is the same letters)."""
    from difflib import get_close_matches

    by_fold = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), by_fold, n=1, cutoff=likeness)
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A cure for a misspelt name: the nearest known one, or all of them."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near}?"
    return f"known: {', '.join(sorted(names))}" if names else "there are none"
