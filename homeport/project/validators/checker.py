"""An interpreter of the JSON Schema that ``homeport.project.schema.json_schema`` writes, made for functions on Lambda.

The text below the line "embedded from here" becomes part of every generated ``_validators.py``. It needs the standard
library only, takes numbers as int, float or Decimal, and finds every violation with a pointer to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from homeport.project.validators.values import LIMITS, TYPE_NAMES, is_one_of, must_be

# --- embedded from here ---

Found = Iterator[tuple[str, str]]

MOST_FOUND = 100
LONGEST_NAME = 100
"""Both limits keep the response to a huge bad request small."""


class Checker:
    """Checks values against schemas.

    ``definitions`` holds the targets of ``#/definitions/…``; ``patterns`` maps a schema's ``pattern`` to Python's
    spelling for ``re.search``, ``formats`` a ``format`` to an expression for ``re.fullmatch``.
    """

    def __init__(self, definitions: Mapping[str, Any], patterns: Mapping[str, str], formats: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._patterns = patterns
        self._formats = formats
        self._rules: dict[str, Callable[[Any, Mapping[str, Any], Any, str], Found]] = {
            "$ref": self._reference,
            "pattern": self._pattern,
            "format": self._format,
            "items": self._items,
            "properties": self._properties,
            "required": self._required_properties,
            "additionalProperties": self._additional,
            "allOf": self._all_of,
            "anyOf": self._any_of,
            "oneOf": self._one_of,
            "not": self._not,
            "if": self._if,
        }

    def check(self, schema: Any, value: Any) -> list[tuple[str, str]]:
        """Return the violations in ``value``: JSON pointers into it, each with a sentence's end; at most MOST_FOUND."""
        try:
            return list(islice(self._check(schema, value, ""), MOST_FOUND))
        except RecursionError:
            return [("", "is nested too deeply")]

    def resolve(self, schema: Any) -> Any:
        """Return a schema, or the one that its reference names."""
        while isinstance(schema, dict) and "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    def types(self, schema: Any) -> list[str]:
        """Return the types that a schema names, or else those of its parts and of its enumeration."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict):
            return []
        declared = schema.get("type")
        if declared is not None:
            return [declared] if isinstance(declared, str) else list(declared)
        parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ())]
        named = {name for part in parts for name in self.types(part)}
        named |= {name for name in TYPE_NAMES for value in schema.get("enum", ()) if is_one_of(value, [name])}
        return [name for name in TYPE_NAMES if name in named]

    def _check(self, schema: Any, value: Any, at: str) -> Found:
        if schema is False:
            yield at, "is read-only"
            return
        declared = schema.get("type")
        if declared is not None:
            types = [declared] if isinstance(declared, str) else declared
            if not is_one_of(value, types):
                yield at, must_be(types)
                return
        for word, argument in schema.items():
            if word in LIMITS:
                concerns, keeps_to, message = LIMITS[word]
                if concerns(value) and not keeps_to(value, argument):
                    yield at, message(argument)
            elif word in self._rules:
                yield from self._rules[word](argument, schema, value, at)

    def _reference(self, reference: str, _: Any, value: Any, at: str) -> Found:
        return self._check(self.resolve({"$ref": reference}), value, at)

    def _pattern(self, pattern: str, _: Any, value: Any, at: str) -> Found:
        if isinstance(value, str) and not re.search(self._patterns[pattern], value):
            yield at, f"must match the pattern {pattern}"

    def _format(self, name: str, _: Any, value: Any, at: str) -> Found:
        expression = self._formats.get(name)
        if expression is not None and isinstance(value, str) and not re.fullmatch(expression, value):
            yield at, f"must have the format {name}"

    def _items(self, schema: Any, _: Any, value: Any, at: str) -> Found:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._check(schema, item, f"{at}/{index}")

    def _properties(self, schemas: Mapping[str, Any], _: Any, value: Any, at: str) -> Found:
        if isinstance(value, dict):
            for name, schema in schemas.items():
                if name in value:
                    yield from self._check(schema, value[name], step(at, name))

    def _required_properties(self, names: Sequence[str], _: Any, value: Any, at: str) -> Found:
        if isinstance(value, dict):
            yield from ((step(at, name), "is required") for name in names if name not in value)

    def _additional(self, schema: Any, whole: Mapping[str, Any], value: Any, at: str) -> Found:
        known = whole.get("properties", {})
        for name in [name for name in value if name not in known] if isinstance(value, dict) else ():
            if schema is False:
                yield step(at, name), "is unknown"
            else:
                yield from self._check(schema, value[name], step(at, name))

    def _all_of(self, schemas: Sequence[Any], _: Any, value: Any, at: str) -> Found:
        for schema in schemas:
            yield from self._check(schema, value, at)

    def _violations_of(self, schema: Any, value: Any, at: str) -> list[tuple[str, str]]:
        return list(islice(self._check(schema, value, at), MOST_FOUND))

    def _any_of(self, schemas: Sequence[Any], _: Any, value: Any, at: str) -> Found:
        tries = []
        for schema in schemas:
            tries.append(self._violations_of(schema, value, at))
            if not tries[-1]:
                return
        yield from self._closest(schemas, tries, value, at)

    def _one_of(self, schemas: Sequence[Any], _: Any, value: Any, at: str) -> Found:
        tries = [self._violations_of(schema, value, at) for schema in schemas]
        fitting = tries.count([])
        if fitting == 0:
            yield from self._closest(schemas, tries, value, at)
        elif fitting > 1:
            yield at, f"must have only one of the allowed forms, but has {fitting}"

    def _closest(self, schemas: Sequence[Any], tries: Sequence[list[tuple[str, str]]], value: Any, at: str) -> Found:
        """Yield why no alternative fits: the violations of the only one of the value's type, or else a summary."""
        types = [self.types(schema) for schema in schemas]
        close = [found for found, names in zip(tries, types, strict=True) if not names or is_one_of(value, names)]
        if len(close) == 1:
            yield from close[0]
        elif close:
            yield at, "must have one of the allowed forms"
        else:
            yield at, must_be([name for name in TYPE_NAMES if any(name in names for names in types)])

    def _not(self, schema: Any, _: Any, value: Any, at: str) -> Found:
        if not self._violations_of(schema, value, at):
            yield at, "must not have this form"

    def _if(self, condition: Any, whole: Mapping[str, Any], value: Any, at: str) -> Found:
        if not self._violations_of(condition, value, at):
            yield from self._check(whole["then"], value, at)


def step(pointer: str, name: str) -> str:
    """Return the pointer to a property (RFC 6901)."""
    shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}"
