"""Troubles with DynamoDB: no call meets an error that AWS does not give it, and seeds choose the attempts."""

from __future__ import annotations

from homeport.contract.checks.faults.troubles import FINAL, error_at, errors_for, find_seed, lost_once
from homeport.runtime.faults import parse_fault
from homeport.runtime.worker.faults import draw

CONFLICT = "TransactionConflictException"


def met(*actions: str) -> set[tuple[str, str]]:
    troubles = [errors_for(actions, number, retried=False) for number in range(len(FINAL))]
    return {pair for trouble in troubles for pair in trouble.codes.items()}


def test_no_write_conflicts_where_no_transaction_is_made() -> None:
    assert CONFLICT not in {code for _, code in met("DeleteItem", "GetItem", "PutItem", "UpdateItem")}


def test_single_writes_conflict_with_transactions_and_reads_do_not() -> None:
    found = met("GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem")
    assert {action for action, code in found if code == CONFLICT} == {"PutItem", "UpdateItem"}


def test_seed_has_only_the_chosen_attempts_fail() -> None:
    fault = "*=lost@0.4"
    seed = find_seed(fault, 3, (True, False))
    drawn = [[draw(f"{seed}/{call}/{attempt}/{fault}") < 0.4 for attempt in (1, 2)] for call in (1, 2, 3)]
    assert drawn == [[True, False]] * 3


def test_every_trouble_is_written_in_the_notation_of_faults() -> None:
    actions = ("BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems")
    troubles = [errors_for(actions, number, retried=retried) for number in (0, 1, 2) for retried in (True, False)]
    once = lost_once(actions, 4, 2)
    third = error_at(3, 8)
    assert once is not None
    assert third is not None
    for trouble in (*troubles, once, third):
        assert all(parse_fault(text).text == text for text in trouble.faults)


def test_actions_meet_different_errors() -> None:
    trouble = errors_for(("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"), 0, retried=True)
    assert len(set(trouble.codes.values())) == 5


def test_request_meets_the_error_of_its_first_action() -> None:
    trouble = errors_for(("GetItem", "PutItem"), 0, retried=True)
    assert trouble.code(("Query", "PutItem", "GetItem")) == trouble.codes["PutItem"]
    assert trouble.code(("Query",)) == ""
