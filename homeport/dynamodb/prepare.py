"""Make a project's tables ready in a local DynamoDB, in a process of its own: the others need not load boto3.

``python -m homeport.dynamodb.prepare SETTINGS``, started by the supervisor of ``homeport dev``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.child_process import TableSetupSettings
from homeport.dynamodb.client import dynamodb_client, is_aws
from homeport.dynamodb.seed import seed_tables
from homeport.dynamodb.tables import drop_tables, ensure_tables, wait_until_answers
from homeport.errors import EXIT_STATUS, EngineError, HomeportError
from homeport.project.load import Project, load_project

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def prepare(settings: TableSetupSettings) -> None:
    """Wait for the endpoint, make missing tables, and fill empty ones from the seed. Raises HomeportError."""
    project = load_project(Path(settings.project), settings.stage)
    tables = project.resources.tables
    if tables:
        wait_until_answers(settings.endpoint, project.stage.region)
        client = dynamodb_client(settings.endpoint, project.stage.region)
        if settings.afresh:
            _drop_tables(client, project, settings.endpoint)
        for line in ensure_tables(client, tables, project.stage.table_name):
            print(line, flush=True)
        seed = project.root / "deploy" / "seed" / f"{settings.stage}.json"
        for name, count in seed_tables(client, tables, project.stage.table_name, seed, project.root).items():
            print(f"filled {name} with {count} items of {seed.relative_to(project.root)}", flush=True)
    settings.report_ready()


def _drop_tables(client: DynamoDBClient, project: Project, endpoint: str) -> None:
    """Delete the tables; print an error for those that can't be deleted, which stay."""
    try:
        if is_aws(endpoint):
            raise EngineError(f"the tables at {endpoint} are on AWS: only local ones are cleared")
        drop_tables(client, project.resources.tables, project.stage.table_name)
    except HomeportError as error:
        print(f"homeport: {error}", file=sys.stderr, flush=True)


def main(argument: str) -> int:
    """Prepare the tables and return the exit status: 2, after one clear message, if they can't be made."""
    try:
        prepare(TableSetupSettings.from_argument(argument))
    except HomeportError as error:
        print(f"homeport: {error}", file=sys.stderr)
        return EXIT_STATUS
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
