"""The table set-up of ``homeport dev``: a process that makes and fills the project's tables, and ends.

``python -m homeport.dynamodb.table_setup SETTINGS`` runs it. Every start waits for it, so it imports no boto3
(``local_client.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.child_process import TableSetupSettings, run_setup
from homeport.dynamodb.calls import is_aws
from homeport.dynamodb.local_client import setup_client
from homeport.dynamodb.seed import read_seed_file, seed_tables
from homeport.dynamodb.seed_lists import read_list, seed_from_lists
from homeport.dynamodb.table_requests import (
    TableDescription,
    create_table_request,
    replacement_reason,
)
from homeport.errors import EngineError, HomeportError
from homeport.project.project import SEED_FOLDER, Project
from homeport.project.shared import project_of
from homeport.terminal import with_noun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
from homeport.dynamodb.tables import check_replacement, drop_tables, ensure_tables, wait_until_answers


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
            check_replacement(table, replacement_reason(found, wanted))
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
