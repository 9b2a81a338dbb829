"""Operations of ``homeport add`` pass the whole contract run at once, their permissions proven."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.scaffold.init import find_starter, parse_runtime, starter_projects, write_project
from tests.support.project import RESOURCES as RESOURCES_OF_NOTES
from tests.support.scaffold import KIT, homeport

pytestmark = pytest.mark.slow

RESOURCES = """
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: user, AttributeType: S}
        - {AttributeName: at, AttributeType: N}
        - {AttributeName: name, AttributeType: S}
      KeySchema: [{AttributeName: user, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
      GlobalSecondaryIndexes:
        - IndexName: byName
          KeySchema: [{AttributeName: name, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
"""
ADDED = [
    "createOrder POST /users/{user}/orders --access OrdersTable:PutItem",
    "getOrder GET /users/{user}/orders/{at} --access OrdersTable:GetItem",
    "replaceOrder PUT /users/{user}/orders/{at} --access OrdersTable:PutItem,ConditionCheckItem",
    "changeOrder PATCH /users/{user}/orders/{at} --access OrdersTable:UpdateItem",
    "deleteOrder DELETE /users/{user}/orders/{at} --access OrdersTable:DeleteItem --function removals",
    "listOrders GET /users/{user}/orders --access OrdersTable:Query,BatchGetItem --access OrdersTable/byName:Query",
    "scanOrders GET /orders --access OrdersTable:Scan,DescribeTable --access OrdersTable/byName:Scan",
    "createNote POST /notes --access NotesTable:PutItem",
    "ping HEAD /ping",
]


@pytest.mark.parametrize(
    ("flavor", "runtime"), [("http", None), ("rest", None), ("http", "nodejs22.x")], ids=["http", "rest", "node"]
)
def test_added_operations_pass_contract_and_least_privilege(tmp_path: Path, flavor: str, runtime: str | None) -> None:
    if runtime is not None and shutil.which("node") is None:
        pytest.skip("Node.js is not installed here")
    known = starter_projects(language=parse_runtime(runtime) if runtime else "python")
    root = write_project("added", tmp_path, KIT, find_starter("blank", flavor, known), flavor, runtime)
    (root / "deploy" / "resources.yaml").write_text(RESOURCES_OF_NOTES.lstrip() + RESOURCES.lstrip("\n"))
    for words in ADDED:
        if runtime is not None:
            # A function of several operations has one handler in Node.js.
            words = words.partition(" --function")[0]
        done = homeport(root, "add", *words.split())
        assert done.returncode == 0, done.stderr
    done = homeport(root, "test", "--without-cases", "--max-examples", "6", patience=1500)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Least privilege: proven" in done.stdout
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(root), "-p", "no:cacheprovider", "tests"]
    command += ["--deselect", "tests/contract/test_contract.py"]
    tests = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert f"{len(ADDED)} passed" in tests.stdout, tests.stdout
