"""Fill empty tables from deploy/seed/local.json: ``{"ItemsTable": [{item}, …]}``, items as plain JSON.

A table that has items stays as it is. Each problem is reported with its line. Numbers keep every digit (Decimal).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.aws_errors import error_code, error_message
from homeport.dynamodb.attribute_values import to_attribute_value
from homeport.dynamodb.calls import BATCH, TRIES, is_empty, translate_errors, write_batch
from homeport.errors import EngineError, Problem, ProjectError
from homeport.project.model import Table
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document, read_json, text_problem
from homeport.project.source.source_map import TextError
from homeport.terminal import with_noun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[tuple[str, Any], ...]
_SHAPE = 'an object {"TableId": [ {item}, … ], …}'


@dataclass(frozen=True, slots=True)
class SeedItem:
    """An item in DynamoDB's own JSON, and the line it starts on."""

    line: int
    attributes: Mapping[str, Any]


def read_seed(text: str, file: str, tables: Mapping[str, Table]) -> Mapping[str, tuple[SeedItem, ...]]:
    """Return the items of each table, by logical id. ``file`` is the seed's name for messages.

    Raises ProjectError with every problem: malformed JSON, a table that deploy/resources.yaml does not have, an item
    without its key or with one of another type, two items with the same key, a value that DynamoDB can't hold.
    """
    try:
        value, lines, errors = read_json(text, parse_float=Decimal)
    except TextError as error:
        raise ProjectError([text_problem(file, error)]) from error
    diagnostics = Diagnostics()
    diagnostics.add(*(text_problem(file, error) for error in errors))
    root = Cursor.root(Document(file, value, lines), diagnostics)
    seed: dict[str, tuple[SeedItem, ...]] = {}
    if root.is_a(dict, _SHAPE):
        for name, entry in root.items():
            if name not in tables:
                known = ", ".join(sorted(tables)) or "none"
                entry.error(f"there is no table {name}", f"the project has these tables: {known}")
            elif entry.is_a(list, "a list of items"):
                seed[name] = tuple(read_items(entry, tables[name]))
    if problems := diagnostics.all():
        raise ProjectError(problems)
    return seed


def read_items(entry: Cursor, table: Table, *, in_dynamodb_json: bool = False) -> Iterator[SeedItem]:
    """Yield the items of a list, plain JSON or DynamoDB's own; report those that the table can't have."""
    seen: dict[Key, int] = {}
    for item in entry.entries():
        try:
            attributes = _attributes(item.value) if in_dynamodb_json else _serialize(item.value)
            key = _key(attributes, table)
        except _BadItemError as error:
            item.error(f"{entry.name}: {error}")
            continue
        if key in seen:
            item.error(f"{entry.name}: this item has the key of the one in line {seen[key]}")
        seen[key] = item.line
        yield SeedItem(item.line, attributes)


class _BadItemError(Exception):
    """An item can't be written; the message says why."""


def _attributes(value: Any) -> Mapping[str, Any]:
    """Return an item that is written in DynamoDB's own JSON."""
    if not isinstance(value, dict) or not all(isinstance(each, dict) and len(each) == 1 for each in value.values()):
        raise _BadItemError('an item in DynamoDB\'s JSON has a type for each value: {"id": {"S": "text"}}')
    return value


def _serialize(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _BadItemError("an item is a JSON object")
    attributes = {}
    for name, plain in value.items():
        try:
            attributes[name] = to_attribute_value(plain)
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


def seed_tables(
    client: DynamoDBClient,
    tables: Mapping[str, Table],
    file: Path,
    project: Path,
    sleep: Callable[[float], None] = time.sleep,
) -> Mapping[str, int]:
    """Write the seed's items into the empty tables. Return how many went into each, by logical id.

    ``file`` may be missing: there is nothing to do then. The whole file is checked before anything is written.
    Raises ProjectError for what is wrong with the file, EngineError if DynamoDB doesn't take the items.
    """
    seed, shown = read_seed_file(file, project, tables), _relative_name(file, project)
    written: dict[str, int] = {}
    with translate_errors("DynamoDB does not take the seed"):
        for logical_id, items in seed.items():
            name = tables[logical_id].name
            if items and is_empty(client, name):
                write_items(client, name, items, shown, sleep)
                written[logical_id] = len(items)
    return written


def read_seed_file(file: Path, project: Path, tables: Mapping[str, Table]) -> Mapping[str, tuple[SeedItem, ...]]:
    """Return the items of each table, nothing if there is no file. Raises ProjectError as ``read_seed`` does."""
    if not file.is_file():
        return {}
    name = _relative_name(file, project)
    try:
        return read_seed(file.read_text(encoding="utf-8-sig"), name, tables)
    except UnicodeDecodeError as error:
        raise ProjectError([Problem(f"it is not UTF-8: {error.reason}", name)]) from error


def _relative_name(file: Path, project: Path) -> str:
    return str(file.relative_to(project)) if file.is_relative_to(project) else str(file)


def write_items(
    client: DynamoDBClient, name: str, items: Sequence[SeedItem], shown: str, sleep: Callable[[float], None]
) -> None:
    """Write items into a table; ``shown`` is their file in messages."""
    for start in range(0, len(items), BATCH):
        _write(client, name, items[start : start + BATCH], shown, sleep)


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
        raise EngineError(f"DynamoDB did not take {with_noun(left, 'item')} of the seed into {name} in {TRIES} tries")


def _write_singly(client: DynamoDBClient, name: str, items: Sequence[SeedItem], shown: str) -> None:
    """Write item by item, since a rejected batch does not name the item at fault."""
    for item in items:
        try:
            client.put_item(TableName=name, Item=item.attributes)
        except client.exceptions.ClientError as error:
            message = f"DynamoDB refuses this item: {error_message(error.response)}"
            raise ProjectError([Problem(message, shown, item.line)]) from error
