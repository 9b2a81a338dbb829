"""The validators that a function calls: they read an operation's parameters, and check them and its body.

The text below the line "embedded from here" becomes part of every generated ``_validators.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from homeport.project.validators.checker import Checker, step

# --- embedded from here ---

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
