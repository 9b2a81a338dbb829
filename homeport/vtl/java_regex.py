"""Regular expressions as ``java.util.regex`` has them, in bounded time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import regex

from homeport.vtl.errors import LimitExceeded, TemplateError
from homeport.vtl.limits import Meter

_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\[pP]\{[A-Za-z]+\}|\\k<(?P<group>[A-Za-z][A-Za-z0-9]*)>|\\.", re.DOTALL)
# Java's classes are ASCII's unless they are Unicode's by name; its \\Z may stand before a last line end.
_CLASSES = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
    r"\s": r"[ \t\n\x0b\f\r]",
    r"\S": r"[^ \t\n\x0b\f\r]",
    r"\e": r"\x1b",
    r"\z": r"\Z",
    r"\Z": r"(?=\n?\Z)",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\p{Graph}": "[!-~]",
    r"\p{Print}": "[ -~]",
    r"\p{Blank}": r"[ \t]",
    r"\p{Cntrl}": r"[\x00-\x1f\x7f]",
    r"\p{Lower}": "[a-z]",
    r"\p{Upper}": "[A-Z]",
    r"\p{Alpha}": "[A-Za-z]",
    r"\p{Digit}": "[0-9]",
    r"\p{Alnum}": "[A-Za-z0-9]",
    r"\p{Punct}": r"[!-/:-@\[-`{-~]",
    r"\p{Space}": r"[ \t\n\x0b\f\r]",
    r"\p{XDigit}": "[0-9A-Fa-f]",
}
_GROUP = re.compile(r"\$(?:([0-9])|\{([A-Za-z][A-Za-z0-9]*)\})")
_LONGEST_PATTERN = 10_000


@dataclass(frozen=True, slots=True)
class _Group:
    name: int | str


class JavaPattern:
    """A pattern of Java's. The meter bounds the time: backtracking can take for ever.

    https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
    """

    __slots__ = ("_pattern",)

    def __init__(self, text: str) -> None:
        """Compile a pattern. Raises TemplateError where it is none."""
        self._pattern = _compile(text)

    def matches(self, text: str, meter: Meter | None = None) -> bool:
        """Return whether the pattern matches the whole text: ``String.matches``. Raises LimitExceeded."""
        with (meter or Meter()).time_pattern() as seconds:
            return self._pattern.fullmatch(text, timeout=seconds) is not None

    def replace(self, text: str, replacement: str, meter: Meter, count: int = 0) -> str:
        """Return the text with each match replaced (``String.replaceAll``), or the first ``count`` of them."""
        parts, length = _read_replacement(replacement), len(text)

        def fill(match: regex.Match[str]) -> str:
            nonlocal length
            filled = _fill(match, parts)
            length += len(filled)
            meter.charge_text(length)
            return filled

        with meter.time_pattern() as seconds:
            replaced: str = self._pattern.sub(fill, text, count=count, timeout=seconds)
            return replaced

    def split(self, text: str, limit: int, meter: Meter) -> list[str]:
        """Return the parts between matches: ``String.split``. Empty ones at the end are dropped if ``limit`` is 0."""
        parts: list[str] = []
        start = 0
        with meter.time_pattern() as seconds:
            for match in self._pattern.finditer(text, timeout=seconds):
                meter.charge()
                if 0 < limit <= len(parts) + 1:
                    break
                # A match of no characters at the beginning yields no part, nor does one at the end.
                if match.end() == 0 or match.start() == match.end() == len(text):
                    continue
                parts.append(text[start : match.start()])
                start = match.end()
        parts.append(text[start:])
        while limit == 0 and len(parts) > 1 and not parts[-1]:
            parts.pop()
        return parts


def _translate(match: re.Match[str]) -> str:
    if match["group"]:
        return f"(?P={match['group']})"
    inverse = _CLASSES.get(match[0].replace("P", "p", 1)) if match[0].startswith(r"\P{") else None
    return f"[^{inverse}]" if inverse else _CLASSES.get(match[0], match[0])


@lru_cache(maxsize=256)
def _compile(text: str) -> regex.Pattern[str]:
    if len(text) > _LONGEST_PATTERN:
        raise LimitExceeded(f"a regular expression has more than {_LONGEST_PATTERN:,} characters")
    python = _ESCAPE.sub(_translate, _QUOTED.sub(lambda match: regex.escape(match[1]), text))
    try:
        return regex.compile(python, regex.VERSION1)
    except (regex.error, RecursionError, OverflowError) as error:
        raise TemplateError(f"{text!r} is no regular expression: {error}") from error


def _read_replacement(text: str) -> list[str | _Group]:
    """Return the texts and groups of a replacement: ``$1``, ``${name}``; a backslash quotes what follows."""
    parts: list[str | _Group] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            if position + 1 == len(text):
                raise TemplateError("a replacement ends in a backslash")
            parts.append(text[position + 1])
            position += 2
        elif character == "$":
            group = _GROUP.match(text, position)
            if group is None:
                raise TemplateError("a $ in a replacement names no group: write \\$")
            parts.append(_Group(int(group[1]) if group[1] else group[2]))
            position = group.end()
        else:
            parts.append(character)
            position += 1
    return parts


def _fill(match: regex.Match[str], parts: list[str | _Group]) -> str:
    try:
        return "".join(part if isinstance(part, str) else match[part.name] or "" for part in parts)
    except IndexError:
        raise TemplateError("a replacement names a group that the regular expression lacks") from None
