"""Fill empty tables from deploy/seed/local.json: ``{"ItemsTable": [{item}, …]}``, items as plain JSON.

A table that has items stays as it is. The file is read item by item, so that a problem is reported with its line.
Numbers keep every digit (Decimal).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer

from homeport.aws_errors import error_code, error_message
from homeport.dynamodb.client import BATCH, TRIES, is_empty, translate_errors, write_batch
from homeport.errors import EngineError, Problem, ProjectError
from homeport.project.model import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SeedItem:
    """An item in DynamoDB's own JSON, and the line it starts on."""

    line: int
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _SeedEntry:
    """A table's name in the file, its line, and its items as parsed with theirs."""

    table: str
    line: int
    items: tuple[tuple[int, Any], ...] = field(default=())


def read_seed(text: str, file: str, tables: Mapping[str, Table]) -> Mapping[str, tuple[SeedItem, ...]]:
    """Return the items of each table, by logical id. ``file`` is the seed's name for messages.

    Raises ProjectError with every problem: malformed JSON, a table that deploy/resources.yaml does not have, an item
    without its key or with one of another type, two items with the same key, a value that DynamoDB can't hold.
    """
    seed: dict[str, tuple[SeedItem, ...]] = {}
    problems: list[Problem] = []
    for entry in _parse(text, file):
        if entry.table not in tables:
            known = ", ".join(sorted(tables)) or "none"
            hint = f"tables of deploy/resources.yaml: {known}"
            problems.append(Problem(f"there is no table {entry.table}", file, entry.line, hint))
            continue
        items, wrong = _items(entry, tables[entry.table], file)
        seed[entry.table] = seed.get(entry.table, ()) + items
        problems += wrong
    if problems:
        raise ProjectError(problems)
    return seed


def _items(entry: _SeedEntry, table: Table, file: str) -> tuple[tuple[SeedItem, ...], list[Problem]]:
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
    """An item can't be written; the message says why."""


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


def _parse(text: str, file: str) -> Iterator[_SeedEntry]:
    reader = _JsonReader(text, file)
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
        yield _SeedEntry(table, line, tuple(items))
    if reader.rest():
        raise reader.problem("the end of the file", reader.line)


class _JsonReader:
    """A reader that steps through JSON text a value at a time, and knows the line."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._decoder = json.JSONDecoder(
            parse_float=Decimal, parse_constant=self._reject_constant, object_pairs_hook=self._object
        )
        self._skip()

    @property
    def line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def rest(self) -> str:
        return self._text[self._at :]

    def at(self, mark: str) -> bool:
        """Return True and step over ``mark`` if it is next."""
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
    def _reject_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    @staticmethod
    def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} stands twice in one object")
        return dict(pairs)


def seed_tables(
    client: DynamoDBClient,
    tables: Mapping[str, Table],
    name_of: Callable[[str], str],
    file: Path,
    project: Path,
    sleep: Callable[[float], None] = time.sleep,
) -> Mapping[str, int]:
    """Write the seed's items into the empty tables. Return how many went into each, by logical id.

    ``file`` may be missing: there is nothing to do then. The whole file is checked before anything is written.
    Raises ProjectError for what is wrong with the file, EngineError if DynamoDB doesn't take the items.
    """
    if not file.is_file():
        return {}
    shown = str(file.relative_to(project)) if file.is_relative_to(project) else str(file)
    seed = read_seed(_text(file, shown), shown, tables)
    written: dict[str, int] = {}
    with translate_errors("DynamoDB does not take the seed"):
        for logical_id, items in seed.items():
            name = name_of(logical_id)
            if items and is_empty(client, name):
                for start in range(0, len(items), BATCH):
                    _write(client, name, items[start : start + BATCH], shown, sleep)
                written[logical_id] = len(items)
    return written


def _text(file: Path, shown: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError([Problem(f"it is not UTF-8: {error.reason}", shown)]) from error


def _write(
    client: DynamoDBClient, name: str, items: Sequence[SeedItem], shown: str, sleep: Callable[[float], None]
) -> None:
    requests = [{"PutRequest": {"Item": item.attributes}} for item in items]
    try:
        left = write_batch(client, name, requests, sleep)
    except client.exceptions.ClientError as error:
        if error_code(error.response) != "ValidationException":
            raise
        _write_singly(client, name, items, shown)
        return
    if left:
        raise EngineError(f"DynamoDB did not take {left} items of the seed into {name} in {TRIES} tries")


def _write_singly(client: DynamoDBClient, name: str, items: Sequence[SeedItem], shown: str) -> None:
    """Write item by item, since a rejected batch does not name the item at fault."""
    for item in items:
        try:
            client.put_item(TableName=name, Item=item.attributes)
        except client.exceptions.ClientError as error:
            message = f"DynamoDB refuses this item: {error_message(error.response)}"
            raise ProjectError([Problem(message, shown, item.line)]) from error
