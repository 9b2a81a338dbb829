"""JSONPath as Jayway's JsonPath reads it, which API Gateway uses.

A definite path (``$.a[0]['b']``) gives one value, or None where there is none; any other (``$.a[*].b``, ``$..b``,
``$.a[1:3]``, ``$.a[?(@.b > 1)]``) gives an array of what it finds.

https://github.com/json-path/JsonPath#operators
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from homeport.gateway.mapping.errors import JsonPathError
from homeport.gateway.mapping.json_filter import Predicate, read_filter
from homeport.gateway.mapping.json_functions import FUNCTIONS
from homeport.gateway.mapping.json_values import JsonArray
from homeport.vtl.limits import Meter

_PROPERTY = re.compile(r"\.([^.\[\s()]+)(?!\s*\()")
_FUNCTION = re.compile(r"\.([a-z]+)\(\)$")
_STAR = re.compile(r"\.?\*|\[\s*\*\s*\]")
_NAMES = re.compile(
    r"""\[\s*((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)\s*\]"""
)
_NAME = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_INDEXES = re.compile(r"\[\s*(-?[0-9]{1,9}(?:\s*,\s*-?[0-9]{1,9})*)\s*\]")
_SLICE = re.compile(r"\[\s*(-?[0-9]{1,9})?\s*:\s*(-?[0-9]{1,9})?\s*\]")
_LONGEST_PATH = 10_000


class PathToken(Protocol):
    """A part of a path. ``definite`` ones find one value at most."""

    @property
    def definite(self) -> bool:
        """True if the token finds one value at most."""
        ...

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield what the token finds in a value."""
        ...


@dataclass(frozen=True, slots=True)
class PropertyToken:
    """``.name``."""

    name: str
    definite: bool = True

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield the member of an object."""
        if isinstance(value, dict) and self.name in value:
            yield value[self.name]


@dataclass(frozen=True, slots=True)
class PropertiesToken:
    """``['a','b']``: an object of these members."""

    names: tuple[str, ...]
    definite: bool = True

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield an object with the members that are there."""
        if isinstance(value, dict):
            yield {name: value[name] for name in self.names if name in value}


@dataclass(frozen=True, slots=True)
class IndexToken:
    """``[0]``, or ``[0,2]``. A negative index counts from the end."""

    indexes: tuple[int, ...]

    @property
    def definite(self) -> bool:
        """True for a single index."""
        return len(self.indexes) == 1

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield the elements that are there."""
        if isinstance(value, list):
            for index in self.indexes:
                if -len(value) <= index < len(value):
                    yield value[index]


@dataclass(frozen=True, slots=True)
class SliceToken:
    """``[1:3]``."""

    first: int | None
    last: int | None
    definite: bool = False

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield the elements of the slice."""
        if isinstance(value, list):
            yield from value[self.first : self.last]


@dataclass(frozen=True, slots=True)
class WildcardToken:
    """``*``."""

    definite: bool = False

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield all members or elements."""
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list):
            yield from value


@dataclass(frozen=True, slots=True)
class FilterToken:
    """``[?(…)]``."""

    predicate: Predicate
    definite: bool = False

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield the elements that pass, or the object itself."""
        for element in value if isinstance(value, list) else (value,):
            if self.predicate(element, root, meter):
                yield element


@dataclass(frozen=True, slots=True)
class ScanToken:
    """``..``, with the token that is looked for everywhere below."""

    token: PathToken
    definite: bool = False

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield what the token finds in the value and in everything within it, from the top."""
        stack = [value]
        while stack:
            node = stack.pop()
            meter.charge()
            if isinstance(node, dict):
                nested = list(node.values())
            elif isinstance(node, list):
                nested = list(node)
            else:
                continue
            # The elements of an array are looked at one by one.
            if not (isinstance(self.token, FilterToken) and isinstance(node, list)):
                yield from self.token.find(node, root, meter)
            stack.extend(reversed(nested))


@dataclass(frozen=True, slots=True)
class FunctionToken:
    """``.length()`` and its like, at the end of a path."""

    function: Callable[[object], object]
    definite: bool = True

    def find(self, value: object, root: object, meter: Meter) -> Iterator[object]:
        """Yield the result of the function, if it has one."""
        result = self.function(value)
        if result is not None:
            yield result


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path that was read. ``function`` is applied to all that it finds."""

    tokens: tuple[PathToken, ...]
    definite: bool
    function: FunctionToken | None = None

    def find(self, value: object, root: object, meter: Meter) -> tuple[bool, object]:
        """Return whether anything is there, and what."""
        found, result = self._find(value, root, meter)
        if not found or self.function is None:
            return found, result
        return next(((True, value) for value in self.function.find(result, root, meter)), (False, None))

    def _find(self, value: object, root: object, meter: Meter) -> tuple[bool, object]:
        values, definite = [value], True
        for token in self.tokens:
            meter.charge(1 + len(values))
            values = [found for value in values for found in _count(token.find(value, root, meter), meter)]
            if definite and token.definite and not values:
                return False, None
            definite = definite and token.definite
        return True, values[0] if self.definite else JsonArray(values)


def json_path(document: object, path: str, meter: Meter | None = None) -> object:
    """Return what a path finds in a document, None where there is nothing. Raises JsonPathError and LimitExceeded."""
    _, value = read_path(path).find(document, document, meter or Meter())
    return value


@lru_cache(maxsize=512)
def read_path(text: str) -> JsonPath:
    """Read a path. One without ``$`` starts at the document too. Raises JsonPathError."""
    path = text.strip()
    if not path or len(path) > _LONGEST_PATH:
        raise JsonPathError(f"a JSONPath has 1 to {_LONGEST_PATH:,} characters")
    if path[0] not in "$@":
        path = f"$.{path}"
    tokens: list[PathToken] = []
    function: FunctionToken | None = None
    position = 1
    while position < len(path):
        called = _FUNCTION.match(path, position)
        if called is not None and called[1] in FUNCTIONS:
            function, position = FunctionToken(FUNCTIONS[called[1]]), called.end()
            continue
        scans = path.startswith("..", position)
        # The second dot belongs to a name, but not to a bracket.
        position += 2 if path.startswith(("..[", "..*"), position) else int(scans)
        token, position = _read_token(path, position)
        tokens.append(ScanToken(token) if scans else token)
    return JsonPath(tuple(tokens), all(token.definite for token in tokens), function)


def _read_token(path: str, position: int) -> tuple[PathToken, int]:
    if (star := _STAR.match(path, position)) is not None:
        return WildcardToken(), star.end()
    if (name := _PROPERTY.match(path, position)) is not None:
        return PropertyToken(name[1]), name.end()
    if (names := _NAMES.match(path, position)) is not None:
        members = tuple(_unescape(name[1] if name[1] is not None else name[2]) for name in _NAME.finditer(names[1]))
        return PropertyToken(members[0]) if len(members) == 1 else PropertiesToken(members), names.end()
    if (indexes := _INDEXES.match(path, position)) is not None:
        return IndexToken(tuple(map(int, indexes[1].split(",")))), indexes.end()
    if (part := _SLICE.match(path, position)) is not None:
        return SliceToken(int(part[1]) if part[1] else None, int(part[2]) if part[2] else None), part.end()
    if path.startswith("[?(", position) or path.startswith("[ ?(", position):
        predicate, end = read_filter(path, path.index("(", position), read_path)
        if not path.startswith("]", end):
            raise JsonPathError(f"the JSONPath {path!r} has a filter that does not end in )]")
        return FilterToken(predicate), end + 1
    raise JsonPathError(f"{path!r} is no JSONPath from character {position + 1} on")


def _unescape(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def _count(values: Iterator[object], meter: Meter) -> Iterator[object]:
    for value in values:
        meter.charge()
        yield value
