"""deploy/seed/local.json: ``{"ItemsTable": [{item}, …]}``, items as plain JSON.

Read item by item, so that a problem is told with its line. Numbers keep every digit (Decimal).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from homeport.errors import Problem, ProjectError
from homeport.spec.resources import Table

Key = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SeedItem:
    """An item in DynamoDB's own JSON, and the line it starts on."""

    line: int
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A table's name in the file, its line, and its items as parsed with theirs."""

    table: str
    line: int
    items: tuple[tuple[int, Any], ...] = field(default=())


def read_seed(text: str, file: str, tables: Mapping[str, Table]) -> Mapping[str, tuple[SeedItem, ...]]:
    """The items of each table, by logical id. ``file`` is the seed's name for messages.

    Raises ProjectError with every problem: malformed JSON, a table that deploy/resources.yaml does not have, an item
    without its key or with one of another type, two items with the same key, a value that DynamoDB can't hold.
    """
    seed: dict[str, tuple[SeedItem, ...]] = {}
    problems: list[Problem] = []
    for entry in _parse(text, file):
        if entry.table not in tables:
            known = ", ".join(sorted(tables)) or "none"
            cure = f"tables of deploy/resources.yaml: {known}"
            problems.append(Problem(f"there is no table {entry.table}", file, entry.line, cure))
            continue
        items, wrong = _items(entry, tables[entry.table], file)
        seed[entry.table] = seed.get(entry.table, ()) + items
        problems += wrong
    if problems:
        raise ProjectError(problems)
    return seed


def _items(entry: _Entry, table: Table, file: str) -> tuple[tuple[SeedItem, ...], list[Problem]]:
    items: list[SeedItem] = []
    problems: list[Problem] = []
    seen: dict[Key, int] = {}
    for line, value in entry.items:
        try:
            attributes = _serialize(value)
            key = _key(attributes, table)
        except _BadItemError as error:
            problems.append(Problem(f"{entry.table}: {error}", file, line))
            continue
        if key in seen:
            problems.append(Problem(f"{entry.table}: this item has the key of the one in line {seen[key]}", file, line))
        seen[key] = line
        items.append(SeedItem(line, attributes))
    return tuple(items), problems


class _BadItemError(Exception):
    """What is wrong with an item."""


def _serialize(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _BadItemError("an item is a JSON object")
    serializer = TypeSerializer()
    attributes = {}
    for name, plain in value.items():
        try:
            attributes[name] = serializer.serialize(plain)
        except (TypeError, ArithmeticError) as error:
            reason = (
                f"DynamoDB can't hold its {name}, {plain!s:.60}: a number has up to 38 digits, from 1E-130 to 9.9E+125"
            )
            raise _BadItemError(reason) from error
    return attributes


def _key(attributes: Mapping[str, Any], table: Table) -> Key:
    types = {each["AttributeName"]: each["AttributeType"] for each in table.properties.get("AttributeDefinitions", ())}
    key = []
    for part in table.properties.get("KeySchema", ()):
        name = part["AttributeName"]
        if name not in attributes:
            raise _BadItemError(f"the item lacks its key {name}")
        ((kind, value),) = attributes[name].items()
        if kind != types.get(name, kind):
            raise _BadItemError(f"its key {name} has type {kind} and should have {types[name]}")
        key.append((name, Decimal(value) if kind == "N" else value))
    return tuple(key)


def _parse(text: str, file: str) -> Iterator[_Entry]:
    reader = _Reader(text, file)
    reader.expect("{")
    while not reader.at("}"):
        line = reader.line
        table = reader.value()
        if not isinstance(table, str):
            raise reader.problem("the name of a table", line)
        reader.expect(":")
        reader.expect("[")
        items = []
        while not reader.at("]"):
            items.append((reader.line, reader.value()))
            reader.separator("]")
        reader.separator("}")
        yield _Entry(table, line, tuple(items))
    if reader.rest():
        raise reader.problem("the end of the file", reader.line)


class _Reader:
    """Steps through JSON text a value at a time, knowing the line."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._decoder = json.JSONDecoder(
            parse_float=Decimal, parse_constant=self._refuse_constant, object_pairs_hook=self._object
        )
        self._skip()

    @property
    def line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def rest(self) -> str:
        return self._text[self._at :]

    def at(self, mark: str) -> bool:
        """Whether ``mark`` is next; it is then passed."""
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        self._skip()
        return True

    def expect(self, mark: str) -> None:
        if not self.at(mark):
            raise self.problem(f"`{mark}`", self.line)

    def separator(self, end: str) -> None:
        """Pass the comma between two values; none stands before ``end``."""
        if not self._text.startswith(end, self._at):
            self.expect(",")
            if self._text.startswith(end, self._at):
                raise self.problem("another value after the comma", self.line)

    def value(self) -> Any:
        line = self.line
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise ProjectError([Problem(f"this is not JSON: {error.msg}", self._file, error.lineno)]) from error
        except ValueError as error:
            raise ProjectError([Problem(str(error), self._file, line)]) from error
        self._skip()
        return value

    def problem(self, expected: str, line: int) -> ProjectError:
        shape = 'the file is {"TableId": [ {item}, … ], …}'
        return ProjectError([Problem(f"expected {expected} here", self._file, line, shape)])

    def _skip(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
            self._at += 1

    @staticmethod
    def _refuse_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    @staticmethod
    def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} stands twice in one object")
        return dict(pairs)
