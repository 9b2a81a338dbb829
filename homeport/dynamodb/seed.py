"""Fills empty tables from deploy/seed/local.json; a table that holds anything is left as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from homeport.dynamodb.batches import BATCH, TRIES, write_batch
from homeport.dynamodb.seed_file import SeedItem, read_seed
from homeport.errors import EngineError, Problem, ProjectError
from homeport.spec.resources import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def seed_tables(
    client: DynamoDBClient,
    tables: Mapping[str, Table],
    name_of: Callable[[str], str],
    file: Path,
    project: Path,
    sleep: Callable[[float], None] = time.sleep,
) -> Mapping[str, int]:
    """Write the seed's items into the tables that are empty; gives how many went into each, by logical id.

    ``file`` may be missing: there is nothing to do then. The whole file is checked before anything is written.
    Raises ProjectError for what is wrong with the file, EngineError if DynamoDB doesn't take the items.
    """
    if not file.is_file():
        return {}
    shown = str(file.relative_to(project)) if file.is_relative_to(project) else str(file)
    seed = read_seed(_text(file, shown), shown, tables)
    written: dict[str, int] = {}
    with _explained():
        for logical_id, items in seed.items():
            name = name_of(logical_id)
            if items and _is_empty(client, name):
                for start in range(0, len(items), BATCH):
                    _write(client, name, items[start : start + BATCH], shown, sleep)
                written[logical_id] = len(items)
    return written


def _text(file: Path, shown: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError([Problem(f"it is not UTF-8: {error.reason}", shown)]) from error


def _is_empty(client: DynamoDBClient, name: str) -> bool:
    return client.scan(TableName=name, Limit=1, Select="COUNT", ConsistentRead=True)["Count"] == 0


def _write(
    client: DynamoDBClient, name: str, items: Sequence[SeedItem], shown: str, sleep: Callable[[float], None]
) -> None:
    requests = [{"PutRequest": {"Item": item.attributes}} for item in items]
    try:
        left = write_batch(client, name, requests, sleep)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        _write_singly(client, name, items, shown)
        return
    if left:
        raise EngineError(f"DynamoDB did not take {left} items of the seed into {name} in {TRIES} tries")


def _write_singly(client: DynamoDBClient, name: str, items: Sequence[SeedItem], shown: str) -> None:
    """A refused batch does not say which item it is about."""
    for item in items:
        try:
            client.put_item(TableName=name, Item=item.attributes)
        except client.exceptions.ClientError as error:
            message = f"DynamoDB refuses this item: {error.response['Error']['Message']}"
            raise ProjectError([Problem(message, shown, item.line)]) from error


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise EngineError(f"DynamoDB does not take the seed: {error}") from error
