"""Make the tables of deploy/resources.yaml in a local DynamoDB, and change them as the template changes.

Commands and the table set-up (``table_setup.py``) use it; it imports no boto3.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from homeport.aws_errors import error_code, error_message, is_server_error
from homeport.dynamodb.local_client import setup_client
from homeport.dynamodb.table_requests import (
    TableDescription,
    TableRequest,
    create_table_request,
    point_in_time_recovery,
    replacement_reason,
    time_to_live,
    update_requests,
)
from homeport.errors import EngineError, Problem, ProjectError
from homeport.project.model import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LONGEST_WAIT = 60.0
_EMPTY_DATA = "`make clean-data` empties the local data; the next start makes the table anew"
_HINT = (
    "start that DynamoDB (LocalStack: `docker compose up`) or name another with --dynamodb; "
    "without --dynamodb the embedded one runs"
)


def wait_until_answers(
    endpoint: str,
    region: str,
    *,
    timeout: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the DynamoDB at ``endpoint`` answers; ``timeout`` in seconds.

    Raises EngineError if nothing does, or if it is not DynamoDB that answers.
    """
    client = setup_client(endpoint, region, fail_fast=True)
    deadline = clock() + timeout
    while True:
        try:
            if "TableNames" in client.list_tables(Limit=1):
                return
            raise EngineError(f"{endpoint} does not answer as DynamoDB does", _HINT)
        except ClientError as error:
            # A LocalStack that is starting answers with 5xx.
            if not is_server_error(error.response) or clock() > deadline:
                raise EngineError(f"{endpoint} does not list its tables: {error}", _HINT) from error
        except BotoCoreError as error:
            if clock() > deadline:
                raise EngineError(f"{endpoint} does not answer as DynamoDB does: {error}", _HINT) from error
        sleep(0.2)


@dataclass(frozen=True, slots=True)
class TableWait:
    """The clock and the sleep, in seconds, of a wait for a table."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def ensure_tables(
    client: DynamoDBClient,
    tables: Mapping[str, Table],
    wait: TableWait | None = None,
) -> tuple[str, ...]:
    """Make missing tables and change those that differ.

    Return the changes, a line each. A table that needs nothing costs two calls. Tables of other names are left
    alone. Class and tags, which no program notices, are set when a table is made and not compared later.
    Raises ProjectError where DynamoDB rejects a table, or would have to replace it; EngineError if it doesn't answer.
    """
    changes: list[str] = []
    for table in tables.values():
        with _translate_table_errors(table):
            changes += _ensure_table(client, table, wait or TableWait())
    return tuple(changes)


def drop_tables(client: DynamoDBClient, tables: Mapping[str, Table]) -> None:
    """Delete these tables with all their items. Raises as ``ensure_tables`` does: a table may be protected."""
    for table in tables.values():
        with _translate_table_errors(table), suppress(client.exceptions.ResourceNotFoundException):
            client.delete_table(TableName=table.name)
            _wait_until_gone(client, table.name, TableWait())


def _ensure_table(client: DynamoDBClient, table: Table, wait: TableWait) -> Iterator[str]:
    name = table.name
    wanted = create_table_request(table, name)
    found = describe_table(client, name)
    if found is None:
        _wait_until_active(client, name, _create(client, wanted), wait)
        yield f"made table {name}"
    else:
        _wait_until_active(client, name, found, wait)
        check_replacement(table, replacement_reason(found, wanted))
        for request in update_requests(found, wanted):
            updated = client.update_table(**request)["TableDescription"]
            _wait_until_active(client, name, updated, wait)
            yield f"changed table {name}: {_summary(request)}"
    yield from _ensure_time_to_live(client, name, time_to_live(table), is_new=found is None)
    if point_in_time_recovery(table):
        yield from _ensure_recovery(client, name, is_new=found is None)


def make_table(client: DynamoDBClient, wanted: TableRequest, time_to_live: str | None) -> None:
    """Make a table that is missing and wait for it. Raises EngineError, botocore's errors."""
    name = wanted["TableName"]
    _wait_until_active(client, name, _create(client, wanted), TableWait())
    for _ in _ensure_time_to_live(client, name, time_to_live, is_new=True):
        continue


def describe_table(client: DynamoDBClient, name: str) -> TableDescription | None:
    """Return DescribeTable's ``Table``, None if there is no such table. Raises botocore's errors."""
    try:
        return client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None


def _create(client: DynamoDBClient, wanted: TableRequest) -> TableDescription:
    try:
        return client.create_table(**wanted)["TableDescription"]
    except client.exceptions.ResourceInUseException:
        # botocore tried again: the first attempt made the table, but its response came too late.
        return client.describe_table(TableName=wanted["TableName"])["Table"]


def _wait_until_active(client: DynamoDBClient, name: str, described: TableDescription, wait: TableWait) -> None:
    looks = _looks(wait)
    while not _is_active(described):
        if next(looks, None) is None:
            raise EngineError(f"table {name} is still {described['TableStatus']} after {_LONGEST_WAIT:.0f} seconds")
        described = client.describe_table(TableName=name)["Table"]


def _wait_until_gone(client: DynamoDBClient, name: str, wait: TableWait) -> None:
    looks = _looks(wait)
    while describe_table(client, name) is not None:
        if next(looks, None) is None:
            raise EngineError(f"table {name} is still there {_LONGEST_WAIT:.0f} seconds after it was deleted")


def _looks(wait: TableWait) -> Iterator[int]:
    """Yield the number of each further look at a table, after growing pauses, until the longest wait is over."""
    deadline, pause = wait.clock() + _LONGEST_WAIT, 0.02
    for number in itertools.count(1):
        if wait.clock() > deadline:
            return
        wait.sleep(pause)
        pause = min(2 * pause, 0.5)
        yield number


def _is_active(described: TableDescription) -> bool:
    indexes = described.get("GlobalSecondaryIndexes") or ()
    return described["TableStatus"] == "ACTIVE" and all(i.get("IndexStatus", "ACTIVE") == "ACTIVE" for i in indexes)


def check_replacement(table: Table, reason: str | None) -> None:
    if reason:
        message = f"{table.logical_id} can't be changed in place: {reason}"
        raise ProjectError([Problem(message, table.source.file, table.source.line, _EMPTY_DATA)])


def current_time_to_live(client: DynamoDBClient, name: str) -> str | None:
    """Return the attribute for time to live of a table, None if it has none. Raises botocore's errors."""
    described = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return described.get("AttributeName") if described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") else None


def _ensure_time_to_live(client: DynamoDBClient, name: str, wanted: str | None, *, is_new: bool) -> Iterator[str]:
    if is_new and wanted is None:
        return
    current = current_time_to_live(client, name)
    if current == wanted:
        return
    if current is not None:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": current})
    if wanted is not None:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": wanted})
    if not is_new:
        yield f"changed table {name}: time to live by {wanted or 'nothing'}"


def _ensure_recovery(client: DynamoDBClient, name: str, *, is_new: bool) -> Iterator[str]:
    try:
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        if backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED":
            return
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        if not is_new:
            yield f"changed table {name}: point-in-time recovery"
    except ClientError as error:
        if error_code(error.response) != "UnknownOperationException":
            raise
        yield f"table {name}: this DynamoDB has no point-in-time recovery"


def _summary(request: Mapping[str, Any]) -> str:
    parts = []
    for update in request.get("GlobalSecondaryIndexUpdates", ()):
        for verb, index in update.items():
            parts.append(f"{verb.lower()} index {index['IndexName']}")
    if {"BillingMode", "ProvisionedThroughput"} & request.keys():
        parts.append("billing")
    if "StreamSpecification" in request:
        parts.append("stream on" if request["StreamSpecification"]["StreamEnabled"] else "stream off")
    return ", ".join(parts)


@contextmanager
def _translate_table_errors(table: Table) -> Iterator[None]:
    """Turn botocore's errors into errors about a table."""
    try:
        yield
    except ClientError as error:
        if is_server_error(error.response):
            raise EngineError(f"DynamoDB failed on table {table.logical_id}: {error}") from error
        message = f"DynamoDB refuses {table.logical_id}: {error_message(error.response)}"
        raise ProjectError([Problem(message, table.source.file, table.source.line)]) from error
    except ParamValidationError as error:
        details = " ".join(str(error).split())
        problem = Problem(f"{table.logical_id}: {details}", table.source.file, table.source.line)
        raise ProjectError([problem]) from error
    except BotoCoreError as error:
        raise EngineError(f"DynamoDB does not answer: {error}") from error
