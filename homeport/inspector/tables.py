"""The pages below ``/tables``: the items of each local table, by page, and each of them to change, add and delete.

An item is plain JSON where that is without loss, else DynamoDB's own JSON; numbers keep every digit.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport import strict_json
from homeport.dynamodb.client import LocalTable, local_tables
from homeport.errors import HomeportError
from homeport.inspector.site_context import SiteContext
from homeport.project.model import Table

Attribute = Mapping[str, Any]
Item = dict[str, Attribute]

_SETS = ("SS", "NS", "BS")
_PAGE = 50
_COLUMNS = 8
# A number between two characters that no text has.
_MARKED = re.compile('"\ufdd0([^"\ufdd0]*)\ufdd0"')


class ItemError(HomeportError):
    """The text is no item."""


class _Number(str):
    """The digits of a number."""


def to_text(item: Mapping[str, Attribute], *, typed: bool) -> str:
    """Return an item as indented JSON: with DynamoDB's types, or plain."""
    if typed:
        return json.dumps(_printable(item), indent=2, ensure_ascii=False)
    return _to_json({name: _plain(value) for name, value in item.items()}, 2)


def is_plain(item: Mapping[str, Attribute]) -> bool:
    """Return whether plain JSON holds all of an item: it has neither sets nor binaries."""
    return all(map(_is_plain, item.values()))


def from_text(text: str, *, typed: bool) -> Item:
    """Return the item of a text like that of ``to_text``. Raises ItemError."""
    try:
        value = strict_json.loads(text, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError) as error:
        raise ItemError(f"this is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ItemError("an item is a JSON object", "write its attributes between { and }")
    return {
        name: _check_attribute(name, attribute) if typed else _attribute(attribute) for name, attribute in value.items()
    }


def cell(value: Attribute | None) -> str:
    """Return an attribute in one line; "": there is none."""
    if value is None:
        return ""
    ((kind, content),) = value.items()
    if kind in ("S", "N"):
        return str(content)
    if kind in ("B", "BS"):
        return f"({kind})"
    return json.dumps(sorted(content), ensure_ascii=False) if kind in _SETS else _to_json(_plain(value), None)


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


def _attribute(value: Any) -> Attribute:
    if isinstance(value, _Number):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [_attribute(part) for part in value]}
    return {"M": {name: _attribute(part) for name, part in value.items()}}


def _check_attribute(name: str, value: Any) -> Attribute:
    """Return an attribute of DynamoDB's JSON, with binaries as bytes, as boto3 takes them. Raises ItemError."""
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
        return {kind: [_check_attribute(name, part) for part in content]}
    if kind == "M" and isinstance(content, dict):
        return {kind: {key: _check_attribute(key, part) for key, part in content.items()}}
    return {kind: str(content) if isinstance(content, _Number) else content}


def _printable(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _printable(part) for name, part in value.items()}
    return [_printable(part) for part in value] if isinstance(value, list | tuple) else value


def _to_json(value: Any, indent: int | None) -> str:
    """Return JSON with numbers as they are; ``indent`` None: in one line."""
    text = json.dumps(_mark_numbers(value), indent=indent, ensure_ascii=False)
    return _MARKED.sub(r"\1", text)


def _mark_numbers(value: Any) -> Any:
    # Python's encoder would write a number anew, with other digits.
    if isinstance(value, _Number):
        return f"\ufdd0{value}\ufdd0"
    if isinstance(value, dict):
        return {name: _mark_numbers(part) for name, part in value.items()}
    return [_mark_numbers(part) for part in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table, and where it is declared its logical id; ``count`` is None where DynamoDB does not answer."""

    id: str
    name: str
    key: tuple[str, ...]
    indexes: tuple[str, ...]
    count: int | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in a list: the text of each column, and its key for a link."""

    cells: tuple[str, ...]
    key: str


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages below ``/tables``."""
    pages = Blueprint("tables", __name__)

    @pages.get("/tables")
    def show_list() -> str:
        found, problem = _all_tables(site)
        return render_template("tables.html", tables=found, problem=problem)

    @pages.get("/tables/<id>")
    def show_items(id: str) -> str:
        table = _table(site, id)
        start = request.args.get("start")
        found, last = _items(site, table).page(_PAGE, decode_key(start) if start else None)
        columns = columns_of(table.key, found)
        rows = [
            ItemRow(tuple(cell(item.get(name)) for name in columns), encode_key(_key(table, item))) for item in found
        ]
        return render_template(
            "items.html",
            table=table,
            columns=columns,
            rows=rows,
            start=start,
            next=encode_key(last) if last else None,
        )

    @pages.get("/tables/<id>/item")
    def show_item(id: str) -> str:
        table, key = _table(site, id), request.args.get("key", "")
        found = _items(site, table).get(decode_key(key)) if key else {name: {"S": ""} for name in table.key}
        plain = is_plain(found)
        typed = not plain or "typed" in request.args
        return render_template("item.html", id=id, key=key, plain=plain, typed=typed, text=to_text(found, typed=typed))

    @pages.put("/tables/<id>/item")
    def put_item(id: str) -> Any:
        table, sent = _table(site, id), _sent_object()
        item = from_text(str(sent.get("text", "")), typed=sent.get("typed") is True)
        key = decode_key(str(sent["key"])) if sent.get("key") else None
        missing = [name for name in table.key if name not in item]
        if missing:
            raise ItemError(f"the item has no {missing[0]}", "every item has its table's key")
        if key is not None and key != _key(table, item):
            raise ItemError("the key of an item can't change", "add another item, and delete this one")
        _items(site, table).put(item, table.key[0], is_new=key is None)
        return jsonify(done=True)

    @pages.delete("/tables/<id>/item")
    def delete_item(id: str) -> Any:
        _items(site, _table(site, id)).delete(decode_key(str(_sent_object().get("key", ""))))
        return jsonify(done=True)

    return pages


def _all_tables(site: SiteContext) -> tuple[list[TableRow], str]:
    """Return the project's tables and then the others, and why DynamoDB does not tell of them, ``""`` where it does."""
    project = site.projects.current()
    rows, problem = list[TableRow](), ""
    for table in project.resources.tables.values():
        rows.append(_table_row(table))
        try:
            rows[-1] = replace(rows[-1], count=_items(site, rows[-1]).describe().count)
        except HomeportError as error:
            problem = str(error)
    try:
        rows += [_other_row(site, name) for name in (_other_names(site) if site.dynamodb else ())]
    except HomeportError as error:
        problem = str(error)
    return rows, problem


def _other_names(site: SiteContext) -> list[str]:
    """Return the names of the tables that the project does not declare: made by hand, or of other stages."""
    project = site.projects.current()
    own = {table.name for table in project.resources.tables.values()}
    return [name for name in local_tables(_endpoint(site), project.stage.region) if name not in own]


def _table_row(table: Table) -> TableRow:
    return TableRow(table.logical_id, table.name, keys_of(table), table.indexes, None)


def _other_row(site: SiteContext, name: str) -> TableRow:
    found = LocalTable(_endpoint(site), site.projects.current().stage.region, name).describe()
    return TableRow(name, name, found.key, found.indexes, found.count)


def _table(site: SiteContext, id: str) -> TableRow:
    """Return a table by its logical id, or one that the project does not declare by its name."""
    tables = site.projects.current().resources.tables
    if id in tables:
        return _table_row(tables[id])
    others = _other_names(site) if site.dynamodb else []
    if id not in others:
        known = ", ".join((*tables, *others)) or "none"
        raise HomeportError(f"there is no table {id!r}", f"there are {known}")
    return _other_row(site, id)


def _endpoint(site: SiteContext) -> str:
    if site.dynamodb is None:
        raise HomeportError("this homeport dev has no DynamoDB", "start it without --dynamodb none")
    return site.dynamodb


def _items(site: SiteContext, table: TableRow) -> LocalTable:
    return LocalTable(_endpoint(site), site.projects.current().stage.region, table.name)


def keys_of(table: Table) -> tuple[str, ...]:
    """Return the attributes of a table's key, the partition key first."""
    schema = sorted(table.properties.get("KeySchema", ()), key=lambda part: part["KeyType"] != "HASH")
    return tuple(part["AttributeName"] for part in schema)


def columns_of(keys: Iterable[str], items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the key and the first attributes of the items, as many as a screen has room for."""
    seen = dict.fromkeys(keys)
    for item in items:
        seen |= dict.fromkeys(item)
    return list(seen)[:_COLUMNS]


def encode_key(key: Mapping[str, Attribute]) -> str:
    """Return a key as a part of a URL."""
    return base64.urlsafe_b64encode(to_text(key, typed=True).encode()).decode()


def decode_key(text: str) -> Item:
    """Return the key that ``encode_key`` encoded. Raises ItemError."""
    try:
        return from_text(base64.urlsafe_b64decode(text).decode(), typed=True)
    except (ValueError, json.JSONDecodeError) as error:
        raise ItemError("this link names no item", "go back to the table") from error


def _key(table: TableRow, item: Item) -> Item:
    return {name: item[name] for name in table.key}


def _sent_object() -> dict[str, Any]:
    sent = request.get_json()
    if not isinstance(sent, dict):
        raise ItemError("this names no item")
    return sent
