"""Troubles with DynamoDB: no call meets an error that AWS does not give it."""

from __future__ import annotations

from homeport.contract.checks.troubles import FINAL, errors_for

CONFLICT = "TransactionConflictException"


def met(*actions: str) -> set[tuple[str, str]]:
    troubles = [errors_for(actions, number, retried=False) for number in range(len(FINAL))]
    return {pair for trouble in troubles for pair in trouble.codes.items()}


def test_no_write_conflicts_where_no_transaction_is_made() -> None:
    assert CONFLICT not in {code for _, code in met("DeleteItem", "GetItem", "PutItem", "UpdateItem")}


def test_single_writes_conflict_with_transactions_and_reads_do_not() -> None:
    found = met("GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem")
    assert {action for action, code in found if code == CONFLICT} == {"PutItem", "UpdateItem"}
