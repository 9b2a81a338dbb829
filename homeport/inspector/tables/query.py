"""The form of a table's page, as a Query or a Scan. Pure.

A partition key makes it a Query, else the table or index is scanned. Conditions on other attributes filter what was
read. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from homeport.dynamodb.local_table import ReadRequest, TableDescription
from homeport.errors import HomeportError

KEY_OPERATORS = ("=", "<", "<=", ">", ">=", "between", "begins with")
FILTER_OPERATORS = ("=", "<>", "<", "<=", ">", ">=", "contains", "begins with", "exists", "does not exist")
_COMPARISONS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: Mapping[str, Mapping[str, Any]] = {"true": {"BOOL": True}, "false": {"BOOL": False}, "null": {"NULL": True}}


class QueryError(HomeportError):
    """The form asks for what DynamoDB can't be asked."""


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """A condition on an attribute; ``value`` is as it was written."""

    attribute: str
    operator: str = "="
    value: str = ""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """The form: ``partition`` and ``sort`` are key values as they were written, ``""`` where there are none."""

    index: str = ""
    partition: str = ""
    sort_operator: str = "="
    sort: str = ""
    sort_until: str = ""
    backward: bool = False
    filters: tuple[AttributeFilter, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True for a scan of the whole table."""
        return self == TableQuery()

    def parameters(self) -> str:
        """Return the form as the query of a URL."""
        pairs = [
            ("index", self.index),
            ("pk", self.partition),
            ("op", self.sort_operator if self.sort else ""),
            ("sk", self.sort),
            ("until", self.sort_until),
            ("backward", "on" if self.backward else ""),
        ]
        filters = [
            pair
            for each in self.filters
            for pair in (("attribute", each.attribute), ("operator", each.operator), ("value", each.value))
        ]
        return urlencode([*(pair for pair in pairs if pair[1]), *filters])


def read_query(values: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> TableQuery:
    """Return the query of a URL's parameters, and of those that come more than once: the filters."""
    triples = zip_longest(*(lists.get(name, ()) for name in ("attribute", "operator", "value")), fillvalue="")
    return TableQuery(
        index=values.get("index", ""),
        partition=values.get("pk", ""),
        sort_operator=values.get("op") or "=",
        sort=values.get("sk", ""),
        sort_until=values.get("until", ""),
        backward="backward" in values,
        filters=tuple(
            AttributeFilter(name.strip(), operator or "=", value) for name, operator, value in triples if name.strip()
        ),
    )


def to_request(query: TableQuery, table: TableDescription) -> ReadRequest:
    """Return the request to DynamoDB. Raises QueryError, and EngineError for an unknown index."""
    key = table.key_of(query.index)
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    condition = ""
    if query.partition:
        names["#pk"], values[":pk"] = key[0], _key_value(query.partition, key[0], table)
        condition = "#pk = :pk"
    if query.sort:
        condition += f" AND {_sort_condition(query, key, table, names, values)}"
    filters = [_filter(each, number, names, values) for number, each in enumerate(query.filters)]
    return ReadRequest(query.index, condition, " AND ".join(filters), names, values, query.backward)


def _sort_condition(
    query: TableQuery, key: Sequence[str], table: TableDescription, names: dict[str, str], values: dict[str, Any]
) -> str:
    if len(key) == 1:
        raise QueryError(f"{query.index or 'the table'} has no sort key", "leave it empty, or write a filter")
    if not query.partition:
        raise QueryError(f"a condition on {key[1]} needs a value of {key[0]}", "give one, or write a filter instead")
    names["#sk"], values[":sk"] = key[1], _key_value(query.sort, key[1], table)
    if query.sort_operator == "between":
        values[":until"] = _key_value(query.sort_until, key[1], table)
        return "#sk BETWEEN :sk AND :until"
    if query.sort_operator == "begins with":
        return "begins_with(#sk, :sk)"
    if query.sort_operator not in KEY_OPERATORS:
        raise QueryError(f"{query.sort_operator!r} is no condition on a sort key", f"one of {', '.join(KEY_OPERATORS)}")
    return f"#sk {query.sort_operator} :sk"


def _key_value(text: str, name: str, table: TableDescription) -> Mapping[str, Any]:
    kind = table.types.get(name, "S")
    if kind == "N":
        return {"N": _number(text, name)}
    if kind == "B":
        try:
            return {"B": base64.b64decode(text, validate=True)}
        except binascii.Error as error:
            raise QueryError(f"{name} is binary, and {text!r} no base64: {error}") from None
    return {"S": text}


def _number(text: str, name: str) -> str:
    try:
        if Decimal(text).is_finite():
            return text
    except InvalidOperation:
        pass
    raise QueryError(f"{name} is a number, and {text!r} is none")


def _filter(condition: AttributeFilter, number: int, names: dict[str, str], values: dict[str, Any]) -> str:
    # A path into a map or a list: its dots and brackets are no part of a name.
    place = ".".join(
        _placeholder(part, number, depth, names) for depth, part in enumerate(condition.attribute.split("."))
    )
    if condition.operator == "exists":
        return f"attribute_exists({place})"
    if condition.operator == "does not exist":
        return f"attribute_not_exists({place})"
    values[f":f{number}"] = filter_value(condition.value)
    if condition.operator == "begins with":
        return f"begins_with({place}, :f{number})"
    if condition.operator == "contains":
        return f"contains({place}, :f{number})"
    if condition.operator not in _COMPARISONS:
        raise QueryError(f"{condition.operator!r} is no condition", f"one of {', '.join(FILTER_OPERATORS)}")
    return f"{place} {condition.operator} :f{number}"


def _placeholder(part: str, number: int, depth: int, names: dict[str, str]) -> str:
    name, bracket, positions = part.partition("[")
    names[f"#f{number}_{depth}"] = name
    return f"#f{number}_{depth}{bracket}{positions}"


def filter_value(text: str) -> Mapping[str, Any]:
    """Return the value of a filter: a number, ``true``, ``false`` or ``null`` as such, else a text, quoted or not."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return {"N": text}
    quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return {"S": text[1:-1] if quoted else text}


def with_a_free_row(filters: Iterable[AttributeFilter]) -> tuple[AttributeFilter, ...]:
    """Return the filters with an empty one at the end, to be filled in."""
    return (*filters, AttributeFilter(""))
