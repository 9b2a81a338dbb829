"""The table browser: the items of each local table, by page, and each of them to change, add and delete."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.dynamodb.items import Items
from homeport.errors import HomeportError
from homeport.inspector.site.around import Site
from homeport.inspector.site.item_json import Attribute, Item, ItemError, cell, from_text, is_plain, to_text
from homeport.spec.resources import Table

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


def _items(site: Site, table: Table) -> Items:
    stage = site.projects.current().stage
    if site.dynamodb is None:
        raise HomeportError("this homeport dev has no DynamoDB", "start it without --dynamodb none")
    return Items(site.dynamodb, stage.region, stage.table_name(table.logical_id))


def _told() -> dict[str, Any]:
    told = request.get_json()
    if not isinstance(told, dict):
        raise ItemError("this names no item")
    return told
