"""The journal holds every request that may write, and no others."""

from __future__ import annotations

import json

import pytest

from homeport.dynamodb.embedded import ITEM_READ_ACTIONS
from homeport.dynamodb.embedded.service import DynamoDBResponse, changed_nothing, is_read
from homeport.runtime.worker import faults as worker_faults


@pytest.mark.parametrize("action", ["GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems", "DescribeTable"])
def test_reads_are_left_out(action: str) -> None:
    assert is_read(action, b"{}")


@pytest.mark.parametrize(
    "action",
    [
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "ExecuteTransaction"),
        *("CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups", "CreateBackup"),
        *("TagResource", "UntagResource", "PutResourcePolicy", "AnActionOfTheFuture"),
    ],
)
def test_everything_else_is_kept(action: str) -> None:
    assert not is_read(action, b"{}")


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ('SELECT * FROM "items"', True),
        ('\n  select itemId from "items"', True),
        ("SELECTED", False),
        ("INSERT INTO \"items\" VALUE {'itemId': 'SELECT'}", False),
        ("UPDATE \"items\" SET a=1 WHERE itemId='1'", False),
        ("DELETE FROM \"items\" WHERE itemId='1'", False),
        ("", False),
    ],
)
def test_a_statement_is_a_read_if_it_selects(statement: str, read: bool) -> None:
    assert is_read("ExecuteStatement", json.dumps({"Statement": statement}).encode()) is read
    batch = {"Statements": [{"Statement": "SELECT * FROM x"}, {"Statement": statement}]}
    assert is_read("BatchExecuteStatement", json.dumps(batch).encode()) is read


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Statement": 3}', b"{}", b'"SELECT"', b"\xff"])
def test_a_statement_that_can_not_be_read_is_kept(body: bytes) -> None:
    assert not is_read("ExecuteStatement", body)


@pytest.mark.parametrize(
    ("action", "status", "error", "clean"),
    [
        ("PutItem", 400, "ConditionalCheckFailedException", True),
        ("PutItem", 200, "", False),
        ("PutItem", 500, "InternalServerError", False),
        ("TransactWriteItems", 400, "TransactionCanceledException", True),
        ("UpdateTable", 400, "ValidationException", False),
        ("ExecuteTransaction", 400, "TransactionCanceledException", False),
        ("Nonsense", 400, "UnknownOperationException", True),
        ("BatchWriteItem", 400, "SerializationException", True),
    ],
)
def test_only_a_rejection_that_changed_nothing_is_taken_back(action: str, status: int, error: str, clean: bool) -> None:
    assert changed_nothing(action, DynamoDBResponse(status, {}, b"", error)) is clean


def test_workers_know_the_same_reading_actions() -> None:
    # A worker can't import the kit, so it has a copy of the table.
    assert worker_faults._READS == ITEM_READ_ACTIONS
