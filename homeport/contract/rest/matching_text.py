"""Texts that match a regular expression, by seed. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from homeport.project.schema.references import SchemaError
from homeport.project.validators.pattern import FORMATS, python_pattern

_MOST_REPEATS = 8
_PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_WORD": _LETTERS + _LETTERS.upper() + "0123456789_",
    "CATEGORY_SPACE": " ",
}


def matching_text(pattern: str, generator: random.Random, least: int = 0, most: int | None = None) -> str | None:
    """Return a text that matches an ECMA-262 pattern, None where none was found.

    It is as likely as possible between ``least`` and ``most`` characters long; the caller checks.
    """
    try:
        parsed = _parse(python_pattern(pattern))
    except (SchemaError, re.error, RecursionError):
        return None
    wanted = least if most is None or most - least > _MOST_REPEATS else (least + most) // 2
    writer = _Writer(generator, max(_MOST_REPEATS, wanted))
    for repeats in (False, True):
        writer.long = repeats
        try:
            text = writer.sequence(parsed)
        except _Impossible:
            return None
        if len(text) >= least and (most is None or len(text) <= most):
            return text
    # Where the pattern does not say how a text ends, more of it may follow.
    return (text + "a" * (least - len(text)))[: most if most is not None else None]


def text_of_format(name: str, generator: random.Random) -> str | None:
    """Return a text of a format (``date-time``), None for a format without rules."""
    number = generator.randrange
    day = f"20{number(10, 40)}-{number(1, 13):02}-{number(1, 29):02}"
    clock = f"{number(24):02}:{number(60):02}:{number(60):02}Z"
    word = "".join(generator.choice(_LETTERS) for _ in range(8))
    known: dict[str, Callable[[], str]] = {
        "date": lambda: day,
        "date-time": lambda: f"{day}T{clock}",
        "time": lambda: clock,
        "duration": lambda: f"PT{number(1, 60)}M",
        "email": lambda: f"{word}@example.com",
        "hostname": lambda: f"{word}.example.com",
        "ipv4": lambda: f"192.0.2.{number(1, 255)}",
        "ipv6": lambda: f"2001:db8::{number(1, 0xFFFF):x}",
        "json-pointer": lambda: f"/{word}",
        "uri": lambda: f"https://example.com/{word}",
        "uri-reference": lambda: f"/{word}",
        "byte": lambda: "aGVsbG8=",
        "uuid": lambda: _uuid(generator),
    }
    return known[name]() if name in known and name in FORMATS else None


def _uuid(generator: random.Random) -> str:
    digits = f"{generator.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class _Impossible(Exception):
    """A part of a pattern for which no text is made."""


@lru_cache(maxsize=512)
def _parse(pattern: str) -> Any:
    # The standard library's own parser of patterns, by the name that it has since Python 3.11:
    # https://docs.python.org/3/whatsnew/3.11.html#deprecated
    return import_module("re._parser").parse(pattern)


class _Writer:
    """Writes a text for a parsed pattern. ``long`` repeats as often as ``most`` allows."""

    def __init__(self, generator: random.Random, most: int) -> None:
        self.random, self.most, self.long = generator, most, False
        self._groups: dict[int, str] = {}

    def sequence(self, parsed: Any) -> str:
        """Return a text for the parts of a pattern, one after the other."""
        return "".join(self._part(str(operator), argument) for operator, argument in parsed)

    def _part(self, operator: str, argument: Any) -> str:
        match operator:
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self.random.choice([one for one in _PRINTABLE if one != chr(argument)])
            case "ANY":
                return self.random.choice(_LETTERS)
            case "IN":
                return self.random.choice(_members(argument))
            case "AT" | "ASSERT" | "ASSERT_NOT":
                return ""
            case _:
                return self._compound(operator, argument)

    def _compound(self, operator: str, argument: Any) -> str:
        match operator:
            case "BRANCH":
                return self.sequence(self.random.choice(argument[1]))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeat(*argument)
            case "SUBPATTERN":
                text = self._groups[argument[0]] = self.sequence(argument[3])
                return text
            case "ATOMIC_GROUP":
                return self.sequence(argument)
            case "GROUPREF":
                return self._groups.get(argument, "")
            case _:
                raise _Impossible(operator)

    def _repeat(self, least: Any, most: Any, part: Any) -> str:
        highest = max(int(least), min(int(most), self.most))
        count = highest if self.long else self.random.randint(int(least), min(highest, int(least) + 3))
        return "".join(self.sequence(part) for _ in range(count))


def _members(parts: Any) -> list[str]:
    negated = bool(parts) and str(parts[0][0]) == "NEGATE"
    found: set[str] = set()
    for operator, argument in parts:
        match str(operator):
            case "LITERAL":
                found.add(chr(argument))
            case "RANGE":
                first, last = argument
                found |= {chr(code) for code in range(first, min(last, first + 128) + 1)}
            case "CATEGORY":
                found |= set(_CATEGORIES.get(str(argument), ""))
    if negated:
        return [one for one in _PRINTABLE if one not in found] or ["é"]
    usual = sorted(one for one in found if one.isascii() and one.isprintable())
    if not found:
        raise _Impossible("an empty set")
    return usual or sorted(found)
