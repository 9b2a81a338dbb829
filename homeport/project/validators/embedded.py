"""The validators as a function runs them: the text of this module becomes part of each ``_validators.py``.

It interprets the JSON Schema that ``homeport.project.schema.json_schema`` writes. It needs the standard library only,
takes numbers as int, float or Decimal, and finds every violation with a pointer to it. Read ``Validators`` first, which
a function calls; ``Checker`` holds a value against a schema; the functions above it know JSON's types and numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def is_number(value: Any) -> bool:
    """Return whether a value is a JSON number (int, float or Decimal): true, NaN and infinity aren't."""
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def is_string(value: Any) -> bool:
    """Return whether a value is a JSON string."""
    return isinstance(value, str)


def is_array(value: Any) -> bool:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


def is_object(value: Any) -> bool:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


TYPES: dict[str, Callable[[Any], bool]] = {
    "string": is_string,
    "integer": lambda value: is_number(value) and (isinstance(value, int) or is_multiple(value, 1)),
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": is_array,
    "object": is_object,
    "null": lambda value: value is None,
}
"""The test for each type of JSON Schema; 1.0 is an integer."""


def is_one_of(value: Any, types: Sequence[str]) -> bool:
    """Return whether a value is of one of these types."""
    return any(TYPES[name](value) for name in types)


def must_be(types: Sequence[str]) -> str:
    """Return the detail for a value of another type."""
    return f"must be {' or '.join(TYPE_NAMES[name] for name in types)}"


def exact(number: Any) -> Any:
    """Return a number as it was written: the float 0.1 is one tenth."""
    return Decimal(repr(number)) if isinstance(number, float) else number


def is_multiple(value: Any, step: Any) -> bool:
    """Return whether a number is a whole multiple of another, exactly, at a cost independent of the exponents."""
    (digits, exponent), (unit, scale) = _parts(value), _parts(step)
    if exponent >= scale:
        return digits * pow(10, exponent - scale, unit) % unit == 0
    shift = scale - exponent
    return digits == 0 or (shift <= digits.bit_length() and digits % (unit * 10**shift) == 0)


def _parts(number: Any) -> tuple[int, int]:
    number = exact(number)
    if isinstance(number, int):
        return abs(number), 0
    _, digits, exponent = number.as_tuple()
    return int(Decimal((0, digits, 0))), exponent


def identity(value: Any) -> Any:
    """Return a hashable stand-in for a JSON value: 1 and 1.0 have the same one, 1 and true don't."""
    if is_number(value):
        return exact(value)
    if isinstance(value, list):
        return "array", tuple(map(identity, value))
    if isinstance(value, dict):
        return "object", frozenset((key, identity(item)) for key, item in value.items())
    return ("text", value) if isinstance(value, str) else repr(value)


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def _one_of(values: Sequence[Any]) -> str:
    listed = ", ".join(json.dumps(value, ensure_ascii=False, default=str) for value in values)
    return f"must be one of {listed}" if len(values) > 1 else f"must be {listed}"


LIMITS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool], Callable[[Any], str]]] = {
    "minLength": (is_string, lambda v, n: len(v) >= n, lambda n: f"must have at least {_count(n, 'character')}"),
    "maxLength": (is_string, lambda v, n: len(v) <= n, lambda n: f"must have at most {_count(n, 'character')}"),
    "minimum": (is_number, lambda v, n: exact(v) >= n, lambda n: f"must be at least {n}"),
    "maximum": (is_number, lambda v, n: exact(v) <= n, lambda n: f"must be at most {n}"),
    "exclusiveMinimum": (is_number, lambda v, n: exact(v) > n, lambda n: f"must be greater than {n}"),
    "exclusiveMaximum": (is_number, lambda v, n: exact(v) < n, lambda n: f"must be less than {n}"),
    "multipleOf": (is_number, is_multiple, lambda n: f"must be a multiple of {n}"),
    "minItems": (is_array, lambda v, n: len(v) >= n, lambda n: f"must have at least {_count(n, 'item')}"),
    "maxItems": (is_array, lambda v, n: len(v) <= n, lambda n: f"must have at most {_count(n, 'item')}"),
    "uniqueItems": (
        is_array,
        lambda v, unique: not unique or len(set(map(identity, v))) == len(v),
        lambda _: "must not have an item twice",
    ),
    "minProperties": (is_object, lambda v, n: len(v) >= n, lambda n: f"must have at least {_count(n, 'property')}"),
    "maxProperties": (is_object, lambda v, n: len(v) <= n, lambda n: f"must have at most {_count(n, 'property')}"),
    "enum": (lambda _: True, lambda v, allowed: identity(v) in map(identity, allowed), _one_of),
}
"""Each keyword: the values that it concerns, the test that they must pass, and the detail if they don't."""


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
            # A long expression tells a client nothing.
            shown = f"the pattern {pattern}" if len(pattern) <= 80 else "its pattern in the API's specification"
            yield at, f"must match {shown}"

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


Violation = dict[str, str]
"""``in`` (path, query, header, cookie or body), ``pointer`` (JSON pointer into it) and ``detail``."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(\.[0-9]{1,999})?([eE][+-]?[0-9]{1,9})?\Z")
_BOOLEANS = {"true": True, "false": False}


class Validators:
    """Checks requests against an API's operations.

    ``operations`` maps an operationId to ``parameters`` (name, in, required, schema, shape, separator, and default if
    there is one), ``bodies`` (a schema for each JSON media type) and ``bodyRequired``.
    """

    def __init__(self, operations: Mapping[str, Any], checker: Checker) -> None:
        self._operations = operations
        self._checker = checker

    def parameters(
        self,
        operation: str,
        *,
        path: Mapping[str, str],
        query: Mapping[str, Sequence[str]],
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
    ) -> tuple[dict[str, dict[str, Any]], list[Violation]]:
        """Return the parameters in their schemas' types, by place and name, with defaults; and the violations.

        Texts come decoded, header names in lower case. A parameter in violation has no value.
        """
        given = {"path": _single(path), "query": query, "header": _single(headers), "cookie": _single(cookies)}
        values: dict[str, dict[str, Any]] = {place: {} for place in given}
        violations: list[Violation] = []
        for parameter in self._operations[operation]["parameters"]:
            place, name = parameter["in"], parameter["name"]
            texts = self._texts(parameter, given[place])
            if not texts:
                if "default" in parameter:
                    values[place][name] = parameter["default"]
                elif parameter["required"]:
                    violations.append({"in": place, "pointer": step("", name), "detail": "is required"})
                continue
            value, found = self._read(parameter, texts)
            violations += _violations(place, step("", name), found)
            if not found:
                values[place][name] = value
        return values, violations

    def body(self, operation: str, value: Any, media_type: str = "") -> list[Violation]:
        """Return the violations in a request's parsed JSON body.

        ``media_type`` chooses among an operation's bodies; an undeclared one means the first JSON body.
        """
        bodies = self._operations[operation]["bodies"]
        schema = bodies.get(media_type, next(iter(bodies.values()), {}))
        return _violations("body", "", self._checker.check(schema, value))

    def media_types(self, operation: str) -> list[str]:
        """Return the JSON media types of the bodies that an operation takes; none if it takes no JSON."""
        return list(self._operations[operation]["bodies"])

    def missing_body(self, operation: str) -> list[Violation]:
        """Return the violations of a request that has no body."""
        required = self._operations[operation]["bodyRequired"]
        return _violations("body", "", [("", "is required")] if required else [])

    def _texts(self, parameter: Mapping[str, Any], given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return the texts of a parameter: its own, or those of an object's properties."""
        name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
        if parameter["shape"] == "deepObject":
            inner = re.compile(re.escape(name) + r"\[([^\]]*)\]\Z")
            matches = [(inner.match(key), list(texts)) for key, texts in given.items()]
            return {match.group(1): texts for match, texts in matches if match}
        if parameter["shape"] == "properties":
            properties = self._checker.resolve(parameter["schema"]).get("properties", {})
            return {key: list(given[key]) for key in properties if key in given}
        return {"": list(given[name])} if name in given else {}

    def _read(self, parameter: Mapping[str, Any], texts: Mapping[str, list[str]]) -> tuple[Any, list[tuple[str, str]]]:
        schema, shape, separator = parameter["schema"], parameter["shape"], parameter["separator"]
        if shape == "array":
            items = self._checker.resolve(schema).get("items", {})
            parts = [part for text in texts[""] for part in _split(text, separator)]
            value: Any = [self._scalar(items, part) for part in parts]
        elif shape in ("scalar", "json"):
            if len(texts[""]) > 1:
                return None, [("", "must be given only once")]
            value = _json(texts[""][0]) if shape == "json" else self._scalar(schema, texts[""][0])
        else:
            pairs = _pairs(texts[""], shape, separator) if "" in texts else texts
            properties = self._checker.resolve(schema).get("properties", {})
            value = {key: self._scalar(properties.get(key, {}), ",".join(parts)) for key, parts in pairs.items()}
        return value, self._checker.check(schema, value)

    def _scalar(self, schema: Any, text: str) -> Any:
        readings = [
            reading for name in self._checker.types(schema) for reading in _readings(name, text) if reading is not text
        ]
        fitting = (reading for reading in [*readings, text] if not self._checker.check(schema, reading))
        return next(fitting, readings[0] if readings else text)


def _readings(type_name: str, text: str) -> list[Any]:
    """Return the value of a type that a text stands for, in a list; an empty list if it stands for none."""
    if type_name in ("integer", "number"):
        number = _NUMBER.match(text)
        if number is None or (type_name == "integer" and (number.group(1) or number.group(2))):
            return []
        return [Decimal(text) if number.group(1) or number.group(2) else int(text)]
    if type_name == "boolean":
        return [_BOOLEANS[text]] if text in _BOOLEANS else []
    return [None] if type_name == "null" and text == "null" else []


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return text


def _single(texts: Mapping[str, str]) -> dict[str, Sequence[str]]:
    return {name: [text] for name, text in texts.items()}


def _split(text: str, separator: str) -> list[str]:
    if not separator:
        return [text]
    return [part.strip() for part in text.split(separator)] if text else []


def _pairs(texts: Sequence[str], shape: str, separator: str) -> dict[str, list[str]]:
    parts = _split(texts[0], separator)
    if shape == "assignments":
        return {key: [value] for key, _, value in (part.partition("=") for part in parts)}
    return {key: [value] for key, value in zip(parts[::2], parts[1::2], strict=False)}


def _violations(place: str, prefix: str, found: Sequence[tuple[str, str]]) -> list[Violation]:
    return [{"in": place, "pointer": prefix + pointer, "detail": detail} for pointer, detail in found]
