"""A table's items as JSON lines, ``{"Item": {"id": {"S": "1"}}}`` each, as an export to S3 has them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
Items are read page by page and written batch by batch, so that memory stays bounded. A file whose name ends with .gz is
compressed.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from homeport.dynamodb.calls import BATCH, is_empty, translate_errors, write_batch
from homeport.dynamodb.item_json import encode_line, from_json
from homeport.dynamodb.tables import describe_table
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HINT = 'write {"Item": {"id": {"S": "1"}}} in each line, as an export to S3 has it'


class LinesError(HomeportError):
    """A file of items can't be read or written, or a table can't take them."""


def export_items(client: DynamoDBClient, table: str, file: Path) -> int:
    """Write every item of a table into a file, which must not be there. Return their number.

    Raises LinesError, and EngineError where DynamoDB does not answer.
    """
    with translate_errors("DynamoDB failed"):
        _require_table(client, table)
        count = 0
        with _open(file, "xb") as out:
            for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
                out.write(b"".join(encode_line({"Item": item}) for item in page["Items"]))
                count += len(page["Items"])
        return count


def import_items(
    client: DynamoDBClient,
    table: str,
    file: Path,
    sleep: Callable[[float], None] = time.sleep,
    *,
    replace: bool = False,
) -> int:
    """Put every item of a file into a table, which must be empty unless ``replace`` lets them overwrite others.

    The whole file is read before the first item is written. Return the number of items. Raises LinesError, and
    EngineError where DynamoDB does not take an item.
    """
    total = sum(1 for _ in read_lines(file))
    with translate_errors("DynamoDB failed"):
        _require_table(client, table)
        if not replace and not is_empty(client, table):
            raise LinesError(
                f"the table {table} holds items already", "give --replace to write over those of equal keys"
            )
        rest = read_lines(file)
        while items := tuple(islice(rest, BATCH)):
            left = write_batch(client, table, [{"PutRequest": {"Item": item}} for item in items], sleep)
            if left:
                raise LinesError(f"{table} did not take {left} items in ten tries", "try again with --replace")
    return total


def read_lines(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a file, in boto3's form. Raises LinesError with the line at fault."""
    with _open(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _item_of(file, number, line)


def _item_of(file: Path, number: int, line: bytes) -> Mapping[str, Any]:
    try:
        item = json.loads(line)["Item"]
        return {str(name): from_json(typed) for name, typed in item.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LinesError(f"{file}:{number}: no item of DynamoDB: {error}", _HINT) from None


def _require_table(client: DynamoDBClient, table: str) -> None:
    if describe_table(client, table) is None:
        raise LinesError(f"there is no table {table}", "aws dynamodb list-tables shows those that are there")


def _open(file: Path, mode: str) -> IO[bytes]:
    try:
        return gzip.open(file, mode) if file.suffix == ".gz" else file.open(mode)  # type: ignore[return-value]
    except FileExistsError:
        raise LinesError(f"{file} is there already", "choose another name, or remove it") from None
    except OSError as error:
        raise LinesError(f"{file}: {error.strerror or error}") from None
