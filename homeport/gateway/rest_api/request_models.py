"""Validation of request bodies against the models of a REST API, with API Gateway's error messages.

An import copies a schema unchanged, and JSON Schema draft 4 reads it, in the words of
https://github.com/java-json-tools/json-schema-validator. The messages reach clients through
``$context.error.validationErrorString``, so their texts and order matter; they are as seen on AWS. The keywords of one
schema are checked alphabetically. The members of an object (by name) and the items of an array are checked only if
nothing is wrong so far. Numbers are ``int`` or ``Decimal``, exact, never ``float``.

OpenAPI's own keywords have no effect: a ``nullable`` schema still rejects null (seen on AWS:
https://stackoverflow.com/q/71663897), ``readOnly`` forbids nothing, a ``discriminator`` chooses nothing. Keywords
beside a ``$ref``, and those that OpenAPI 3.0 does not have, are ignored.

Choices where AWS documents nothing, or contradicts itself:

- ``minItems`` and ``maxItems`` count, though the developer guide says that imports drop them: users saw them work
  (https://github.com/andylockran/spectral-aws-apigateway-ruleset/pull/8).
- The formats that the validator knows are checked, as is its default: date-time, email, hostname, ipv4, ipv6, uri and
  uuid, not date.
- A model reads its body as JSON, whatever its content type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, InvalidOperation
from functools import cache, partial
from typing import Any

from homeport import strict_json
from homeport.gateway.http.message import essence
from homeport.project.model import RequestBody, Schema
from homeport.project.schema.references import resolve_references
from homeport.project.validators.pattern import FORMATS, python_pattern

Messages = list[str]
Check = Callable[[Any], str | None]
Accepts = Callable[[Any], bool]

KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}
"""The kind of a JSON value by its Python type."""


# Recorded in an execution log of AWS, for an empty body.
_UNREADABLE = "[Unknown error parsing request body]"


class RequestModels:
    """The models of one method by content type. Raises SchemaError for a schema that can't be used."""

    def __init__(self, body: RequestBody | None, document: Mapping[str, Any]) -> None:
        content = body.content if body is not None else {}
        self._models = {essence(name): Draft4(schema, document) for name, schema in content.items() if schema}

    def __bool__(self) -> bool:
        return bool(self._models)

    def validation_error(self, content_type: str | None, body: bytes) -> str | None:
        """Return ``$context.error.validationErrorString`` for an invalid body, None for a valid one.

        A body without a content type counts as JSON. A content type without a model is valid, unless ``$default`` has
        a model.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
        """
        asked = essence(content_type or "") or "application/json"
        model = self._models.get(asked) or self._models.get("$default")
        if model is None:
            return None
        try:
            messages = model.messages(_parse(body))
        except (ValueError, ArithmeticError, RecursionError):
            return _UNREADABLE
        return f"[{', '.join(messages)}]" if messages else None


def _parse(body: bytes) -> Any:
    return strict_json.loads(body, parse_float=Decimal)


class Draft4:
    """A compiled schema of ``document``. Raises SchemaError for a reference or pattern that can't be used."""

    def __init__(self, schema: Schema, document: Mapping[str, Any]) -> None:
        self._document = document
        self._references: dict[str, _SchemaNode] = {}
        self._root = self._node(schema)

    def messages(self, value: Any) -> Messages:
        """Return the messages about a value, in the library's words; none if it is valid.

        Numbers are ``int`` and ``Decimal`` (see ``exact``). Raises RecursionError if value or schema are too deep.
        """
        found: Messages = []
        self._root.check_value(value, found)
        return found

    def _node(self, schema: Schema) -> _SchemaNode:
        """Return the node of a schema. Keywords beside a ``$ref`` mean nothing."""
        reference = schema.get("$ref")
        if reference is None:
            return self._fill(_SchemaNode(), schema)
        if reference not in self._references:
            self._references[reference] = node = _SchemaNode()
            self._fill(node, resolve_references(schema, self._document))
        return self._references[reference]

    def _fill(self, node: _SchemaNode, schema: Schema) -> _SchemaNode:
        checks = [
            (*self._check(keyword, schema), keyword) for keyword in (*KEYWORDS, *COMPOSITIONS) if keyword in schema
        ]
        checks.sort(key=lambda entry: entry[2])
        node.checks = {kind: tuple(check for kinds, check, _ in checks if kind in kinds) for kind in KINDS.values()}
        node.properties = {name: self._node(inside) for name, inside in (schema.get("properties") or {}).items()}
        node.additional = self._inside(schema, "additionalProperties")
        node.items = self._inside(schema, "items")
        return node

    def _inside(self, schema: Schema, keyword: str) -> _SchemaNode | None:
        return self._node(schema[keyword]) if isinstance(schema.get(keyword), Mapping) else None

    def _check(self, keyword: str, schema: Schema) -> tuple[frozenset[str], Check]:
        if keyword in KEYWORDS:
            kinds, check = KEYWORDS[keyword]
            if keyword == "pattern":
                _compile(schema[keyword])
            return kinds, partial(check, exact(schema[keyword]), schema)
        parts = [schema[keyword]] if isinstance(schema[keyword], Mapping) else schema[keyword]
        return _ANY, partial(COMPOSITIONS[keyword], [self._node(part).accepts for part in parts])


class _SchemaNode:
    """A schema: the checks of its keywords by kind of value, and the nodes of members and items."""

    __slots__ = ("additional", "checks", "items", "properties")

    def __init__(self) -> None:
        self.checks: dict[str, tuple[Check, ...]] = {}
        self.properties: dict[str, _SchemaNode] = {}
        self.additional: _SchemaNode | None = None
        self.items: _SchemaNode | None = None

    def check_value(self, value: Any, found: Messages) -> None:
        kind = KINDS[type(value)]
        found += filter(None, (check(value) for check in self.checks[kind]))
        if found:
            return
        if kind == "array" and self.items is not None:
            for item in value:
                self.items.check_value(item, found)
        elif kind == "object" and (self.properties or self.additional is not None):
            for name in sorted(value):
                inside = self.properties.get(name, self.additional)
                if inside is not None:
                    inside.check_value(value[name], found)

    def accepts(self, value: Any) -> bool:
        found: Messages = []
        self.check_value(value, found)
        return not found


# Values


def exact(value: Any) -> Any:
    """Return a JSON value with its ``float`` numbers as ``Decimal``."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    return value


def text(value: Any) -> str:
    """Return a value as compact JSON."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{text(key)}:{text(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def canonical(value: Any) -> Any:
    """Return a hashable that is equal for equal JSON, however numbers are written; ``true`` is not ``1``."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(map(canonical, value)))
    if isinstance(value, dict):
        return ("object", frozenset((key, canonical(item)) for key, item in value.items()))
    return value


# Keywords

_NUMBERS = frozenset(("integer", "number"))
_STRINGS = frozenset(("string",))
_ARRAYS = frozenset(("array",))
_OBJECTS = frozenset(("object",))
_ANY = frozenset(KINDS.values())
_EXACT = Context(prec=1000)

# The library's formats, as far as OpenAPI documents use them. Draft 4 has no ``date``; a time zone may lack its colon.
_FORMATS = {
    "date-time": (
        r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
        r"(?:\.[0-9]{1,12})?(?:Z|[+-][0-9]{2}:?[0-9]{2})",
        "is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]",
    ),
    "email": (FORMATS["email"], "is not a valid email address"),
    "hostname": (FORMATS["hostname"], "is not a valid hostname"),
    "ipv4": (FORMATS["ipv4"], "is not a valid IPv4 address"),
    "ipv6": (FORMATS["ipv6"], "is not a valid IPv6 address"),
    "uri": (FORMATS["uri-reference"], "is not a valid URI"),
    "uuid": (FORMATS["uuid"], "is not a valid UUID"),
}


# Each returns its message about a value, or None. The first argument is the keyword's value in the schema.


def _enum(values: list[Any], schema: Schema, value: Any) -> str | None:
    if canonical(value) in map(canonical, values):
        return None
    return f"instance value ({text(value)}) not found in enum (possible values: {text(values)})"


def _type(names: Any, schema: Schema, value: Any) -> str | None:
    listed = {names} if isinstance(names, str) else set(names)
    allowed = sorted(listed | _NUMBERS if "number" in listed else listed)
    kind = KINDS[type(value)]
    if kind in allowed:
        return None
    return f"instance type ({kind}) does not match any allowed primitive type (allowed: {text(allowed)})"


def _required_properties(names: list[str], schema: Schema, value: dict[str, Any]) -> str | None:
    missing = sorted(name for name in set(names) if name not in value)
    return f"object has missing required properties ({text(missing)})" if missing else None


def _additional_properties(allowed: Any, schema: Schema, value: dict[str, Any]) -> str | None:
    extra = sorted(value.keys() - (schema.get("properties") or {}).keys()) if allowed is False else ()
    return f"object instance has properties which are not allowed by the schema: {text(extra)}" if extra else None


def _minimum(limit: Any, schema: Schema, value: Any) -> str | None:
    if value < limit:
        return f"numeric instance is lower than the required minimum (minimum: {limit}, found: {text(value)})"
    if value == limit and schema.get("exclusiveMinimum") is True:
        return f"numeric instance is not strictly greater than the required minimum {limit}"
    return None


def _maximum(limit: Any, schema: Schema, value: Any) -> str | None:
    if value > limit:
        return f"numeric instance is greater than the required maximum (maximum: {limit}, found: {text(value)})"
    if value == limit and schema.get("exclusiveMaximum") is True:
        return f"numeric instance is not strictly lower than the required maximum {limit}"
    return None


def _multiple_of(divisor: Any, schema: Schema, value: Any) -> str | None:
    if isinstance(divisor, int) and isinstance(value, int):
        divides = value % divisor == 0
    else:
        try:
            divides = _EXACT.remainder(Decimal(value), Decimal(divisor)) == 0
        except InvalidOperation:
            divides = False
    return None if divides else f"remainder of division is not zero ({text(value)} / {divisor})"


def _max_size(message: str, limit: int, schema: Schema, value: Any) -> str | None:
    return message.format(value=value, found=len(value), limit=limit) if len(value) > limit else None


def _min_size(message: str, limit: int, schema: Schema, value: Any) -> str | None:
    return message.format(value=value, found=len(value), limit=limit) if len(value) < limit else None


def _unique_items(wanted: Any, schema: Schema, value: list[Any]) -> str | None:
    repeated = wanted is True and len({canonical(item) for item in value}) < len(value)
    return "array must not contain duplicate elements" if repeated else None


def _pattern(pattern: str, schema: Schema, value: str) -> str | None:
    found = _compile(pattern).search(value)
    return None if found else f'ECMA 262 regex "{pattern}" does not match input string "{value}"'


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(python_pattern(pattern))


def _format(name: Any, schema: Schema, value: str) -> str | None:
    expression, message = _FORMATS.get(name, (".*", ""))
    return f'string "{value}" {message}' if message and not re.fullmatch(expression, value) else None


def _all_of(parts: list[Accepts], value: Any) -> str | None:
    count = sum(part(value) for part in parts)
    if count == len(parts):
        return None
    return f"instance failed to match all required schemas (matched only {count} out of {len(parts)})"


def _any_of(parts: list[Accepts], value: Any) -> str | None:
    if any(part(value) for part in parts):
        return None
    return f"instance failed to match at least one required schema among {len(parts)}"


def _one_of(parts: list[Accepts], value: Any) -> str | None:
    count = sum(part(value) for part in parts)
    return None if count == 1 else f"instance failed to match exactly one schema (matched {count} out of {len(parts)})"


def _not(parts: list[Accepts], value: Any) -> str | None:
    return "instance matched a schema which it should not have" if parts[0](value) else None


_LONG_ARRAY = "array is too long: must have at most {limit} elements but instance has {found} elements"
_SHORT_ARRAY = "array is too short: must have at least {limit} elements but instance has {found} elements"
_LONG_STRING = 'string "{value}" is too long (length: {found}, maximum allowed: {limit})'
_SHORT_STRING = 'string "{value}" is too short (length: {found}, required minimum: {limit})'
_LARGE_OBJECT = "object has too many properties (found {found} but schema requires at most {limit})"
_SMALL_OBJECT = "object has too few properties (found {found} but schema requires at least {limit})"

KEYWORDS: Mapping[str, tuple[frozenset[str], Callable[[Any, Schema, Any], str | None]]] = {
    "additionalProperties": (_OBJECTS, _additional_properties),
    "enum": (_ANY, _enum),
    "format": (_STRINGS, _format),
    "maxItems": (_ARRAYS, partial(_max_size, _LONG_ARRAY)),
    "maxLength": (_STRINGS, partial(_max_size, _LONG_STRING)),
    "maxProperties": (_OBJECTS, partial(_max_size, _LARGE_OBJECT)),
    "maximum": (_NUMBERS, _maximum),
    "minItems": (_ARRAYS, partial(_min_size, _SHORT_ARRAY)),
    "minLength": (_STRINGS, partial(_min_size, _SHORT_STRING)),
    "minProperties": (_OBJECTS, partial(_min_size, _SMALL_OBJECT)),
    "minimum": (_NUMBERS, _minimum),
    "multipleOf": (_NUMBERS, _multiple_of),
    "pattern": (_STRINGS, _pattern),
    "required": (_OBJECTS, _required_properties),
    "type": (_ANY, _type),
    "uniqueItems": (_ARRAYS, _unique_items),
}
"""Each keyword with the kinds of values that it applies to, and its check."""

COMPOSITIONS: Mapping[str, Callable[[list[Accepts], Any], str | None]] = {
    "allOf": _all_of,
    "anyOf": _any_of,
    "not": _not,
    "oneOf": _one_of,
}
"""Each keyword that holds schemas, with its check."""
