"""Make the tables of deploy/resources.yaml in a local DynamoDB, change them as the template changes, and fill them.

``python -m homeport.dynamodb.tables SETTINGS`` is a process of ``homeport dev``, which every start waits for: it
imports no boto3 (``local_client.py``).
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from homeport.aws_errors import error_code, error_message, is_server_error
from homeport.child_process import TableSetupSettings, run_setup
from homeport.dynamodb.calls import is_aws
from homeport.dynamodb.local_client import setup_client
from homeport.dynamodb.seed import read_seed_file, seed_tables
from homeport.dynamodb.seed_lists import read_list, seed_from_lists
from homeport.dynamodb.table_requests import (
    TableDescription,
    TableRequest,
    create_table_request,
    point_in_time_recovery,
    replacement_reason,
    time_to_live,
    update_requests,
)
from homeport.errors import EngineError, HomeportError, Problem, ProjectError
from homeport.project.model import Table
from homeport.project.project import SEED_FOLDER, Project
from homeport.project.shared import project_of
from homeport.terminal import with_noun

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
        _check_replacement(table, replacement_reason(found, wanted))
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


def _check_replacement(table: Table, reason: str | None) -> None:
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


def prepare(settings: TableSetupSettings) -> None:
    """Wait for the endpoint, make missing tables, and fill empty ones from the seed. Raises HomeportError."""
    project = project_of(settings)
    tables = project.resources.tables
    if tables:
        wait_until_answers(settings.endpoint, project.stage.region)
        client = setup_client(settings.endpoint, project.stage.region)
        if settings.afresh:
            _drop_tables(client, project, settings.endpoint)
        for line in ensure_tables(client, tables):
            print(line, flush=True)
        if not settings.again and not is_aws(settings.endpoint):
            for line in removed_tables(table_names(client), project, settings.endpoint):
                print(line, flush=True)
        seed = _seed_file(project)
        filled = seed_tables(client, tables, seed, project.root)
        for name, count in filled.items():
            print(f"filled {name} with {with_noun(count, 'item')} of {seed.relative_to(project.root)}", flush=True)
        if settings.seed_saved:
            for line in tables_left(read_seed_file(seed, project.root, tables), filled):
                print(line, flush=True)
        for line in seed_from_lists(client, tables, project.table_seeds, project.root):
            print(line, flush=True)
    settings.report_ready()


def tables_left(seed: Iterable[str], filled: Collection[str]) -> Iterator[str]:
    """Yield a line for the tables of a saved seed, by logical ids, that were not ``filled``: they have items."""
    left = [name for name in seed if name not in filled]
    if left:
        reason = "it has items" if len(left) == 1 else "they have items"
        yield f"left {', '.join(left)} as before, for {reason}: the seed fills empty tables only"


def removed_tables(names: Iterable[str], project: Project, endpoint: str) -> Iterator[str]:
    """Yield a line for each table of ``names`` that the stage had and deploy/resources.yaml has no longer.

    Nothing that holds data is deleted because a line of a file is gone.
    """
    prefix, known = f"{project.stage.stack_name}-", {table.name for table in project.resources.tables.values()}
    for name in names:
        if name.startswith(prefix) and name not in known:
            yield (
                f"table {name} is no longer in the project: it stays with its items; "
                f"AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws dynamodb delete-table --table-name {name} "
                f"--endpoint-url {endpoint} --region {project.stage.region} deletes it"
            )


def table_names(client: DynamoDBClient) -> Iterator[str]:
    """Yield the names of all tables."""
    start: Any = {}
    while True:
        page = client.list_tables(**start)
        yield from page["TableNames"]
        last = page.get("LastEvaluatedTableName")
        if not last:
            return
        start = {"ExclusiveStartTableName": last}


def check_tables(project: Project, stored: Mapping[str, TableDescription]) -> None:
    """Raise ProjectError for what would keep ``prepare`` from its work; ``stored`` are tables by their names."""
    tables = project.resources.tables
    for table in tables.values():
        wanted = create_table_request(table, table.name)
        if found := stored.get(wanted["TableName"]):
            _check_replacement(table, replacement_reason(found, wanted))
    read_seed_file(_seed_file(project), project.root, tables)
    by_name = {table.name: table for table in tables.values()}
    for seed in project.table_seeds:
        if seed.table in by_name:
            read_list(seed, project.root, by_name[seed.table])


def _seed_file(project: Project) -> Path:
    return project.root / SEED_FOLDER / f"{project.stage.key}.json"


def _drop_tables(client: DynamoDBClient, project: Project, endpoint: str) -> None:
    """Delete the tables; print an error for those that can't be deleted, which stay."""
    try:
        if is_aws(endpoint):
            raise EngineError(f"the tables at {endpoint} are on AWS: only local ones are cleared")
        drop_tables(client, project.resources.tables)
    except HomeportError as error:
        print(f"homeport: {error}", file=sys.stderr, flush=True)


def main(argument: str) -> int:
    """Run ``prepare``, and return the exit status of the process."""
    return run_setup(lambda: prepare(TableSetupSettings.from_argument(argument)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
