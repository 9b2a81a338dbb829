"""CloudFormation's functions, worked out as far as the kit can without AWS.

``Evaluator`` gives their values in deploy/resources.yaml. ``cloud_text`` reads the functions that openapi.yaml may have
where a value is known to the deployed stack only, such as the ARN of its user pool.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor
from homeport.project.source.source_map import SourceLines, SourceMap

_PLACEHOLDER = r"\$\{(!?)([^}]*)\}"

_CLOUD_TEXT_HINT = "write a text, or one of Ref, Fn::GetAtt and Fn::Sub with a text"


class UnresolvedValueError(Exception):
    """A value that only AWS knows, or a function that is wrong; ``cursor`` is its place in the document."""

    def __init__(self, cursor: Cursor, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.cursor = cursor
        self.message = message
        self.hint = hint


class _NoValue:
    """The value of ``AWS::NoValue``, which removes the property."""


NO_VALUE = _NoValue()


class Evaluator:
    """Works out values with ``names`` (parameters and pseudo parameters), ``conditions`` and ``mappings``.

    ``source_map`` collects the lines of the containers that it makes.
    """

    def __init__(self, names: Mapping[str, Any], conditions: Cursor, mappings: Cursor) -> None:
        self.source_map: SourceMap = {}
        self._names = names
        self._conditions = conditions
        self._mappings = mappings
        self._open: list[str] = []
        self._functions: dict[str, Callable[[Cursor], Any]] = {
            "Ref": self._ref,
            "Condition": lambda cursor: self.condition(cursor),
            "Fn::And": lambda cursor: all(self._truth(entry) for entry in self._entries(cursor, 2, 10)),
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Not": lambda cursor: not self._truth(self._entries(cursor, 1, 1)[0]),
            "Fn::Or": lambda cursor: any(self._truth(entry) for entry in self._entries(cursor, 2, 10)),
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
        }

    def value(self, cursor: Cursor) -> Any:
        """Return the value of a cursor, its functions worked out. Raises UnresolvedValueError."""
        match cursor.value:
            case dict() as mapping:
                if len(mapping) == 1:
                    name = next(iter(mapping))
                    if name in self._functions:
                        return self._functions[name](cursor.at(name))
                    if name.startswith("Fn::"):
                        raise UnresolvedValueError(cursor, f"{name} can't be worked out locally", "write the value out")
                return self._map(cursor)
            case list():
                return self._list(cursor)
            case value:
                return value

    def condition(self, cursor: Cursor) -> bool:
        """Return whether the condition that a cursor names holds. Raises UnresolvedValueError."""
        name = cursor.value
        if not isinstance(name, str) or not self._conditions.has(name):
            raise UnresolvedValueError(
                cursor, f"there is no condition {name!r}", did_you_mean(str(name), self._conditions.value)
            )
        if name in self._open:
            raise UnresolvedValueError(cursor, f"the condition {name!r} refers to itself", "break the circle")
        self._open.append(name)
        try:
            return self._truth(self._conditions.at(name))
        finally:
            self._open.pop()

    def _truth(self, cursor: Cursor) -> bool:
        value = self.value(cursor)
        if isinstance(value, bool):
            return value
        raise UnresolvedValueError(
            cursor, "this is no condition", "use Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"
        )

    def _map(self, cursor: Cursor) -> dict[str, Any]:
        worked_out = {key: (self.value(child), child.line) for key, child in cursor.items()}
        kept = {key: value for key, value in worked_out.items() if value[0] is not NO_VALUE}
        made = {key: value for key, (value, _) in kept.items()}
        self.source_map[id(made)] = SourceLines(cursor.line, {key: line for key, (_, line) in kept.items()})
        return made

    def _list(self, cursor: Cursor) -> list[Any]:
        worked_out = [(self.value(child), child.line) for child in cursor.entries()]
        kept = [(value, line) for value, line in worked_out if value is not NO_VALUE]
        made = [value for value, _ in kept]
        self.source_map[id(made)] = SourceLines(cursor.line, [line for _, line in kept])
        return made

    def _ref(self, cursor: Cursor) -> Any:
        if cursor.value == "AWS::NoValue":
            return NO_VALUE
        if isinstance(cursor.value, str) and cursor.value in self._names:
            value = self._names[cursor.value]
            if isinstance(value, list):
                self.source_map[id(value)] = SourceLines(cursor.line, [cursor.line] * len(value))
            return value
        raise UnresolvedValueError(cursor, f"{cursor.value!r} has no value here", "refer to a parameter with a default")

    def _equals(self, cursor: Cursor) -> bool:
        left, right = (self.value(entry) for entry in self._entries(cursor, 2, 2))
        return as_text(left) == as_text(right)

    def _if(self, cursor: Cursor) -> Any:
        name, then, otherwise = self._entries(cursor, 3, 3)
        return self.value(then if self.condition(name) else otherwise)

    def _find_in_map(self, cursor: Cursor) -> Any:
        found = self._mappings
        for entry in self._entries(cursor, 3, 3):
            key = as_text(self.value(entry))
            if not found.has(key):
                known = found.value if isinstance(found.value, dict) else ()
                raise UnresolvedValueError(entry, f"Fn::FindInMap finds no {key!r}", did_you_mean(key, map(str, known)))
            found = found.at(key)
        return self.value(found)

    def _join(self, cursor: Cursor) -> str:
        delimiter, parts = self._entries(cursor, 2, 2)
        return as_text(self.value(delimiter)).join(as_text(part) for part in self._list_value(parts))

    def _select(self, cursor: Cursor) -> Any:
        index, parts = self._entries(cursor, 2, 2)
        position, values = as_text(self.value(index)), self._list_value(parts)
        if position.isdecimal() and len(position) < 9 and int(position) < len(values):
            return values[int(position)]
        raise UnresolvedValueError(cursor, f"Fn::Select finds no entry {position}", "count from 0")

    def _split(self, cursor: Cursor) -> list[str]:
        delimiter, text = (as_text(self.value(entry)) for entry in self._entries(cursor, 2, 2))
        if not delimiter:
            raise UnresolvedValueError(cursor, "Fn::Split needs a delimiter")
        parts = text.split(delimiter)
        self.source_map[id(parts)] = SourceLines(cursor.line, [cursor.line] * len(parts))
        return parts

    def _sub(self, cursor: Cursor) -> str:
        own: dict[str, Any] = {}
        template = cursor
        if isinstance(cursor.value, list):
            template, given = self._entries(cursor, 2, 2)
            own = {key: self.value(child) for key, child in given.items()}
        if not isinstance(template.value, str):
            raise UnresolvedValueError(cursor, "Fn::Sub needs a text")

        def fill_in(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return f"${{{name}}}"
            if name in own or name in self._names:
                return as_text(own[name] if name in own else self._names[name])
            raise UnresolvedValueError(
                template, f"${{{name}}} has no value here", "refer to a parameter with a default"
            )

        return re.sub(_PLACEHOLDER, fill_in, template.value)

    def _list_value(self, cursor: Cursor) -> list[Any]:
        value = self.value(cursor)
        if isinstance(value, list):
            return value
        raise UnresolvedValueError(cursor, "a list is needed here")

    def _entries(self, cursor: Cursor, least: int, most: int) -> list[Cursor]:
        entries = list(cursor.entries())
        if isinstance(cursor.value, list) and least <= len(entries) <= most:
            return entries
        count = str(least) if least == most else f"{least} to {most}"
        raise UnresolvedValueError(cursor, f"{cursor.name} needs a list of {count}")


def as_text(value: Any) -> str:
    """Return a value as CloudFormation compares and joins it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_known(text: str) -> bool:
    """Return whether a text has no placeholder of ``Fn::Sub``."""
    return "${" not in text


def cloud_text(cursor: Cursor) -> str:
    """Return the text here, ``""`` if it is none; a function as ``Fn::Sub`` writes its value (``${Pool.Arn}``)."""
    if not isinstance(cursor.value, dict):
        return cursor.value if cursor.value is not None and cursor.is_a(str, "text") else ""
    text = _substitution(cursor.value)
    if not text:
        cursor.error(f"{cursor.name!r} has no function of CloudFormation that gives a text", _CLOUD_TEXT_HINT)
    return text


def cloud_texts(cursor: Cursor) -> Iterator[str]:
    """Yield the texts of a list, as ``cloud_text`` returns them."""
    return (text for entry in cursor.entries() if (text := cloud_text(entry)))


def _substitution(function: dict[str, Any]) -> str:
    match function:
        case {"Fn::Sub": str(text), **rest} if not rest:
            return text
        case {"Ref": str(name), **rest} if not rest:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)], **rest} if not rest:
            return f"${{{name}.{attribute}}}"
        case {"Fn::GetAtt": str(name), **rest} if not rest:
            return f"${{{name}}}"
    return ""
