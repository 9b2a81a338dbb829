"""A permission that was not used is one too many only where the function's operations were answered with success."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.report.privileges import prove_privileges
from homeport.gateway.observers.exchange_log import EXCHANGES
from homeport.project.project import Project
from tests.support.spec import document, load, operation, write_document

_TABLE = """
Resources:
  HoldsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
_ACCESS: dict[str, Any] = {"function": "holds", "handler": "holds.handler", "access": {"HoldsTable": ["UpdateItem"]}}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    names = ("hold", "release", "sweep")
    paths = {f"/{name}": {"post": operation(operationId=name, **{"x-homeport": _ACCESS})} for name in names}
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "resources.yaml").write_text(_TABLE)
    return load(write_document(tmp_path, document(paths), handlers=("holds",)))


def _record(root: Path, **statuses: int) -> Path:
    entries = ({"operation": name, "reply": {"status": status}} for name, status in statuses.items())
    (root / EXCHANGES).write_text("".join(f"{json.dumps(one)}\n" for one in entries))
    return root


def test_unused_permission_is_found_where_each_operation_had_a_success(project: Project, tmp_path: Path) -> None:
    proof = prove_privileges(project, [_record(tmp_path, hold=201, release=303, sweep=204)], whole=True)
    assert [one.check for one in proof.findings] == ["unused-permission"]
    assert proof.line == "Least privilege: violated, 0 rights used"


def test_unused_permission_is_not_proven_where_an_operation_had_none(project: Project, tmp_path: Path) -> None:
    proof = prove_privileges(project, [_record(tmp_path, hold=422, release=404, sweep=200)], whole=True)
    assert proof.findings == ()
    assert proof.line.splitlines() == [
        "Least privilege: proven in part, 0 rights used",
        "Least privilege of holds: not proven, for hold, release were never answered with success; "
        "test what needs its permissions that were not used",
    ]
