"""Items as rows and columns, and as files: JSON lines as an export to S3 has them, and CSV. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from homeport.dynamodb.item_json import encode_line
from homeport.inspector.tables.item_text import cell

COLUMNS = 8
"""Columns that a table shows unless all are asked for."""

Item = Mapping[str, Any]


def columns_of(keys: Iterable[str], items: Iterable[Item]) -> list[str]:
    """Return all attributes of items: those of keys first, then the most frequent; as often, in the items' order."""
    first = list(dict.fromkeys(keys))
    found = Counter(name for item in items for name in item if name not in first)
    return [*first, *(name for name, _ in found.most_common())]


def json_lines(items: Iterable[Item]) -> Iterator[bytes]:
    """Yield the lines of a file of items, ``{"Item": {"id": {"S": "1"}}}`` each."""
    for item in items:
        yield encode_line({"Item": item})


def csv_lines(columns: Sequence[str], items: Iterable[Item]) -> Iterator[bytes]:
    """Yield the lines of a CSV file (RFC 4180) with a header; lists and maps are JSON in their cell."""
    yield _csv_line(columns)
    for item in items:
        yield _csv_line([cell(item.get(name)) for name in columns])


def _csv_line(values: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode()
