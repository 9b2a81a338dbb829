"""Types of values: text, words, numbers, true and false, lists, and maps from names to values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.project.keys.value import Value, nullable
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor

_MESSAGE = "{name!r} can't be {value!r}"


@dataclass(frozen=True, slots=True)
class TextValue:
    """Text, which matches ``pattern`` as a whole if there is one; ``message`` and ``hint`` are for text that does not.

    ``shape`` is the text in words, where the pattern says more than "text". ``numbers`` takes a whole number for the
    text that reads so.
    """

    pattern: str = ""
    message: str = _MESSAGE
    hint: str = ""
    shape: str = "text"
    numbers: bool = False

    def read(self, cursor: Cursor, *, partial: bool = False) -> str | None:
        """Return the text."""
        if not cursor.is_a((str, int) if self.numbers else str, "text"):
            return None
        text = str(cursor.value)
        if self.pattern and not re.fullmatch(self.pattern, text):
            cursor.error(self.message.format(name=cursor.name, value=text), self.hint)
            return None
        return text

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        text = {"type": "string", **({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})}
        return {"anyOf": [text, {"type": "integer"}]} if self.numbers else text

    def words(self) -> str:
        """Return the type in words."""
        return self.shape


@dataclass(frozen=True, slots=True)
class WordValue:
    """A word of a list. ``numbers`` takes a number for the word that reads so: YAML has 1.0 as a number."""

    allowed: tuple[str, ...]
    message: str = _MESSAGE
    hint: str = ""
    numbers: bool = False

    def read(self, cursor: Cursor, *, partial: bool = False) -> str | None:
        """Return the word."""
        value = str(cursor.value) if self.numbers else cursor.value
        if not self.numbers and not cursor.is_a(str, "text"):
            return None
        if value not in self.allowed:
            message = self.message.format(name=cursor.name, value=cursor.value)
            cursor.error(message, self.hint or did_you_mean(value, self.allowed))
            return None
        return str(value)

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        numbers = [float(word) for word in self.allowed] if self.numbers else []
        return {"enum": [*self.allowed, *numbers]}

    def words(self) -> str:
        """Return the type in words."""
        *others, last = (f'`"{word}"`' if self.numbers else f"`{word}`" for word in self.allowed)
        return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True, slots=True)
class FlagValue:
    """True or false."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> bool | None:
        """Return the value."""
        return bool(cursor.value) if cursor.is_a(bool, "true or false") else None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "boolean"}

    def words(self) -> str:
        """Return the type in words."""
        return "`true` or `false`"


@dataclass(frozen=True, slots=True)
class WholeValue:
    """A whole number of ``unit``, from ``low`` to ``high``."""

    low: int
    high: int
    unit: str = ""

    def read(self, cursor: Cursor, *, partial: bool = False) -> int | None:
        """Return the number."""
        return cursor.whole(self.low, self.high, self.unit)

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def words(self) -> str:
        """Return the type in words."""
        return _range(self.low, self.high, self.unit)


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A number of ``unit``, from ``low`` to ``high``."""

    low: int
    high: int
    unit: str = ""

    def read(self, cursor: Cursor, *, partial: bool = False) -> float | None:
        """Return the number."""
        if not cursor.is_a((int, float), "a number"):
            return None
        if self.low <= cursor.value <= self.high:
            return float(cursor.value)
        unit = f" {self.unit}" if self.unit else ""
        cursor.error(f"{cursor.name!r} must be from {self.low} to {self.high}{unit}, not {cursor.value}")
        return None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    def words(self) -> str:
        """Return the type in words."""
        return _range(self.low, self.high, self.unit)


def _range(low: int, high: int, unit: str) -> str:
    # Nobody needs to know by how many bits AWS counts.
    bounds = f"{low} or more" if high >= 2**31 - 1 else f"{low} to {high}"
    return f"{bounds} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list of values; ``or_one`` takes a single one without the list."""

    of: Value
    or_one: bool = False

    def read(self, cursor: Cursor, *, partial: bool = False) -> tuple[Any, ...] | None:
        """Return the values that fit."""
        if self.or_one and not isinstance(cursor.value, list):
            one = self.of.read(cursor, partial=partial)
            return None if one is None else (one,)
        if not cursor.is_a(list, "a list"):
            return None
        found = (self.of.read(entry, partial=partial) for entry in cursor.entries())
        return tuple(value for value in found if value is not None)

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        one = self.of.schema()
        whole = {"type": "array", "items": one}
        return {"anyOf": [one, whole]} if self.or_one else whole

    def words(self) -> str:
        """Return the type in words."""
        return f"{self.of.words()}, or a list of them" if self.or_one else f"a list: {self.of.words()}"


@dataclass(frozen=True, slots=True)
class NameRule:
    """The names that the keys of a map may have; ``reserved`` ones match the pattern and are refused nevertheless."""

    pattern: str
    message: str
    hint: str
    reserved: Collection[str] = ()
    reserved_message: str = ""
    reserved_hint: str = "choose another name"

    def takes(self, cursor: Cursor) -> bool:
        """Return whether the key of a value is such a name, and report one that is not."""
        if not re.fullmatch(self.pattern, cursor.name):
            cursor.error(self.message.format(name=cursor.name), self.hint)
        elif cursor.name in self.reserved:
            cursor.error(self.reserved_message.format(name=cursor.name), self.reserved_hint)
        else:
            return True
        return False

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a name."""
        reserved = {"not": {"enum": sorted(self.reserved)}} if self.reserved else {}
        return {"pattern": f"^(?:{self.pattern})$", **reserved}


@dataclass(frozen=True, slots=True)
class MapValue:
    """A map from names that the owner chooses to values. ``named`` is what a name stands for, in words.

    ``or_nothing`` says that a name may stand there alone, for a value that is empty.
    """

    of: Value
    named: str
    names: NameRule | None = None
    kind: str = "a map"
    or_nothing: bool = False

    def read(self, cursor: Cursor, *, partial: bool = False) -> dict[str, Any] | None:
        """Return the values that fit, by name."""
        if not cursor.is_map(self.kind):
            return None
        found = {}
        for name, entry in cursor.items():
            if entry.value is not None and (self.names is None or self.names.takes(entry)):
                value = self.of.read(entry, partial=partial)
                if value is not None:
                    found[name] = value
        return found

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        names = {"propertyNames": self.names.schema()} if self.names is not None else {}
        of = self.of.schema(partial=partial)
        return {"type": "object", **names, "additionalProperties": nullable(of) if partial or self.or_nothing else of}

    def words(self) -> str:
        """Return the type in words."""
        return f"a map from {self.named} to {self.of.words()}"


@dataclass(frozen=True, slots=True)
class EitherValue:
    """A value of one type if it is a map or a list (``kind``), else of another."""

    kind: type
    of_kind: Value
    otherwise: Value

    def read(self, cursor: Cursor, *, partial: bool = False) -> Any:
        """Return the value."""
        chosen = self.of_kind if isinstance(cursor.value, self.kind) else self.otherwise
        return chosen.read(cursor, partial=partial)

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"anyOf": [self.otherwise.schema(partial=partial), self.of_kind.schema(partial=partial)]}

    def words(self) -> str:
        """Return the type in words."""
        return f"{self.otherwise.words()}, or {self.of_kind.words()}"


@dataclass(frozen=True, slots=True)
class ElsewhereValue:
    """A key that people write here although it belongs elsewhere: ``message`` and ``hint`` say so."""

    message: str
    hint: str

    def read(self, cursor: Cursor, *, partial: bool = False) -> None:
        """Report the key; the message may name the map around it."""
        cursor.error(self.message.format(map=cursor.path[-2]), self.hint)

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return a JSON Schema that nothing fits."""
        return {"not": {}}

    def words(self) -> str:
        """Return that there is no such key."""
        return "not allowed"


@dataclass(frozen=True, slots=True)
class FreeValue:
    """A value that its own reader looks at: ``json_schema`` is for editors, ``shape`` the type in words."""

    json_schema: Mapping[str, Any]
    shape: str

    def read(self, cursor: Cursor, *, partial: bool = False) -> Any:
        """Return the value as it is written."""
        return cursor.value

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return dict(self.json_schema)

    def words(self) -> str:
        """Return the type in words."""
        return self.shape
