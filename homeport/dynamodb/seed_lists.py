"""Fill empty tables from the lists of items that another tool's configuration names, one or more for a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.dynamodb.calls import is_empty, translate_errors
from homeport.dynamodb.seed import SeedItem, read_items, write_items
from homeport.errors import Problem, ProjectError
from homeport.project.model import Table, TableSeed
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document, read_json, text_problem
from homeport.project.source.source_map import TextError
from homeport.terminal import with_noun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def seed_from_lists(
    client: DynamoDBClient,
    tables: Mapping[str, Table],
    seeds: Sequence[TableSeed],
    project: Path,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Write the items of each seed into its table, if that is empty. Yield a line for each, also for one left out.

    Raises ProjectError for what is wrong with a file, EngineError if DynamoDB doesn't take the items.
    """
    by_name = {table.name: table for table in tables.values()}
    for seed in seeds:
        table = by_name.get(seed.table)
        if table is None:
            yield f"warning: {seed.file} is for the table {seed.table}, which is not in the project"
            continue
        items = read_list(seed, project, table)
        with translate_errors("DynamoDB does not take the seed"):
            if items and is_empty(client, table.name):
                write_items(client, table.name, items, seed.file, sleep)
                yield f"filled {table.logical_id} with {with_noun(len(items), 'item')} of {seed.file}"


def read_list(seed: TableSeed, project: Path, table: Table) -> tuple[SeedItem, ...]:
    """Return the items of a file. Raises ProjectError with every problem."""
    try:
        text = (project / seed.file).read_text(encoding="utf-8-sig")
        value, lines, errors = read_json(text, parse_float=Decimal)
    except TextError as error:
        raise ProjectError([text_problem(seed.file, error)]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError([Problem(f"the items of {seed.table} can't be read: {error}", seed.file)]) from error
    diagnostics = Diagnostics()
    diagnostics.add(*(text_problem(seed.file, error) for error in errors))
    root = Cursor.root(Document(seed.file, value, lines), diagnostics)
    items = (
        tuple(read_items(root, table, in_dynamodb_json=seed.in_dynamodb_json))
        if root.is_a(list, "a list of items")
        else ()
    )
    if problems := diagnostics.all():
        raise ProjectError(problems)
    return items
