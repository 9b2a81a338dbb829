"""``.env`` files, and ``${NAME}`` in the settings of a stage."""

from __future__ import annotations

import re
from collections.abc import Mapping

from homeport.errors import Problem

_SKIPPED = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_ENTRY = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>[^'"\s#][^\n]*?|))
        (?:[ \t]+\#[^\n]*|[ \t]*)(?:\r?\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_REFERENCE = r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}"


def read_dotenv(text: str, file: str = ".env") -> tuple[dict[str, str], list[Problem]]:
    """``NAME=value`` lines: quotes may span lines, double ones know \\n, # starts a comment. No value is ever shown."""
    values: dict[str, str] = {}
    problems: list[Problem] = []
    place = 0
    while place < len(text):
        found = _SKIPPED.match(text, place) or _ENTRY.match(text, place)
        if found is None:
            line = text.count("\n", 0, place) + 1
            problems.append(Problem("this line is not NAME=value", file, line, "write it so, or start it with #"))
            place = text.find("\n", place) + 1 or len(text)
            continue
        if found.re is _ENTRY:
            values[found["name"]] = _value(found)
        place = found.end()
    return values, problems


def _value(found: re.Match[str]) -> str:
    if found["double"] is not None:
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), found["double"], flags=re.DOTALL)
    return found["single"] if found["single"] is not None else found["bare"].rstrip()


def references(text: str) -> list[str]:
    """The names that a text refers to as ``${NAME}``; ``$${NAME}`` is plain text."""
    return [name for escape, name in re.findall(_REFERENCE, text) if not escape]


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """The text with its references replaced by their values, which must all be there."""
    return re.sub(_REFERENCE, lambda found: f"${{{found[2]}}}" if found[1] else values[found[2]], text)
