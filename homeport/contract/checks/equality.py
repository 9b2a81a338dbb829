"""Equality of JSON values as a document reads them: what may differ between a value sent and the one that comes back.

Numbers are equal by value, times by their instant, UUIDs in any case. Everything else is equal to the last character.
Pure.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from homeport.project.model import Schema
from homeport.project.schema.references import resolve_map

_DEEPEST = 16
# Differences that a sentence has, and the characters of a value there.
_MOST_SHOWN = 4
_LONGEST_SHOWN = 120
_ALPHABETS = (frozenset("+/"), frozenset("-_"))
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339, section 5.6
# Words by which a description says that the service makes another value of the one that it gets.
_NORMALIZES = re.compile(
    r"\b(trim|strip|normali[sz]|lower-?\s?case|upper-?\s?case|round(ed|s)|sort(ed|s)|dedup|duplicates|truncat|canonical"
    r"|clean(ed|s)|sanit|hash(ed|es)|mask|redact|encrypt|collaps|slug|(in|to|as) (small|lower|capital|upper)"
    r"|white ?space (around|before|at|in)\b.{0,40}\b(remov|dropp|cut|ignor|taken)|spaces? around|each once|only once)",
    re.IGNORECASE,
)

# Words by which it says that the text itself is kept, offsets and letter case included.
_VERBATIM = re.compile(r"\b(as (it was |they were )?(written|sent|given|typed|entered)|verbatim)\b", re.IGNORECASE)

# Words by which it says how much of a time's fraction is kept.
_MILLISECONDS = re.compile(r"\bmilliseconds?\b|\bmillis\b", re.IGNORECASE)
_WHOLE_SECONDS = re.compile(r"\b(whole|full) seconds?\b|\b(to|precision of) (the|a|one) second\b", re.IGNORECASE)
_OF_TIMES = re.compile(r"\b(date-?)?times?(stamps?)?\b", re.IGNORECASE)
# No common language keeps more than microseconds everywhere.
_MOST_DIGITS = 6


class ValueDifference(NamedTuple):
    """A place at which two values differ; ``pointer`` is a JSON pointer. MISSING stands for no value."""

    pointer: str
    expected: Any
    found: Any


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()
"""No value, where null may be one."""


class Instant(NamedTuple):
    """A point in time: whole seconds since the epoch and the fraction's digits without zeros at their end."""

    seconds: int
    fraction: str


@dataclass(frozen=True, slots=True)
class Equality:
    """Equality by the schemas of ``document``."""

    document: Mapping[str, Any]

    def differences(
        self, expected: Any, found: Any, schema: Any = None, pointer: str = ""
    ) -> Iterator[ValueDifference]:
        """Yield the places at which ``found`` is not what was ``expected``.

        A property that the schema has and ``expected`` lacks may have been added by the service.
        """
        parts = self.parts(schema)
        if any(_NORMALIZES.search(str(part.get("description", ""))) for part in parts):
            return
        if isinstance(expected, Mapping) and isinstance(found, Mapping):
            for name in {**expected, **found}:
                inner = self.property_schema(schema, name)
                if name not in expected and inner is not None:
                    continue
                one, other = expected.get(name, MISSING), found.get(name, MISSING)
                yield from self.differences(one, other, inner, f"{pointer}/{_escape(name)}")
        elif _is_list(expected) and _is_list(found) and len(expected) == len(found):
            items = [part["items"] for part in parts if isinstance(part.get("items"), Mapping)]
            inner = {"allOf": items} if items else None
            for number, (one, other) in enumerate(zip(expected, found, strict=True)):
                yield from self.differences(one, other, inner, f"{pointer}/{number}")
        elif not same_value(expected, found, _format_of(parts), self._time_digits(parts)):
            yield ValueDifference(pointer, expected, found)

    def equal(self, expected: Any, found: Any, schema: Any = None) -> bool:
        """Return whether two values do not differ."""
        return next(self.differences(expected, found, schema), None) is None

    def _time_digits(self, parts: Sequence[Schema]) -> int:
        """Return how many digits of a second a time keeps, as its description says, or the document's for all times."""
        info = str((self.document.get("info") or {}).get("description") or "")
        common = [one for one in re.split(r"[.;]\s", info) if _OF_TIMES.search(one)]
        for text in (*(str(part.get("description", "")) for part in parts), *common):
            if _WHOLE_SECONDS.search(text):
                return 0
            if _MILLISECONDS.search(text):
                return 3
        return _MOST_DIGITS

    def parts(self, schema: Any) -> list[Schema]:
        """Return a schema with the alternatives and parts that it is composed of, references resolved."""
        found: list[Schema] = []
        self._collect(schema, found, 0)
        return found

    def property_schema(self, schema: Any, name: str) -> Schema | None:
        """Return the schema of an object's property, None where the schema does not name it."""
        for part in self.parts(schema):
            properties = part.get("properties")
            if isinstance(properties, Mapping) and name in properties:
                found: Schema = properties[name]
                return found
        return None

    def _collect(self, schema: Any, found: list[Schema], depth: int) -> None:
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return
        resolved = resolve_map(schema, self.document)
        found.append(resolved)
        for key in ("allOf", "anyOf", "oneOf"):
            for part in resolved.get(key) or ():
                self._collect(part, found, depth + 1)


def describe_changes(before: Any, after: Any) -> str:
    """Return in words where one value differs from an earlier one: ``/price was 1 and is 2``."""
    found = list(Equality({}).differences(before, after))
    words = [
        f"{one.pointer or 'it'} was {_short(one.expected)} and is {_short(one.found)}" for one in found[:_MOST_SHOWN]
    ]
    more = len(found) - len(words)
    return ", ".join(words) + (f", and {more} more" if more > 0 else "")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def same_value(expected: Any, found: Any, format_name: Any = "", time_digits: int = _MOST_DIGITS) -> bool:
    """Return whether two values are the same, in the format that a schema names.

    ``time_digits`` is how much of a second's fraction counts.
    """
    if expected is MISSING or found is MISSING or isinstance(expected, bool) or isinstance(found, bool):
        return expected is found or (type(expected) is type(found) and bool(expected == found))
    if _is_number(expected) and _is_number(found):
        return _exact(expected) == _exact(found)
    if isinstance(expected, str) and isinstance(found, str):
        return expected == found or _same_text(expected, found, str(format_name), time_digits)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(same_value(expected[name], found[name]) for name in expected)
    if _is_list(expected) and _is_list(found):
        return len(expected) == len(found) and all(map(same_value, expected, found))
    return expected is None and found is None


def read_instant(text: Any) -> Instant | None:
    """Return the instant of an RFC 3339 time, None for another text."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    date, time, fraction, offset = found.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{time}{'+00:00' if offset in 'Zz' else offset}")
    except ValueError:
        return None
    return Instant(int((moment - datetime.fromtimestamp(0, UTC)).total_seconds()), (fraction or "").rstrip("0"))


def show_value(value: Any, longest: int = 120) -> str:
    """Return a value as a sentence has it, cut where it is long."""
    text = repr(value) if isinstance(value, str) else _plain(value)
    if isinstance(value, str) and not value.isprintable():
        text = ascii(value)
    elif isinstance(value, str) and not value.isascii():
        text = f"{value!r} ({ascii(value)[1:-1]})"
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def _format_of(parts: Sequence[Schema]) -> str:
    """Return the format in which values may be the same; none where the document says that the text itself is kept."""
    if any(_VERBATIM.search(str(part.get("description", ""))) for part in parts):
        return ""
    return str(next((part["format"] for part in parts if "format" in part), ""))


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_plain(one)}" for name, one in value.items()) + "}"
    if _is_list(value):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return {None: "null", True: "true", False: "false"}.get(value, repr(value)) if not _is_number(value) else str(value)


def _same_text(expected: str, found: str, format_name: str, time_digits: int) -> bool:
    match format_name:
        case "date-time":
            one, other = read_instant(expected), read_instant(found)
            return one is not None and other is not None and _cut(one, time_digits) == _cut(other, time_digits)
        case "uuid" | "hostname" | "idn-hostname":
            return expected.lower() == found.lower()
        case "ipv4" | "ipv6":
            return bool(_address(expected) == _address(found))
        case "byte":
            # RFC 4648: the alphabet of section 4 is not that of section 5, in which URLs have it.
            other_alphabet = any(
                set(expected) & one and set(found) & two for one, two in (_ALPHABETS, _ALPHABETS[::-1])
            )
            return not other_alphabet and bool(_decode(expected) == _decode(found))
    return False


def _cut(instant: Instant, digits: int) -> tuple[int, str]:
    return instant.seconds, instant.fraction[:digits].rstrip("0")


def _address(text: str) -> Any:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return text


def _decode(text: str) -> Any:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_" if set(text) & set("-_") else None)
    except ValueError:
        return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _exact(number: Any) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
