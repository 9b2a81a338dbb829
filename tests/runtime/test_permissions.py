from __future__ import annotations

from typing import Any

import pytest

from homeport.runtime.function_config import dynamodb_permissions
from homeport.runtime.worker.permissions import is_allowed, needed_permissions
from tests.support.runtime import make_function, make_stage

PREFIX = "arn:aws:dynamodb:eu-west-1:000000000000:table/"
ITEMS = f"{PREFIX}items-local-ItemsTable"


def rights_of(**changes: Any) -> dict[str, tuple[str, ...]]:
    return dynamodb_permissions(make_function("f", "x.y", **changes), make_stage(), "000000000000")


def test_access_becomes_permissions_on_arns() -> None:
    access = {"ItemsTable": ("GetItem", "PutItem"), "ItemsTable/byStatus": ("Query",)}
    assert rights_of(access=access) == {ITEMS: ("GetItem", "PutItem"), f"{ITEMS}/index/byStatus": ("Query",)}


def test_policies_of_the_functions_own_count_on_any_resource() -> None:
    policies = (
        {"Effect": "Allow", "Action": ["dynamodb:Get*", "s3:GetObject"], "Resource": {"Fn::GetAtt": ["T", "Arn"]}},
        {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "*"},
        {"Effect": "Deny", "Action": "dynamodb:PutItem", "Resource": "*"},
    )
    assert rights_of(policies=policies) == {"*": ("Get*", "Query")}


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("GetItem", ITEMS, True),
        ("getitem", ITEMS, True),
        ("PutItem", ITEMS, False),
        ("Query", ITEMS, False),
        ("Query", f"{ITEMS}/index/byStatus", True),
        ("GetItem", f"{ITEMS}2", False),
        ("DescribeTable", f"{PREFIX}any", True),
    ],
)
def test_iam_ignores_the_case_of_actions_alone(action: str, resource: str, allowed: bool) -> None:
    rights = {ITEMS: ("GetItem",), f"{ITEMS}/index/byStatus": ("Query",), "*": ("Describe*",)}
    assert is_allowed(rights, action, resource) is allowed


@pytest.mark.parametrize(
    ("operation", "body", "rights"),
    [
        ("GetItem", {"TableName": "T"}, [("GetItem", "T")]),
        ("Query", {"TableName": "T", "IndexName": "I"}, [("Query", "T/index/I")]),
        ("Scan", {"TableName": f"{PREFIX}T"}, [("Scan", "T")]),
        ("BatchGetItem", {"RequestItems": {"T": {}, "U": {}}}, [("BatchGetItem", "T"), ("BatchGetItem", "U")]),
        ("BatchWriteItem", {"RequestItems": {"T": []}}, [("BatchWriteItem", "T")]),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "T"}}]}, [("GetItem", "T")]),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "T"}},
                    {"Update": {"TableName": "T"}},
                    {"Delete": {"TableName": "U"}},
                    {"ConditionCheck": {"TableName": "U"}},
                ]
            },
            [("PutItem", "T"), ("UpdateItem", "T"), ("DeleteItem", "U"), ("ConditionCheckItem", "U")],
        ),
        ("ExecuteStatement", {"Statement": 'SELECT * FROM "T"."I" WHERE a = ?'}, [("PartiQLSelect", "T/index/I")]),
        ("ExecuteStatement", {"Statement": "select a from T"}, [("PartiQLSelect", "T")]),
        ("ExecuteStatement", {"Statement": "INSERT INTO \"T\" VALUE {'a': 1}"}, [("PartiQLInsert", "T")]),
        (
            "BatchExecuteStatement",
            {"Statements": [{"Statement": 'UPDATE "T" SET a = 1'}, {"Statement": 'DELETE FROM "U" WHERE a = 1'}]},
            [("PartiQLUpdate", "T"), ("PartiQLDelete", "U")],
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": 'EXISTS(SELECT * FROM "T" WHERE a = 1)'}]},
            [("PartiQLSelect", "T")],
        ),
        ("ExecuteStatement", {"Statement": 'SELECT*FROM"T" . "I"'}, [("PartiQLSelect", "T/index/I")]),
        ("ExecuteStatement", {"Statement": '\n update\n"T" SET a = 1'}, [("PartiQLUpdate", "T")]),
        ("ExecuteStatement", {"Statement": 'DELETE FROM "my.table" WHERE a = 1'}, [("PartiQLDelete", "my.table")]),
        ("ExecuteStatement", {"Statement": "no statement"}, []),
        ("Scan", {"TableName": f"{PREFIX}T", "IndexName": "I"}, [("Scan", "T/index/I")]),
        ("BatchGetItem", {"RequestItems": {f"{PREFIX}T": {}}}, [("BatchGetItem", "T")]),
        ("ListTables", {}, [("ListTables", "*")]),
        ("DescribeTable", {"TableName": "T"}, [("DescribeTable", "T")]),
        ("ListTagsOfResource", {"ResourceArn": f"{PREFIX}T"}, [("ListTagsOfResource", "T")]),
    ],
)
def test_each_operation_needs_its_permissions(
    operation: str, body: dict[str, Any], rights: list[tuple[str, str]]
) -> None:
    expected = [(action, PREFIX + resource) for action, resource in rights]
    assert list(needed_permissions(operation, body, PREFIX)) == expected


def test_a_request_that_names_no_table_needs_a_permission_on_everything() -> None:
    assert list(needed_permissions("DescribeLimits", {}, PREFIX)) == [("DescribeLimits", "*")]
    assert not is_allowed({f"{PREFIX}T": ("ListTables",)}, "ListTables", f"{PREFIX}*")


def test_a_statement_that_allows_all_but_some_actions_counts_as_all() -> None:
    assert rights_of(policies=({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},)) == {"*": ("*",)}
