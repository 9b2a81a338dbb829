"""Requests against the answers of the same operation: what may be sent must fit into what is answered. Pure.

A list that selects by a property must take each value that the property of its items can have.
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.document.examples import is_json, schema_name
from homeport.contract.document.finding_at import finding_at, show
from homeport.contract.document.flat_schema import FlatSchema, flatten
from homeport.contract.document.places import Carrier, DocumentMap, OperationPlace, SpecPath, as_map
from homeport.contract.finding import Finding

LIMIT = "page-holds-its-limit"
SELECTION = "lists-select-by-every-value"
WIDER = "answers-hold-what-requests-send"

_LIMIT_NAMES = frozenset(
    ("count", "first", "limit", "maxitems", "maxresults", "pagelimit", "pagesize", "perpage", "size", "top")
)
_WRITES = frozenset(("PATCH", "POST", "PUT"))


def check_agreement(document: DocumentMap) -> Iterator[Finding]:
    """Yield a finding for each limit of a request that the operation's own answers can't keep."""
    for operation in document.operations:
        for parameter in operation.parameters:
            if parameter.place == "query" and _plain(parameter.name) in _LIMIT_NAMES:
                yield from _limit(document, operation, parameter)
            elif parameter.place == "query" and operation.method == "GET":
                yield from _selection(document, operation, parameter)
        if operation.method in _WRITES:
            yield from _wider(document, operation)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _answers(document: DocumentMap, operation: OperationPlace) -> Iterator[FlatSchema]:
    for response in operation.responses:
        for content in response.content if response.status.startswith("2") else ():
            if content.schema is not None and is_json(content.media_type):
                yield flatten(document, content.schema)


def _limit(document: DocumentMap, operation: OperationPlace, parameter: Carrier) -> Iterator[Finding]:
    schema = as_map(document.get(parameter.schema)) if parameter.schema is not None else {}
    for answer in _answers(document, operation):
        lists = [flatten(document, path) for path in (answer.path, *answer.properties.values())]
        sizes = [each.keywords["maxItems"] for each in lists if isinstance(each.keywords.get("maxItems"), int)]
        for key in ("maximum", "default"):
            asked = schema.get(key)
            # An answer with several lists pages through one of them.
            if len(sizes) == 1 and isinstance(asked, int) and asked > sizes[0] and parameter.schema is not None:
                yield finding_at(
                    document,
                    (*parameter.schema, key),
                    LIMIT,
                    "A page can hold as many items as its limit",
                    f"{key} of {parameter.label} is {asked}, and maxItems of its list {sizes[0]}",
                    "the parameter's schema, and maxItems of the answer's list",
                    operation=operation.label,
                    severity="warning",
                )
                return


def _selection(document: DocumentMap, operation: OperationPlace, parameter: Carrier) -> Iterator[Finding]:
    """Yield values that the items of a list can have, and its parameter of the same name lacks."""
    taken = flatten(document, parameter.schema).keywords.get("enum") if parameter.schema is not None else None
    if not isinstance(taken, list) or parameter.schema is None:
        return
    for item in _items(document, operation):
        path = item.properties.get(parameter.name)
        had = flatten(document, path).keywords.get("enum") if path is not None else None
        missing = [one for one in had if one not in taken and one is not None] if isinstance(had, list) else []
        # Values that have none in common are of another kind: the order of a sort, a "true" in place of a boolean.
        if path is None or not missing or not set(map(repr, taken)) & set(map(repr, had or ())):
            continue
        yield finding_at(
            document,
            (*parameter.schema, "enum"),
            SELECTION,
            "A list can be asked for each value that its items have",
            f"{parameter.label} lacks {', '.join(map(show, missing[:5]))}, which {parameter.name} of its items can be "
            f"({document.line(flatten(document, path).place('enum'))})",
            "the parameter's values, and those of the items' property of the same name",
            operation=operation.label,
            severity="warning",
        )
        return


def _items(document: DocumentMap, operation: OperationPlace) -> Iterator[FlatSchema]:
    """Yield the schemas of the items of the lists that an operation answers with."""
    for answer in _answers(document, operation):
        for path in (answer.path, *answer.properties.values()):
            found = flatten(document, path)
            if found.keywords.get("type") == "array":
                yield flatten(document, (*found.places.get("items", (*found.path, "items")),))


def _wider(document: DocumentMap, operation: OperationPlace) -> Iterator[Finding]:
    """Yield properties that may be sent with values that the answer's property of the same name does not take."""
    for content in operation.body:
        if content.schema is None or not is_json(content.media_type):
            continue
        sent = flatten(document, content.schema)
        for answer in _answers(document, operation):
            for name in sent.properties.keys() & answer.properties.keys():
                yield from _compare(document, operation, sent.properties[name], answer.properties[name])


def _compare(document: DocumentMap, operation: OperationPlace, sent: SpecPath, answered: SpecPath) -> Iterator[Finding]:
    one, other = flatten(document, sent), flatten(document, answered)
    if one.path == other.path or one.choices or other.choices or one.keywords.get("writeOnly") is True:
        return
    for keyword, wider in (("maxLength", 1), ("maxItems", 1), ("maximum", 1), ("minimum", -1)):
        asked, shown = one.keywords.get(keyword), other.keywords.get(keyword)
        if isinstance(asked, int | float) and isinstance(shown, int | float) and (asked - shown) * wider > 0:
            yield _finding(document, operation, one, other, keyword, f"is {show(asked)}", f"{show(shown)}")
    values, known = one.keywords.get("enum"), other.keywords.get("enum")
    if isinstance(values, list) and isinstance(known, list):
        missing = [value for value in values if value not in known and value is not None]
        if missing:
            lacking = f"has {', '.join(map(show, missing[:5]))}"
            yield _finding(document, operation, one, other, "enum", lacking, "another list")


def _finding(
    document: DocumentMap,
    operation: OperationPlace,
    sent: FlatSchema,
    answered: FlatSchema,
    keyword: str,
    asked: str,
    shown: str,
) -> Finding:
    return finding_at(
        document,
        sent.place(keyword),
        WIDER,
        "What a request may hold, the answer can show",
        f"{keyword} of {schema_name(sent.path)} {asked}, and of {schema_name(answered.path)}, which "
        f"{operation.label} answers with, {shown} ({document.line(answered.place(keyword))})",
        "the schemas of the operation's request and answer",
        operation=operation.label,
        severity="warning",
    )
