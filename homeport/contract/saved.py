"""What tests that ``homeport save-test`` wrote are made of: values that are known only by their shape, and secrets."""

from __future__ import annotations

import os
import re
import uuid
from typing import Any

from homeport.errors import HomeportError

UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
# Letters and digits without a meaning: ids, cursors, digests.
TOKEN = r"[A-Za-z0-9_.~+/=-]{8,}"
_PATTERNS = {"uuid": UUID, "time": TIME, "token": TOKEN}
_PLACE = re.compile(r"\{(" + "|".join(_PATTERNS) + r")\}")


class MissingSecret(HomeportError):
    """A recorded request had a credential, and nothing says which one to send now."""


class like:
    """Equal to every text of this shape: ``like("1-{time}")``, with ``{uuid}``, ``{time}`` and ``{token}``."""

    def __init__(self, shape: str) -> None:
        self._shape = shape
        pieces = _PLACE.split(shape)
        self._pattern = re.compile(
            "".join(_PATTERNS[piece] if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._pattern.fullmatch(other) is not None

    def __hash__(self) -> int:
        return hash(self._shape)

    def __repr__(self) -> str:
        return f"like({self._shape!r})"


class some:
    """Equal to every value of a type: ``some(int)``; true and false are no numbers."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self._kind) and (self._kind is bool or not isinstance(other, bool))

    def __hash__(self) -> int:
        return hash(self._kind)

    def __repr__(self) -> str:
        return f"some({self._kind.__name__})"


class holding:
    """Equal to every list that has these elements, among others, in any order."""

    def __init__(self, *elements: Any) -> None:
        self._elements = elements

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and all(element in other for element in self._elements)

    def __hash__(self) -> int:
        return hash(len(self._elements))

    def __repr__(self) -> str:
        return f"holding({', '.join(map(repr, self._elements))})"


class first_page:
    """Equal to the page of a list that is all of it; of one with further properties, since others follow, the lists
    may hold anything: what the test made may be on a later page.
    """

    def __init__(self, page: dict[str, Any]) -> None:
        self._page = page

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, dict) or not self._page.keys() <= other.keys():
            return False
        whole = self._page.keys() == other.keys()
        return all(
            isinstance(other[name], list) if isinstance(value, holding) and not whole else value == other[name]
            for name, value in self._page.items()
        )

    def __hash__(self) -> int:
        return hash(tuple(self._page))

    def __repr__(self) -> str:
        return f"first_page({self._page!r})"


def fresh(recorded: str) -> str:
    """An id like the recorded one that nothing has yet."""
    made = uuid.uuid4()
    return str(made) if re.fullmatch(UUID, recorded) else f"{recorded}-{made.hex[:8]}"


def secret(name: str) -> str:
    """A credential, from an environment variable. Raises MissingSecret: recordings have none."""
    value = os.environ.get(name)
    if not value:
        raise MissingSecret(
            f"the recorded request had a credential, which is not kept: set {name}",
            f"for example {name}=$(homeport token)" if name == "HOMEPORT_TOKEN" else f"export {name}=…",
        )
    return value
