from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from homeport.permissions.role import Role
from homeport.permissions.services.dynamodb import NeededPermission, needed_permissions
from homeport.project.model import Resources
from homeport.runtime.table_permissions import dynamodb_permissions
from tests.support.dynamodb import Stand, running_engine
from tests.support.runtime import TABLES, make_function

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "arn:aws:dynamodb:eu-west-1:000000000000:table/"
ITEMS = f"{PREFIX}items-local-ItemsTable"
PRINCIPAL = "arn:aws:sts::000000000000:assumed-role/f-role/f"


def is_allowed(access: Mapping[str, tuple[str, ...]], action: str, resource: str) -> bool:
    return Role(access, (), {}, PRINCIPAL).denial(action, NeededPermission(action, resource, {}), "eu-west-1") == ""


def pairs(operation: str, body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(needed.action, needed.resource) for needed in needed_permissions(operation, body, PREFIX)]


def make_key_table(client: DynamoDBClient, name: str) -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )


@pytest.fixture(scope="module")
def engine() -> Iterator[Stand]:
    with running_engine() as stand:
        for name in ("Open", "Shut"):
            make_key_table(stand.client(), name)
        yield stand


def test_access_becomes_permissions_on_arns() -> None:
    access = {"ItemsTable": ("GetItem", "PutItem"), "ItemsTable/byStatus": ("Query",)}
    function = make_function("f", "x.y", access=access)
    rights = dynamodb_permissions(function, "eu-west-1", Resources(TABLES), "000000000000")
    assert rights == {ITEMS: ("GetItem", "PutItem"), f"{ITEMS}/index/byStatus": ("Query",)}


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
    assert pairs(operation, body) == expected


def test_a_request_that_names_no_table_needs_a_permission_on_everything() -> None:
    assert pairs("DescribeLimits", {}) == [("DescribeLimits", "*")]
    assert not is_allowed({f"{PREFIX}T": ("ListTables",)}, "ListTables", f"{PREFIX}*")


@pytest.mark.parametrize(
    ("statement", "rights"),
    [
        ('/* FROM "T" */ SELECT * FROM "U"', [("PartiQLSelect", "U")]),
        ('-- FROM "T"\nSELECT * FROM "U"', [("PartiQLSelect", "U")]),
        ('SELECT a /* FROM "T" */ FROM "U"', [("PartiQLSelect", "U")]),
        ('SELECT a -- FROM "T"\n, b FROM "U"', [("PartiQLSelect", "U")]),
        ('INSERT /* INTO "T" */ INTO "U" VALUE {\'a\': 1}', [("PartiQLInsert", "U")]),
        ('UPDATE/**/"U" SET a = 1', [("PartiQLUpdate", "U")]),
        ('DELETE -- FROM "T"\nFROM "U" WHERE a = 1', [("PartiQLDelete", "U")]),
        ('EXISTS(/* FROM "T" */ SELECT * FROM "U" WHERE a = 1)', [("PartiQLSelect", "U")]),
        ('SELECT "FROM" FROM "U"', [("PartiQLSelect", "U")]),
        ('SELECT "a FROM ""T""" FROM "U"', [("PartiQLSelect", "U")]),
        ("SELECT 'it''s FROM \"T\" ' FROM \"U\"", [("PartiQLSelect", "U")]),
        ('SELECT * FROM "a""b"', [("PartiQLSelect", 'a"b')]),
        ("SELECT * FROM a.b", [("PartiQLSelect", "a.b")]),
        ('SELECT * FROM a."b"', [("PartiQLSelect", "a/index/b")]),
        ('FROM "U" WHERE a = 1 SET b = 2', [("PartiQLUpdate", "U")]),
        ('SELECT * FROM "T", "U"', [("PartiQLSelect", "T"), ("PartiQLSelect", "U")]),
        ('DELETE FROM "T" WHERE a IN (SELECT a FROM "U")', [("PartiQLDelete", "T"), ("PartiQLSelect", "U")]),
        (f'SELECT * FROM "{PREFIX}U"', [("PartiQLSelect", "U")]),
    ],
)
def test_partiql_statement_needs_permissions_on_the_tables_that_dynamodb_reads_in_it(
    statement: str, rights: list[tuple[str, str]]
) -> None:
    expected = [(action, PREFIX + resource) for action, resource in rights]
    assert pairs("ExecuteStatement", {"Statement": statement}) == expected
    assert pairs("BatchExecuteStatement", {"Statements": [{"Statement": statement}]}) == expected
    assert pairs("ExecuteTransaction", {"TransactStatements": [{"Statement": statement}]}) == expected


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT /* /* */ * FROM "T" -- */ FROM "U"',
        '/* SELECT * FROM "U"',
        'SELECT * FROM "U',
        "SELECT * FROM 'U'",
        "SELECT * FROM `U`",
        "# SELECT",
        '(SELECT * FROM "U")',
        'SELECT * FROM "a"."b"."c"',
        "SELECT *",
        'DELETE "U"',
    ],
)
def test_partiql_statement_whose_table_can_not_be_read_needs_a_permission_on_everything(statement: str) -> None:
    assert [resource for _, resource in pairs("ExecuteStatement", {"Statement": statement})] == ["*"]


@pytest.mark.stack
@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM "Shut"',
        '/* FROM "Open" */ SELECT * FROM "Shut"',
        'SELECT * /* FROM "Open" */ FROM -- "Open"\n"Shut"',
        '/* /* */ SELECT * FROM "Shut" -- */ FROM "Open"',
        'SELECT "FROM" FROM "Shut"',
        "SELECT * FROM Shut WHERE id = 'FROM \"Open\"' OR id <> ''",
        'SELECT * FROM "Open"',
        'SELECT * FROM "Open" -- FROM "Shut"',
    ],
)
def test_statement_for_which_the_embedded_dynamodb_reads_a_table_needs_the_permission_on_it(
    engine: Stand, statement: str
) -> None:
    allowed = {resource for _, resource in pairs("ExecuteStatement", {"Statement": statement})}
    client = engine.client()
    with contextlib.suppress(ClientError):
        client.execute_statement(Statement=statement)
        client.delete_table(TableName="Shut")
        try:
            client.execute_statement(Statement=statement)
        except client.exceptions.ResourceNotFoundException:
            read = {"Shut"}
        else:
            read = {"Open"}
        finally:
            make_key_table(client, "Shut")
        assert allowed in ({PREFIX + name for name in read}, {"*"})


@pytest.mark.parametrize(
    ("operation", "body", "resource"),
    [
        ("Query", {"TableName": f"{PREFIX}T/index/I"}, f"{PREFIX}T"),
        ("ListStreams", {"TableName": "T"}, f"{PREFIX}T/stream/*"),
        ("DescribeStream", {"StreamArn": f"{PREFIX}T/stream/now"}, f"{PREFIX}T/stream/now"),
        ("GetShardIterator", {"StreamArn": f"{PREFIX}T/stream/now"}, f"{PREFIX}T/stream/now"),
        ("GetRecords", {"ShardIterator": f"{PREFIX}T/stream/now|1|AAAA"}, f"{PREFIX}T/stream/now"),
        ("GetRecords", {"ShardIterator": "AAAA"}, "*"),
    ],
)
def test_arn_in_a_request_gives_no_more_than_the_table_or_stream_that_it_names(
    operation: str, body: dict[str, Any], resource: str
) -> None:
    assert pairs(operation, body) == [(operation, resource)]
