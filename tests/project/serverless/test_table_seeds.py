"""The items with which serverless-dynamodb-local fills tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.model import TableSeed
from tests.support.serverless import HEAD, read_service_project

pytestmark = pytest.mark.unit

SERVICE = f"""{HEAD}
plugins: [serverless-dynamodb-local]
custom:
  dynamodb:
    seed:
      all:
        sources:
          - {{table: notes-dev, sources: [./seed/notes.json, ./seed/missing.json], rawsources: [seed/raw.json]}}
functions: {{get: {{handler: app.handler}}}}
"""


def test_the_files_of_a_seed_are_found(tmp_path: Path) -> None:
    project, problems = read_service_project(tmp_path, SERVICE, {"seed/notes.json": "[]", "seed/raw.json": "[]"})
    assert project.table_seeds == (
        TableSeed("notes-dev", "seed/notes.json"),
        TableSeed("notes-dev", "seed/raw.json", in_dynamodb_json=True),
    )
    assert problems == ["serverless.yml:10: there is no file ./seed/missing.json to fill notes-dev with"]
