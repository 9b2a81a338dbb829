"""The pages below ``/tables``: the local tables, the items that a Query or Scan finds, each item, and exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from homeport.dynamodb.local_table import Item, LocalTable, ReadRequest, TableDescription, local_tables
from homeport.errors import HomeportError
from homeport.inspector.site_context import SiteContext
from homeport.inspector.tables.item_text import (
    ItemError,
    cell,
    decode_key,
    digest,
    encode_key,
    from_text,
    is_plain,
    to_text,
)
from homeport.inspector.tables.listing import COLUMNS, columns_of, csv_lines, json_lines
from homeport.inspector.tables.query import (
    FILTER_OPERATORS,
    KEY_OPERATORS,
    TableQuery,
    read_query,
    to_request,
    with_a_free_row,
)
from homeport.project.model import Table

_PAGE = 50
# Items that one page of a filtered read looks at before it shows what it has.
_MOST_SCANNED = 5000


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


@dataclass(frozen=True, slots=True)
class FoundItems:
    """A page of items: ``scanned`` were looked at; ``next`` is the key to continue with as a part of a URL."""

    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    rows: tuple[ItemRow, ...] = ()
    scanned: int = 0
    next: str = ""
    problem: str = ""


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages below ``/tables``."""
    pages = Blueprint("tables", __name__)
    _register_items(pages, site)

    @pages.get("/tables")
    def show_list() -> str:
        found, problem = _all_tables(site)
        return render_template("tables.html", tables=found, problem=problem)

    @pages.get("/tables/<id>")
    def show_items(id: str) -> str:
        table, query, start = _table(site, id), _query(), request.args.get("start", "")
        described = _items(site, table).describe()
        found = _find(site, table, query, described, start)
        return render_template(
            "items.html",
            table=table,
            described=described,
            key=_key_or_own(described, query.index),
            query=query,
            filters=with_a_free_row(query.filters),
            key_operators=KEY_OPERATORS,
            filter_operators=FILTER_OPERATORS,
            found=found,
            start=start,
            link=lambda **more: f"?{_join_query(query, more)}",
        )

    @pages.get("/tables/<id>/count")
    def count_items(id: str) -> Any:
        table, start = _table(site, id), request.args.get("start", "")
        store = _items(site, table)
        asked = to_request(_query(), store.describe())
        page = store.read(asked, start=decode_key(start) if start else None, count=True)
        return jsonify(count=page.count, scanned=page.scanned, next=encode_key(page.next) if page.next else "")

    @pages.get("/tables/<id>/export.<kind>")
    def export(id: str, kind: str) -> Response:
        table, store = _table(site, id), _items(site, _table(site, id))
        described = store.describe()
        lines, media = _lines(kind, store, to_request(_query(), described), described)
        headers = {"Content-Disposition": f'attachment; filename="{table.name}.{kind}"'}
        return Response(lines, mimetype=media, headers=headers)

    return pages


def _register_items(pages: Blueprint, site: SiteContext) -> None:
    @pages.get("/tables/<id>/item")
    def show_item(id: str) -> str:
        table, key = _table(site, id), request.args.get("key", "")
        found = _items(site, table).get(decode_key(key)) if key else {name: {"S": ""} for name in table.key}
        plain = is_plain(found)
        typed = not plain or "typed" in request.args
        text = to_text(found, typed=typed)
        seen = digest(found) if key else ""
        return render_template("item.html", id=id, key=key, plain=plain, typed=typed, text=text, seen=seen)

    @pages.put("/tables/<id>/item")
    def put_item(id: str) -> Any:
        table, sent = _table(site, id), _sent_object()
        item = from_text(str(sent.get("text", "")), typed=sent.get("typed") is True)
        missing = [name for name in table.key if name not in item]
        if missing:
            raise ItemError(f"the item has no {missing[0]}", "every item has its table's key")
        store = _items(site, table)
        if not sent.get("key"):
            store.add(item, table.key[0])
            return jsonify(done=True)
        key = decode_key(str(sent["key"]))
        if key != _key(table, item):
            raise ItemError("the key of an item can't change", "add another item, and delete this one")
        store.replace(item, _seen_item(store, key, sent))
        return jsonify(done=True)

    @pages.delete("/tables/<id>/item")
    def delete_item(id: str) -> Any:
        sent = _sent_object()
        key, store = decode_key(str(sent.get("key", ""))), _items(site, _table(site, id))
        store.delete(key, _seen_item(store, key, sent))
        return jsonify(done=True)


def _seen_item(store: LocalTable, key: Item, sent: dict[str, Any]) -> Item:
    """Return the item of a key as it is, which has to be as the page has seen it. Raises ItemError."""
    found = store.get(key)
    if digest(found) != sent.get("seen"):
        raise ItemError("this item has changed since it was opened", "open it again in another tab, and compare")
    return found


def _query() -> TableQuery:
    return read_query(request.args.to_dict(), {name: request.args.getlist(name) for name in request.args})


def _join_query(query: TableQuery, more: dict[str, str]) -> str:
    return "&".join(filter(None, (query.parameters(), urlencode({name: each for name, each in more.items() if each}))))


def _key_or_own(table: TableDescription, index: str) -> tuple[str, ...]:
    """Return the key of an index, or the table's where there is none of that name."""
    return next((each.key for each in table.indexes if each.name == index), table.key)


def _find(site: SiteContext, table: TableRow, query: TableQuery, described: TableDescription, start: str) -> FoundItems:
    """Return a page of what a query finds; an error is shown beside the form."""
    try:
        asked = to_request(query, described)
        items, scanned, last = _read(_items(site, table), asked, decode_key(start) if start else None)
    except HomeportError as error:
        return FoundItems(problem=str(error))
    columns = columns_of((*described.key, *_key_or_own(described, query.index)), items)
    shown = columns if request.args.get("columns") == "all" else columns[:COLUMNS]
    return FoundItems(
        columns=tuple(shown),
        left_out=tuple(columns[len(shown) :]),
        rows=tuple(
            ItemRow(tuple(cell(item.get(name)) for name in shown), encode_key(_key(table, item))) for item in items
        ),
        scanned=scanned,
        next=encode_key(last) if last else "",
    )


def _read(store: LocalTable, asked: ReadRequest, start: Item | None) -> tuple[list[Item], int, Item | None]:
    """Return a page of items, how many were looked at, and the key to continue with."""
    items, scanned = list[Item](), 0
    while True:
        page = store.read(asked, size=_PAGE, start=start)
        items += page.items
        scanned += page.scanned
        start = page.next
        if start is None or len(items) >= _PAGE or scanned >= _MOST_SCANNED:
            return items, scanned, start


def _lines(kind: str, store: LocalTable, asked: ReadRequest, table: TableDescription) -> tuple[Iterator[bytes], str]:
    """Return the lines of a file and its media type. Raises HomeportError."""
    if kind == "jsonl":
        return json_lines(store.items(asked)), "application/jsonl"
    if kind == "csv":
        # A first read finds the columns, so that memory stays bounded.
        columns = columns_of(table.key, store.items(asked))
        return csv_lines(columns, store.items(asked)), "text/csv"
    raise HomeportError(f"there is no export as {kind!r}", "jsonl and csv are there")


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
    return TableRow(name, name, found.key, tuple(each.name for each in found.indexes), found.count)


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


def _key(table: TableRow, item: Item) -> Item:
    return {name: item[name] for name in table.key}


def _sent_object() -> dict[str, Any]:
    sent = request.get_json()
    if not isinstance(sent, dict):
        raise ItemError("this names no item")
    return sent
