"""Inference of lists and batch reads from the parameters and answers of an operation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.rest.members import infer_members
from homeport.contract.rest.names import (
    BOOKMARKS,
    DIRECTIONS,
    ID,
    LIMITS,
    NEXT,
    OFFSETS,
    PAGES,
    SORTS,
    TOKENS,
    is_free_text,
    plain,
    singular,
)
from homeport.contract.rest.ranges import infer_bounds
from homeport.contract.rest.resource import BatchRead, Field, Filter, Limit, Listing, NextPage, Sort
from homeport.contract.rest.searches import infer_searches
from homeport.contract.rest.shapes import (
    Document,
    answer_schema,
    array_in,
    body_schema,
    is_object,
    item_schema,
    kinds_of,
    shape_of,
    success_responses,
)
from homeport.project.model import Operation, Parameter, Schema
from homeport.project.schema.references import resolve_map

_DESCENDING = ("desc", "descending", "-1", "down")
_ASCENDING = ("asc", "ascending", "1", "up")
_ORDERED = re.compile(r"(?P<sign>[-+]?)(?P<field>.+?)(?:[_:. -]?(?P<way>asc|desc|ascending|descending))?", re.I)
_READS = re.compile(r"(?:batch|bulk|multi|mget|lookup|fetch|read|query|search|get|byids?)+(?:items|ids?)?")
_CHANGES = re.compile(r"delete|remove|create|update|write|put|import|archive|restore|cancel|move|copy")
_IDS = re.compile(r"(?:.*(?:ids|keys|idlist|idin)|ids?)")
_EXACT = re.compile(r"\b(this|that|exact(ly)?|equals?|the given)\b", re.IGNORECASE)
_PARTIAL = re.compile(r"contain|part|prefix|start|begin|like|match|search|substring|fuzzy|word|case", re.IGNORECASE)
_DATES = frozenset(("date", "date-time"))


def infer_listing(
    operation: Operation, fields: Mapping[str, Field], document: Document, *, name: str = ""
) -> Listing | None:
    """Return the list that an operation answers with, None where it answers with none.

    ``fields`` are the resource's properties, by which filters and orders are known; ``name`` is the collection's.
    """
    answer = answer_schema(operation, document)
    found = array_in(answer, document, name)
    if found is None:
        return None
    query = [one for one in operation.parameters if one.place == "query"]
    # A parameter that is named like a property asks for that.
    limit = next((one for one in query if _is_limit(one, document) and one.name not in fields), None)
    next_page = _next_page(operation, query, answer, document)
    used = {limit.name if limit else "", next_page.parameter if next_page else ""}
    rest = [one for one in query if one.name not in used]
    filters, sorts = tuple(_filters(operation, rest, fields, document)), tuple(_sorts(rest, fields, document))
    words = dict(_words_of_parameters(operation, document))
    chosen = {one.parameter for one in filters} | {one.parameter for one in sorts}
    return Listing(
        operation=operation,
        items=found[0],
        limit=_limit(limit, document) if limit else None,
        next_page=next_page,
        filters=filters,
        members=tuple(infer_members([one for one in rest if one.name not in chosen], fields, document, words)),
        bounds=tuple(infer_bounds([one for one in rest if one.name not in chosen], fields, document, words)),
        searches=tuple(infer_searches([one for one in rest if one.name not in chosen], fields, document, words)),
        sorts=sorts,
        required=tuple(one.name for one in query if one.required),
        defaults=tuple(one.parameter for one in filters if _has_default(one.schema, document)),
    )


def _has_default(schema: Any, document: Document) -> bool:
    return resolve_map(schema, document).get("default") not in (None, "")


def _is_limit(parameter: Parameter, document: Document) -> bool:
    kinds = kinds_of(parameter.schema, document)
    return plain(parameter.name) in LIMITS and (not kinds or bool(kinds & {"integer", "number"}))


def _limit(parameter: Parameter, document: Document) -> Limit:
    schema = resolve_map(parameter.schema, document)

    def whole(key: str) -> int | None:
        value = schema.get(key)
        return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    return Limit(parameter.name, whole("minimum"), whole("maximum"), whole("default"))


def _next_page(
    operation: Operation, query: list[Parameter], answer: Schema | None, document: Document
) -> NextPage | None:
    linked = dict(_own_links(operation, document))
    for parameter in query:
        if parameter.name in linked:
            return NextPage("token", parameter.name, linked[parameter.name])
    places = list(_next_places(answer, document))
    numeric = {one.name for one in query if kinds_of(one.schema, document) & {"integer", "number"}}
    if (token := _token(query, numeric, places, document)) is not None:
        return token
    shape = shape_of(answer, document)
    for parameter in query:
        # A bound of the next page that the last one lacks.
        if plain(parameter.name) in BOOKMARKS and parameter.name in shape.properties.keys() - shape.required:
            return NextPage("token", parameter.name, (parameter.name,))
    for parameter in query:
        if plain(parameter.name) in OFFSETS and parameter.name in numeric:
            return NextPage("offset", parameter.name)
        if plain(parameter.name) in PAGES and parameter.name in numeric:
            return NextPage("page", parameter.name, first=_first_page(parameter, document))
    if any(name.lower() == "link" for _, one in success_responses(operation) for name in one.get("headers") or ()):
        return NextPage("link")
    urls = [keys for keys, schema in places if _is_url(schema)]
    return NextPage("link", pointer=urls[0]) if urls else None


def _token(
    query: list[Parameter],
    numeric: set[str],
    places: list[tuple[tuple[str, ...], Mapping[str, Any]]],
    document: Document,
) -> NextPage | None:
    for parameter in query:
        names_token = plain(parameter.name) in TOKENS or plain(parameter.name) in PAGES
        is_date = resolve_map(parameter.schema, document).get("format") in _DATES
        if names_token and parameter.name not in numeric and not is_date:
            pointer = _same_name(parameter.name, places) or next((keys for keys, _ in places), None)
            if pointer is not None:
                return NextPage("token", parameter.name, pointer)
    return None


def _first_page(parameter: Parameter, document: Document) -> int:
    schema = resolve_map(parameter.schema, document)
    for key in ("default", "minimum"):
        if schema.get(key) in (0, 1):
            return int(schema[key])
    return 1


def _is_url(schema: Mapping[str, Any]) -> bool:
    return str(schema.get("format", "")) in ("uri", "url", "uri-reference")


def _same_name(parameter: str, places: list[tuple[tuple[str, ...], Mapping[str, Any]]]) -> tuple[str, ...] | None:
    wanted = plain(parameter)
    same = [keys for keys, _ in places if plain(keys[-1]) in (wanted, f"next{wanted}")]
    return same[0] if same else None


def _next_places(answer: Schema | None, document: Document) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield the keys that may lead to the next page's token or URL in an answer, with their schemas."""
    shape = shape_of(answer, document)
    inner: list[tuple[str, Schema]] = []
    for key, part in shape.properties.items():
        if is_object(part, document) and plain(key) not in NEXT:
            inner.append((key, part))
        elif plain(key) in NEXT and not kinds_of(part, document) & {"boolean", "array"}:
            yield (key,), resolve_map(part, document)
    for key, part in inner:
        for name, deeper in shape_of(part, document).properties.items():
            if plain(name) in NEXT and not kinds_of(deeper, document) & {"boolean", "array", "object"}:
                yield (key, name), resolve_map(deeper, document)


def _own_links(operation: Operation, document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the query parameters that a link to the operation itself fills, with the keys of their values."""
    for _, response in success_responses(operation):
        for value in (response.get("links") or {}).values():
            link = resolve_map(value, document)
            if link.get("operationId") != operation.id:
                continue
            for name, source in (link.get("parameters") or {}).items():
                if isinstance(source, str) and source.startswith("$response.body#/"):
                    keys = source.removeprefix("$response.body#/").split("/")
                    yield name.removeprefix("query."), tuple(keys)


def _filters(
    operation: Operation, query: list[Parameter], fields: Mapping[str, Field], document: Document
) -> Iterator[Filter]:
    by_plain = {plain(name): name for name, field in fields.items() if field.answered}
    described = _words_of_parameters(operation, document)
    exact = {name for name, words in described if _EXACT.search(words) and not _PARTIAL.search(words)}
    for parameter in query:
        inner = re.fullmatch(r"filter[\[.](.+?)\]?", parameter.name)
        name = by_plain.get(plain(inner[1] if inner else parameter.name))
        is_exact = parameter.name in exact and not is_free_text(parameter.name)
        if name is not None and _selects(parameter, fields[name], document, is_exact=is_exact):
            yield Filter(parameter.name, name, resolve_map(parameter.schema, document))


def _words_of_parameters(operation: Operation, document: Document) -> Iterator[tuple[str, str]]:
    """Yield the names of an operation's parameters with their descriptions."""
    path = resolve_map((document.get("paths") or {}).get(operation.path), document)
    node = resolve_map(path.get(operation.method.lower()), document)
    for one in (*(path.get("parameters") or ()), *(node.get("parameters") or ())):
        parameter = resolve_map(one, document)
        yield str(parameter.get("name", "")), str(parameter.get("description", ""))


def _selects(parameter: Parameter, field: Field, document: Document, *, is_exact: bool = False) -> bool:
    """Return whether a parameter that is named like a property selects by its whole value, as far as schemas tell."""
    asked, own = resolve_map(parameter.schema, document), resolve_map(field.schema, document)
    kinds, others = kinds_of(asked, document), kinds_of(own, document) - {"null"}
    if not kinds or not others or not kinds & others or kinds & {"array", "object"}:
        return False
    if "string" not in kinds:
        return True
    if any(key in asked for key in ("enum", "pattern", "format")) or parameter.required or "enum" in own:
        return True
    if is_exact:
        return True
    return plain(field.name).endswith(ID) and not is_free_text(field.name)


def _sorts(query: list[Parameter], fields: Mapping[str, Field], document: Document) -> Iterator[Sort]:
    by_plain = {plain(name): name for name, field in fields.items() if field.answered}
    ways = [one for one in query if plain(one.name) in DIRECTIONS and _is_direction(one, document)]
    way = resolve_map(ways[0].schema, document).get("default") if ways else None
    for parameter in query:
        if plain(parameter.name) not in SORTS or parameter in ways:
            continue
        for value in resolve_map(parameter.schema, document).get("enum") or ():
            found = _ORDERED.fullmatch(value) if isinstance(value, str) else None
            if found is None or plain(found["field"]) not in by_plain:
                continue
            descending = found["sign"] == "-" or (found["way"] or "").lower().startswith("desc")
            if ways and str(way).lower() in _DESCENDING:
                descending = True
            elif ways and str(way).lower() not in _ASCENDING:
                continue
            yield Sort(by_plain[plain(found["field"])], descending, parameter.name, value)


def _is_direction(parameter: Parameter, document: Document) -> bool:
    values = resolve_map(parameter.schema, document).get("enum") or ()
    return bool(values) and all(str(value).lower() in (*_DESCENDING, *_ASCENDING) for value in values)


def infer_batch_read(
    operation: Operation, shape: Mapping[str, Any], id_schema: Schema, document: Document, *, name: str
) -> BatchRead | None:
    """Return the batch read that an operation is, None where it is none.

    ``shape`` has the properties of the resource's representation, ``id_schema`` is that of its id.
    """
    found = array_in(answer_schema(operation, document), document, name)
    if found is None or not is_same_shape(shape_of(found[1], document).properties, shape):
        return None
    missing = _missing(answer_schema(operation, document), found[0], id_schema, document)
    if operation.method == "GET":
        return _batch_by_query(operation, found[0], missing, document, name)
    last = plain(operation.path.rpartition("/")[2])
    if operation.method != "POST" or _CHANGES.search(last) or not (_READS.fullmatch(last) or last in ("batch", "bulk")):
        return None
    schema = body_schema(operation)
    places = [((), schema)] if item_schema(schema, document) else list(_arrays(schema, document))
    for keys, array in places:
        items = resolve_map(item_schema(array, document), document)
        scalar = kinds_of(items, document) <= {"string", "integer"}
        if scalar and (not keys or _IDS.fullmatch(plain(keys[-1])) or items == resolve_map(id_schema, document)):
            node = resolve_map(array, document)
            return BatchRead(
                operation, keys, "", found[0], missing, node.get("maxItems"), bool(node.get("uniqueItems"))
            )
    return None


def _batch_by_query(
    operation: Operation, items: tuple[str, ...], missing: tuple[str, ...], document: Document, name: str
) -> BatchRead | None:
    plural = {"ids", f"{singular(name)}ids"}
    for parameter in operation.parameters:
        # A list may take ids beside other parameters; a text is several ids only where its name says so.
        named = plain(parameter.name)
        if parameter.place != "query" or not (named in plural or (parameter.required and _IDS.fullmatch(named))):
            continue
        node = resolve_map(parameter.schema, document)
        kinds = kinds_of(node, document)
        if "array" in kinds or (kinds == {"string"} and named in plural):
            joined, unique = "array" not in kinds or parameter.explode is False, bool(node.get("uniqueItems"))
            return BatchRead(operation, (), parameter.name, items, missing, node.get("maxItems"), unique, joined)
    return None


def _arrays(schema: Schema | None, document: Document) -> Iterator[tuple[tuple[str, ...], Schema]]:
    for key, part in shape_of(schema, document).properties.items():
        if item_schema(part, document) is not None:
            yield (key,), part


def _missing(answer: Schema | None, items: tuple[str, ...], id_schema: Schema, document: Document) -> tuple[str, ...]:
    for keys, array in _arrays(answer, document):
        if keys != items and kinds_of(item_schema(array, document), document) <= {"string", "integer"}:
            same = resolve_map(item_schema(array, document), document) == resolve_map(id_schema, document)
            if same or re.search("missing|notfound|unknown|absent", plain(keys[-1])):
                return keys
    return ()


def is_same_shape(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two sets of properties are likely those of one resource: the larger has all of the smaller."""
    smaller, larger = sorted((set(one), set(other)), key=len)
    return bool(smaller) and smaller <= larger and 2 * len(smaller) >= len(larger)
