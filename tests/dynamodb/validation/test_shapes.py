"""Parts of a request that lack something, or have too much."""

from __future__ import annotations

from homeport.dynamodb.embedded.validation.shapes import transact_items_error, write_requests_error


def test_every_part_that_a_transaction_lacks_is_named() -> None:
    members = [{"Put": {"TableName": "t", "Item": {}}}, {"ConditionCheck": {"TableName": "t"}}]
    at, constraint = "transactItems.2.member.conditionCheck", "failed to satisfy constraint: Member must not be null"
    assert transact_items_error(members) == (
        f"2 validation errors detected: Value null at '{at}.key' {constraint}; "
        f"Value null at '{at}.conditionExpression' {constraint}"
    )


def test_a_member_of_a_batch_is_one_put_or_one_delete() -> None:
    fine = {"PutRequest": {"Item": {"a": {"S": "x"}}}}
    assert write_requests_error({"t": [fine]}) is None
    for member in ({}, {**fine, "DeleteRequest": {"Key": {}}}):
        assert "more than one datatypes set" in str(write_requests_error({"t": [fine, member]}))
    assert "is empty" in str(write_requests_error({"t": [{"PutRequest": {"Item": {"a": {}}}}]}))
