"""What ``homeport add`` wrote passes the contract run at once, its permissions proven."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scaffold import homeport, write_notes

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
SPEC = "openapi: 3.0.3\ninfo: {title: Notes, version: 1.0.0}\npaths: {}\n"
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


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_added_operations_pass_contract_and_least_privilege(tmp_path: Path, flavor: str) -> None:
    root = write_notes(tmp_path / "notes", SPEC)
    with (root / "deploy" / "resources.yaml").open("a") as resources:
        resources.write(RESOURCES)
    (root / "deploy" / "stages.yaml").write_text(f"defaults: {{flavor: {flavor}}}\nstages: {{local: {{}}}}\n")
    for words in ADDED:
        done = homeport(root, "add", *words.split())
        assert done.returncode == 0, done.stderr
    done = homeport(root, "test", "--phases", "fuzz,document,cases", "--max-examples", "6", patience=1500)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Least privilege: proven, 14 rights used" in done.stdout
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(root), "-p", "no:cacheprovider", "tests"]
    tests = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert "9 passed" in tests.stdout, tests.stdout
