"""Items as people read and write them: plain JSON where it says the same, else DynamoDB's own. Pure.

Numbers keep every digit. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html

The table browser: the items of each local table, by page, and each of them to change, add and delete.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.dynamodb.local_table import LocalTable
from homeport.errors import HomeportError
from homeport.inspector.site_context import Site
from homeport.project.model import Table

Attribute = Mapping[str, Any]
Item = dict[str, Attribute]

_SETS = ("SS", "NS", "BS")


class ItemError(HomeportError):
    """What was written is no item."""


class _Number(str):
    """A number's digits."""


def to_text(item: Mapping[str, Attribute], *, typed: bool) -> str:
    """An item as indented JSON: with DynamoDB's types, or plain."""
    if typed:
        return json.dumps(_printable(item), indent=2, ensure_ascii=False)
    return _written({name: _plain(value) for name, value in item.items()}, 0)


def is_plain(item: Mapping[str, Attribute]) -> bool:
    """Whether plain JSON says all that is in an item: it has neither sets nor binaries."""
    return all(map(_is_plain, item.values()))


def from_text(text: str, *, typed: bool) -> Item:
    """What ``to_text`` wrote, changed or not. Raises ItemError."""
    try:
        value = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ItemError(f"this is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ItemError("an item is a JSON object", "write its attributes between { and }")
    return {name: _checked(name, attribute) if typed else _typed(attribute) for name, attribute in value.items()}


def cell(value: Attribute | None) -> str:
    """An attribute in one line; "": there is none."""
    if value is None:
        return ""
    ((kind, content),) = value.items()
    if kind in ("S", "N"):
        return str(content)
    if kind in ("B", "BS"):
        return f"({kind})"
    return json.dumps(sorted(content), ensure_ascii=False) if kind in _SETS else _written(_plain(value), None)


def _is_plain(value: Attribute) -> bool:
    ((kind, content),) = value.items()
    if kind == "L":
        return all(map(_is_plain, content))
    if kind == "M":
        return all(map(_is_plain, content.values()))
    return kind in ("S", "N", "BOOL", "NULL")


def _plain(value: Attribute) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return _Number(content)
    if kind == "NULL":
        return None
    if kind == "L":
        return [_plain(part) for part in content]
    if kind == "M":
        return {name: _plain(part) for name, part in content.items()}
    return f"({kind})" if kind in ("B", *_SETS) else content


def _typed(value: Any) -> Attribute:
    if isinstance(value, _Number):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [_typed(part) for part in value]}
    return {"M": {name: _typed(part) for name, part in value.items()}}


def _checked(name: str, value: Any) -> Attribute:
    """An attribute in DynamoDB's JSON; boto3 wants binaries as bytes."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ItemError(f"{name} has no type", 'write it as {"S": "text"}, {"N": "1"}, …')
    ((kind, content),) = value.items()
    try:
        if kind == "B":
            return {kind: base64.b64decode(content, validate=True)}
        if kind == "BS":
            return {kind: [base64.b64decode(part, validate=True) for part in content]}
    except (binascii.Error, TypeError, ValueError) as error:
        raise ItemError(f"{name} is no base64: {error}") from error
    if kind == "L" and isinstance(content, list):
        return {kind: [_checked(name, part) for part in content]}
    if kind == "M" and isinstance(content, dict):
        return {kind: {key: _checked(key, part) for key, part in content.items()}}
    return {kind: str(content) if isinstance(content, _Number) else content}


def _printable(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _printable(part) for name, part in value.items()}
    return [_printable(part) for part in value] if isinstance(value, list | tuple) else value


def _written(value: Any, depth: int | None) -> str:
    """JSON with numbers as they are; ``depth`` None: in one line."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict) and value:
        parts = [f"{_quoted(name)}: {_written(part, _deeper(depth))}" for name, part in value.items()]
        return _group("{}", parts, depth)
    if isinstance(value, list) and value:
        return _group("[]", [_written(part, _deeper(depth)) for part in value], depth)
    return _quoted(value)


def _group(around: str, parts: list[str], depth: int | None) -> str:
    if depth is None:
        return around[0] + ", ".join(parts) + around[1]
    indent = "  " * (depth + 1)
    return f"{around[0]}\n{indent}" + f",\n{indent}".join(parts) + f"\n{'  ' * depth}{around[1]}"


def _deeper(depth: int | None) -> int | None:
    return None if depth is None else depth + 1


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


_PAGE = 50
_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """A table in the list of them; ``count`` is None where DynamoDB does not tell."""

    id: str
    name: str
    key: tuple[str, ...]
    indexes: tuple[str, ...]
    count: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """An item in a list: the text of each column, and its key for a link."""

    cells: tuple[str, ...]
    key: str


def blueprint(site: Site) -> Blueprint:
    """The pages below ``/tables``."""
    pages = Blueprint("tables", __name__)

    @pages.get("/tables")
    def listed() -> str:
        problem, shown = "", []
        for table in site.projects.current().resources.tables.values():
            count = None
            try:
                count = _items(site, table).count()
            except HomeportError as error:
                problem = str(error)
            name = site.projects.current().stage.table_name(table.logical_id)
            shown.append(Listed(table.logical_id, name, keys_of(table), table.indexes, count))
        return render_template("tables.html", tables=shown, problem=problem)

    @pages.get("/tables/<id>")
    def items(id: str) -> str:
        table = _table(site, id)
        start = request.args.get("start")
        found, last = _items(site, table).page(_PAGE, unpacked(start) if start else None)
        columns = columns_of(keys_of(table), found)
        return render_template(
            "items.html",
            id=id,
            name=site.projects.current().stage.table_name(id),
            keys=keys_of(table),
            columns=columns,
            rows=[Row(tuple(cell(item.get(name)) for name in columns), packed(_key(table, item))) for item in found],
            start=start,
            next=packed(last) if last else None,
        )

    @pages.get("/tables/<id>/item")
    def item(id: str) -> str:
        table, key = _table(site, id), request.args.get("key", "")
        found = _items(site, table).get(unpacked(key)) if key else {name: {"S": ""} for name in keys_of(table)}
        plain = is_plain(found)
        typed = not plain or "typed" in request.args
        return render_template("item.html", id=id, key=key, plain=plain, typed=typed, text=to_text(found, typed=typed))

    @pages.put("/tables/<id>/item")
    def put(id: str) -> Any:
        table, told = _table(site, id), _told()
        item = from_text(str(told.get("text", "")), typed=told.get("typed") is True)
        key = unpacked(str(told["key"])) if told.get("key") else None
        missing = [name for name in keys_of(table) if name not in item]
        if missing:
            raise ItemError(f"the item has no {missing[0]}", "every item has its table's key")
        if key is not None and key != _key(table, item):
            raise ItemError("the key of an item can't change", "add another item, and delete this one")
        _items(site, table).put(item, keys_of(table)[0], is_new=key is None)
        return jsonify(done=True)

    @pages.delete("/tables/<id>/item")
    def delete(id: str) -> Any:
        _items(site, _table(site, id)).delete(unpacked(str(_told().get("key", ""))))
        return jsonify(done=True)

    return pages


def keys_of(table: Table) -> tuple[str, ...]:
    """The attributes of a table's key, the partition key first."""
    schema = sorted(table.properties.get("KeySchema", ()), key=lambda part: part["KeyType"] != "HASH")
    return tuple(part["AttributeName"] for part in schema)


def columns_of(keys: Iterable[str], items: Iterable[Mapping[str, Any]]) -> list[str]:
    """The key, and the attributes that most items have; no more than a screen has room for."""
    seen = dict.fromkeys(keys)
    for item in items:
        seen |= dict.fromkeys(item)
    return list(seen)[:_COLUMNS]


def packed(key: Mapping[str, Attribute]) -> str:
    """A key as a part of a URL."""
    return base64.urlsafe_b64encode(to_text(key, typed=True).encode()).decode()


def unpacked(text: str) -> Item:
    """What ``packed`` made. Raises ItemError."""
    try:
        return from_text(base64.urlsafe_b64decode(text).decode(), typed=True)
    except (ValueError, json.JSONDecodeError) as error:
        raise ItemError("this link names no item", "go back to the table") from error


def _key(table: Table, item: Item) -> Item:
    return {name: item[name] for name in keys_of(table)}


def _table(site: Site, id: str) -> Table:
    tables = site.projects.current().resources.tables
    if id not in tables:
        raise HomeportError(f"deploy/resources.yaml has no table {id!r}", f"it has {', '.join(tables) or 'none'}")
    return tables[id]


def _items(site: Site, table: Table) -> LocalTable:
    stage = site.projects.current().stage
    if site.dynamodb is None:
        raise HomeportError("this homeport dev has no DynamoDB", "start it without --dynamodb none")
    return LocalTable(site.dynamodb, stage.region, stage.table_name(table.logical_id))


def _told() -> dict[str, Any]:
    told = request.get_json()
    if not isinstance(told, dict):
        raise ItemError("this names no item")
    return told
