"""CloudFormation's functions, worked out as far as the kit can without AWS.

``Evaluator`` gives their values: in deploy/resources.yaml as it is, and in templates with what ``StackEvaluator`` adds.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from homeport.project.cloudformation.stack import function_values
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor, describe
from homeport.project.source.source_map import SourceLines, SourceMap

_PLACEHOLDER = r"\$\{(!?)([^}]*)\}"
_MACRO = "Fn::Transform"
_DEEPEST = 30
"""The most values that may need each other in a row."""
DYNAMIC_REFERENCE = "{{resolve:"
"""The beginning of a dynamic reference.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""


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

    ``source_map`` collects the lines of the containers that it makes. A subclass knows more: resources, exports and
    dynamic references.
    """

    def __init__(self, names: Mapping[str, Any], conditions: Cursor, mappings: Cursor) -> None:
        self.source_map: SourceMap = {}
        self._names = names
        self._conditions = conditions
        self._mappings = mappings
        self._open: list[str] = []
        self._place: list[str] = []
        self._place_of_function: int | None = None
        self._functions: dict[str, Callable[[Cursor], Any]] = {
            "Ref": self._ref,
            "Condition": lambda cursor: self.condition(cursor),
            "Fn::And": lambda cursor: all(self._truth(entry) for entry in self._entries(cursor, 2, 10)),
            "Fn::Base64": lambda cursor: function_values.base64(self._text(cursor)),
            "Fn::Cidr": self._cidr,
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda cursor: self._made_list(cursor, function_values.zones(self._region(cursor))),
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::ImportValue": lambda cursor: self.import_value(self._text(cursor), cursor),
            "Fn::Join": self._join,
            "Fn::Length": lambda cursor: len(self._list_value(cursor)),
            "Fn::Not": lambda cursor: not self._truth(self._entries(cursor, 1, 1)[0]),
            "Fn::Or": lambda cursor: any(self._truth(entry) for entry in self._entries(cursor, 2, 10)),
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": lambda cursor: function_values.json_text(self.value(cursor)),
        }

    def value(self, cursor: Cursor) -> Any:
        """Return the value of a cursor, its functions worked out. Raises UnresolvedValueError."""
        match cursor.value:
            case dict() as mapping:
                name = next(iter(mapping), "")
                if len(mapping) == 1 and self._is_function(name, mapping[name]):
                    return self._call(name, cursor)
                if name.startswith("Fn::") or _MACRO in mapping:
                    unknown = _MACRO if _MACRO in mapping else name
                    raise UnresolvedValueError(cursor, f"{unknown} can't be worked out locally", "write the value out")
                return self._map(cursor)
            case list():
                return self._list(cursor)
            case str() as text:
                return self.finish(text, cursor)
            case value:
                return value

    def condition(self, cursor: Cursor) -> bool:
        """Return whether the condition that a cursor names holds. Raises UnresolvedValueError."""
        name = cursor.value
        if not isinstance(name, str) or not self._conditions.has(name):
            raise UnresolvedValueError(
                cursor, f"there is no condition {name!r}", did_you_mean(str(name), self._conditions.value)
            )
        with self._inside(name, f"the condition {name!r}", cursor):
            return self._truth(self._conditions.at(name))

    def reference(self, name: str, cursor: Cursor) -> Any:
        """Return the value of ``Ref``. Raises UnresolvedValueError."""
        if name in self._names:
            return self._names[name]
        raise UnresolvedValueError(cursor, f"{name!r} has no value here", "refer to a parameter with a default")

    def attribute(self, resource: str, attribute: str, cursor: Cursor) -> Any:
        """Return the value of ``Fn::GetAtt``. Raises UnresolvedValueError."""
        return self.reference(f"{resource}.{attribute}", cursor)

    def import_value(self, name: str, cursor: Cursor) -> Any:
        """Return what another stack exports under a name. Raises UnresolvedValueError."""
        raise UnresolvedValueError(cursor, "Fn::ImportValue can't be worked out locally", "write the value out")

    def absent_entry(self, position: str, found: list[Any], cursor: Cursor) -> Any:
        """Return what ``Fn::Select`` gives where the list has no such entry. Raises UnresolvedValueError."""
        raise UnresolvedValueError(cursor, f"Fn::Select finds no entry {position}", "count from 0")

    def list_of(self, value: Any, cursor: Cursor) -> list[Any]:
        """Return the list that a value stands for, where the value itself is no list. Raises UnresolvedValueError."""
        raise UnresolvedValueError(cursor, "a list is needed here")

    def finish(self, text: str, cursor: Cursor) -> str:
        """Return a text as it is after all functions, its dynamic references worked out where they are known."""
        return text

    def entry(self, cursor: Cursor) -> Any:
        """Return the value of an entry of a map or list. Raises UnresolvedValueError."""
        return self.value(cursor)

    @property
    def place(self) -> tuple[str, ...]:
        """The place in the result of the value that is being worked out; a function's arguments have that of it."""
        return tuple(self._place[: self._place_of_function])

    @contextmanager
    def _inside(self, name: str, subject: str, cursor: Cursor) -> Iterator[None]:
        """Work out a named value. Raises UnresolvedValueError if it needs itself."""
        if name in self._open:
            raise UnresolvedValueError(cursor, f"{subject} refers to itself", "break the circle")
        if len(self._open) >= _DEEPEST:
            raise UnresolvedValueError(cursor, f"{subject} needs too long a chain of others", "shorten it")
        self._open.append(name)
        try:
            yield
        finally:
            self._open.pop()

    def _is_function(self, name: str, argument: Any) -> bool:
        # A statement of IAM may be a map with Condition alone; the function names a condition with a text.
        return name in self._functions and (name != "Condition" or isinstance(argument, str))

    def _call(self, name: str, cursor: Cursor) -> Any:
        if name == "Fn::If" or self._place_of_function is not None:
            found = self._functions[name](cursor.at(name))
        else:
            self._place_of_function = len(self._place)
            try:
                found = self._functions[name](cursor.at(name))
            finally:
                self._place_of_function = None
        return self.finish(found, cursor) if isinstance(found, str) else found

    def _truth(self, cursor: Cursor) -> bool:
        value = self.value(cursor)
        if isinstance(value, bool):
            return value
        raise UnresolvedValueError(
            cursor, "this is no condition", "use Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"
        )

    def _map(self, cursor: Cursor) -> dict[str, Any]:
        lines, known = self._lines(cursor)
        made: dict[str, Any] = {}
        kept: dict[str, int] = {}
        for key, child in cursor.value.items():
            if is_plain(child):
                made[key] = child
            else:
                self._place.append(key)
                value = self.entry(cursor.at(key))
                self._place.pop()
                if value is NO_VALUE:
                    continue
                made[key] = value
            kept[key] = known.get(key, lines.line) if isinstance(known, dict) else lines.line
        self.source_map[id(made)] = lines._replace(children=kept)
        return made

    def _list(self, cursor: Cursor) -> list[Any]:
        lines, known = self._lines(cursor)
        made: list[Any] = []
        kept: list[int] = []
        elsewhere: dict[str | int, str] = {}
        for index, child in enumerate(cursor.entries()):
            if is_plain(child.value):
                value = child.value
            else:
                self._place.append(str(len(made)))
                value = self.entry(child)
                self._place.pop()
                if value is NO_VALUE:
                    continue
            if index in lines.elsewhere:
                elsewhere[len(made)] = lines.elsewhere[index]
            made.append(value)
            kept.append(known[index] if isinstance(known, list) and index < len(known) else lines.line)
        self.source_map[id(made)] = lines._replace(children=kept, elsewhere=elsewhere)
        return made

    def _lines(self, cursor: Cursor) -> tuple[SourceLines, dict[str, int] | list[int]]:
        """Return the lines of the map or list here; a container that has none stands where the one above it does."""
        found = cursor.document.source_map.get(id(cursor.value))
        if found is None:
            source = cursor.source
            found = SourceLines(source.line, [], source.file if source.file != cursor.document.file else "")
        return found, found.children

    def _made_list(self, cursor: Cursor, made: list[Any]) -> list[Any]:
        """Return a list that a function has made; each entry has the function's line."""
        source = cursor.source
        file = source.file if source.file != cursor.document.file else ""
        self.source_map[id(made)] = SourceLines(source.line, [source.line] * len(made), file)
        return made

    def _region(self, cursor: Cursor) -> str:
        return self._text(cursor) or as_text(self._names.get("AWS::Region", ""))

    def _ref(self, cursor: Cursor) -> Any:
        if cursor.value == "AWS::NoValue":
            return NO_VALUE
        if not isinstance(cursor.value, str):
            raise UnresolvedValueError(cursor, "Ref needs the name of a parameter or resource, a text")
        found = self.reference(cursor.value, cursor)
        return self._made_list(cursor, list(found)) if isinstance(found, list) else found

    def _get_att(self, cursor: Cursor) -> Any:
        match cursor.value:
            case str() as text:
                resource, _, attribute = text.partition(".")
            case [str() as resource, _]:
                attribute = self._text(list(cursor.entries())[1])
            case [str() as resource, *rest] if rest and all(isinstance(step, str) for step in rest):
                attribute = ".".join(rest)
            case _:
                resource, attribute = "", ""
        if not resource or not attribute:
            raise UnresolvedValueError(cursor, "Fn::GetAtt needs a resource and an attribute", "write Resource.Arn")
        found = self.attribute(resource, attribute, cursor)
        return self._made_list(cursor, list(found)) if isinstance(found, list) else found

    def _equals(self, cursor: Cursor) -> bool:
        left, right = (self.value(entry) for entry in self._entries(cursor, 2, 2))
        return bool(_comparable(left) == _comparable(right))

    def _if(self, cursor: Cursor) -> Any:
        name, then, otherwise = self._entries(cursor, 3, 3)
        return self.value(then if self.condition(name) else otherwise)

    def _find_in_map(self, cursor: Cursor) -> Any:
        entries = self._entries(cursor, 3, 4)
        found = self._mappings
        for entry in entries[:3]:
            key = self._text(entry)
            if not found.has(key):
                if len(entries) == 4 and entries[3].has("DefaultValue"):
                    return self.value(entries[3].at("DefaultValue"))
                known = found.value if isinstance(found.value, dict) else ()
                raise UnresolvedValueError(entry, f"Fn::FindInMap finds no {key!r}", did_you_mean(key, map(str, known)))
            found = found.at(key)
        with self._inside(".".join(found.path), "the mapping", cursor):
            return self.value(found)

    def _join(self, cursor: Cursor) -> str:
        delimiter, parts = self._entries(cursor, 2, 2)
        return self._text(delimiter).join(_text_of(part, parts) for part in self._list_value(parts))

    def _select(self, cursor: Cursor) -> Any:
        index, parts = self._entries(cursor, 2, 2)
        position, found = self._text(index), self._list_value(parts)
        if position.isdecimal() and len(position) < 9 and int(position) < len(found):
            return found[int(position)]
        return self.absent_entry(position, found, cursor)

    def _split(self, cursor: Cursor) -> list[str]:
        delimiter, text = (self._text(entry) for entry in self._entries(cursor, 2, 2))
        if not delimiter:
            raise UnresolvedValueError(cursor, "Fn::Split needs a delimiter")
        return self._made_list(cursor, text.split(delimiter))

    def _cidr(self, cursor: Cursor) -> list[str]:
        block, *numbers = (self._text(entry) for entry in self._entries(cursor, 2, 3))
        try:
            count, bits = (*map(int, numbers), 8)[:2]
            return self._made_list(cursor, function_values.subnets(block, count, bits))
        except ValueError as error:
            raise UnresolvedValueError(cursor, f"Fn::Cidr can't be worked out: {error}") from error

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
            if name in own:
                return _text_of(own[name], template)
            resource, _, attribute = name.partition(".")
            if not attribute:
                return _text_of(self.reference(name, template), template)
            return _text_of(self.attribute(resource, attribute, template), template)

        return re.sub(_PLACEHOLDER, fill_in, template.value)

    def _text(self, cursor: Cursor) -> str:
        return _text_of(self.value(cursor), cursor)

    def _list_value(self, cursor: Cursor) -> list[Any]:
        value = self.value(cursor)
        return value if isinstance(value, list) else self.list_of(value, cursor)

    def _entries(self, cursor: Cursor, least: int, most: int) -> list[Cursor]:
        entries = list(cursor.entries())
        if isinstance(cursor.value, list) and least <= len(entries) <= most:
            return entries
        count = str(least) if least == most else f"{least} to {most}"
        raise UnresolvedValueError(cursor, f"{cursor.name} needs a list of {count}")


def is_plain(value: Any) -> bool:
    """Return whether a value stands for itself: no map, no list, and no text with a dynamic reference."""
    return not isinstance(value, dict | list) and not (isinstance(value, str) and DYNAMIC_REFERENCE in value)


def _text_of(value: Any, cursor: Cursor) -> str:
    if isinstance(value, dict | list) or value is NO_VALUE or value is None:
        found = "AWS::NoValue" if value is NO_VALUE else describe(value)
        raise UnresolvedValueError(cursor, f"{cursor.name} needs a text here, not {found}")
    return as_text(value)


def _comparable(value: Any) -> Any:
    match value:
        case dict():
            return {key: _comparable(child) for key, child in value.items()}
        case list():
            return [_comparable(child) for child in value]
        case _:
            return as_text(value)
