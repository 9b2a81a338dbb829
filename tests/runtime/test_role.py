"""The role of a function: denies first, conditions as far as they are known, and nothing that one would restrict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from homeport.permissions.role import Role
from homeport.permissions.services.dynamodb import needed_permissions
from homeport.project.cloudformation.permissions.policies import CONDITION_KEYS
from homeport.project.model import Api, Resources
from homeport.runtime.function_config import function_configs
from tests.support.dynamodb import define, make_index, make_table, name_tables
from tests.support.runtime import make_function, make_stage

REGION = "eu-west-1"
PREFIX = f"arn:aws:dynamodb:{REGION}:000000000000:table/"
ITEMS, ORDERS = "items-local-ItemsTable", "items-local-OrdersTable"
INDEX = make_index("byOwner", "owner")
TABLES = name_tables(
    {
        "ItemsTable": make_table(GlobalSecondaryIndexes=[INDEX], AttributeDefinitions=define(itemId="S", owner="S")),
        "OrdersTable": make_table("OrdersTable"),
    },
    "items-local-{}".format,
)
NAMES = {"AWS::Region": REGION, "AWS::AccountId": "000000000000", "AWS::Partition": "aws", "Owners": ["a", "b"]}
GET: dict[str, Any] = {"TableName": ITEMS, "Key": {"itemId": {"S": "u1"}}}
NO_ALLOW = "because no identity-based policy allows the dynamodb:GetItem action"
DENY = "with an explicit deny in an identity-based policy"


def make_role(*policies: dict[str, Any], access: Mapping[str, tuple[str, ...]] | None = None) -> Role:
    function = make_function("f", "x.y", access=access or {}, policies=policies)
    config = function_configs(
        Api("items", "1", (), {"f": function}),
        make_stage(),
        Resources(TABLES, names=NAMES),
        dynamodb_url=None,
        account_id="000000000000",
    )["f"]
    return Role(config.permissions, config.policies, config.partition_keys, config.principal)


def allow(action: str | list[str] = "dynamodb:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str] = "dynamodb:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def denials(role: Role, operation: str, body: dict[str, Any]) -> list[str]:
    return [role.denial(operation, needed, REGION) for needed in needed_permissions(operation, body, PREFIX)]


def is_allowed(role: Role, operation: str, body: dict[str, Any]) -> bool:
    return not any(denials(role, operation, body))


def test_policies_allow_their_actions_on_their_resources() -> None:
    role = make_role(allow(["dynamodb:Get*", "s3:GetObject"], {"Fn::GetAtt": ["ItemsTable", "Arn"]}))
    assert is_allowed(role, "GetItem", GET)
    assert denials(role, "GetItem", {**GET, "TableName": ORDERS}) == [NO_ALLOW]
    assert not is_allowed(role, "PutItem", {"TableName": ITEMS, "Item": {}})
    assert not is_allowed(role, "Query", {"TableName": ITEMS, "IndexName": "byOwner"})


@pytest.mark.parametrize(
    "resource",
    [
        f"{PREFIX}{ITEMS}",
        f"arn:aws:dynamodb:{REGION}:123456789012:table/{ITEMS}",
        "arn:aws:dynamodb:*:*:table/items-*-ItemsTabl?",
        {"Fn::GetAtt": "ItemsTable.Arn"},
        {"Fn::Sub": "${ItemsTable.Arn}"},
        {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ItemsTable}"},
        {"Fn::Join": ["/", [f"{PREFIX[:-1]}", {"Ref": "ItemsTable"}]]},
        [f"{PREFIX}other", {"Fn::GetAtt": ["ItemsTable", "Arn"]}],
    ],
    ids=str,
)
def test_resource_of_a_policy_is_worked_out_as_cloudformation_does(resource: Any) -> None:
    role = make_role(allow("dynamodb:GetItem", resource))
    assert is_allowed(role, "GetItem", GET)
    assert not is_allowed(role, "GetItem", {**GET, "TableName": ORDERS})


def test_resource_that_only_aws_knows_allows_nothing_and_denies_everything() -> None:
    imported = {"Fn::ImportValue": "SharedTable"}
    reason = " (homeport can't tell a resource of its policies)"
    assert denials(make_role(allow("dynamodb:GetItem", imported)), "GetItem", GET) == [NO_ALLOW + reason]
    assert denials(make_role(allow(), deny("dynamodb:GetItem", imported)), "GetItem", GET) == [DENY + reason]
    assert is_allowed(make_role(allow(), deny("dynamodb:PutItem", imported)), "GetItem", GET)


def test_deny_comes_before_access_and_before_every_allow() -> None:
    access = {"ItemsTable": ("GetItem", "PutItem")}
    role = make_role(allow(), deny("dynamodb:Get*", {"Fn::GetAtt": ["ItemsTable", "Arn"]}), access=access)
    assert denials(role, "GetItem", GET) == [DENY]
    assert is_allowed(role, "GetItem", {**GET, "TableName": ORDERS})
    assert is_allowed(role, "PutItem", {"TableName": ITEMS, "Item": {}})


def test_deny_of_a_statement_and_of_a_part_of_a_batch_ends_the_whole_request() -> None:
    role = make_role(allow(), deny("dynamodb:*", f"{PREFIX}{ORDERS}"))
    statements = [{"Statement": f'SELECT * FROM "{name}"'} for name in (ITEMS, ORDERS)]
    assert denials(role, "BatchExecuteStatement", {"Statements": statements}) == ["", DENY]
    keys = {name: {"Keys": [{"itemId": {"S": "1"}}]} for name in (ITEMS, ORDERS)}
    assert denials(role, "BatchGetItem", {"RequestItems": keys}) == ["", DENY]


def test_not_action_and_not_resource_are_everything_but_what_they_name() -> None:
    but_put = {"Effect": "Allow", "NotAction": ["dynamodb:PutItem", "s3:*"], "Resource": "*"}
    assert is_allowed(make_role(but_put), "GetItem", GET)
    assert not is_allowed(make_role(but_put), "PutItem", {"TableName": ITEMS, "Item": {}})
    but_orders = {"Effect": "Deny", "Action": "*", "NotResource": {"Fn::GetAtt": ["OrdersTable", "Arn"]}}
    role = make_role(allow(), but_orders)
    assert denials(role, "GetItem", GET) == [DENY]
    assert is_allowed(role, "GetItem", {**GET, "TableName": ORDERS})


OWN = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["u1", "u2"]}}


@pytest.mark.parametrize(
    ("operation", "body", "allowed"),
    [
        ("GetItem", GET, True),
        ("GetItem", {**GET, "Key": {"itemId": {"S": "u3"}}}, False),
        ("PutItem", {"TableName": ITEMS, "Item": {"itemId": {"S": "u2"}, "name": {"S": "u3"}}}, True),
        ("PutItem", {"TableName": ITEMS, "Item": {"itemId": {"S": "u3"}}}, False),
        ("BatchGetItem", {"RequestItems": {ITEMS: {"Keys": [GET["Key"], {"itemId": {"S": "u2"}}]}}}, True),
        ("BatchGetItem", {"RequestItems": {ITEMS: {"Keys": [GET["Key"], {"itemId": {"S": "u3"}}]}}}, False),
        ("BatchWriteItem", {"RequestItems": {ITEMS: [{"DeleteRequest": {"Key": {"itemId": {"S": "u3"}}}}]}}, False),
        ("TransactWriteItems", {"TransactItems": [{"Delete": GET}]}, True),
        (
            "Query",
            {
                "TableName": ITEMS,
                "KeyConditionExpression": "#k = :k",
                "ExpressionAttributeNames": {"#k": "itemId"},
                "ExpressionAttributeValues": {":k": {"S": "u1"}},
            },
            True,
        ),
        (
            "Query",
            {
                "TableName": ITEMS,
                "IndexName": "byOwner",
                "KeyConditionExpression": "owner = :k",
                "ExpressionAttributeValues": {":k": {"S": "u3"}},
            },
            False,
        ),
        (
            "Query",
            {"TableName": ITEMS, "KeyConditions": {"itemId": {"AttributeValueList": [{"S": "u1"}]}}},
            True,
        ),
        # AWS's own examples pair this condition with a list of actions, since a Scan has no leading key.
        ("Scan", {"TableName": ITEMS}, True),
        ("ExecuteStatement", {"Statement": f"SELECT * FROM \"{ITEMS}\" WHERE itemId = 'u1'"}, False),
    ],
)
def test_leading_keys_are_the_partition_keys_of_a_request(operation: str, body: dict[str, Any], allowed: bool) -> None:
    assert is_allowed(make_role(allow(Condition=OWN)), operation, body) is allowed


@pytest.mark.parametrize(
    ("operation", "body", "allowed"),
    [
        ("GetItem", {**GET, "ProjectionExpression": "#n, itemId", "ExpressionAttributeNames": {"#n": "name"}}, True),
        ("GetItem", {**GET, "ProjectionExpression": "secret"}, False),
        ("GetItem", {**GET, "ProjectionExpression": "name.secret"}, True),
        ("GetItem", GET, False),
        ("UpdateItem", {**GET, "UpdateExpression": "SET #n = :v", "ExpressionAttributeNames": {"#n": "name"}}, True),
        ("UpdateItem", {**GET, "UpdateExpression": "REMOVE secret"}, False),
        ("UpdateItem", {**GET, "ConditionExpression": "attribute_exists(secret)"}, False),
        ("UpdateItem", {**GET, "UpdateExpression": "SET name = :v", "ReturnValues": "ALL_OLD"}, False),
        ("Query", {"TableName": ITEMS, "Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "name"}, True),
        ("Query", {"TableName": ITEMS, "Select": "COUNT"}, False),
        ("Scan", {"TableName": ITEMS}, False),
    ],
)
def test_attributes_and_select_are_what_a_request_names_and_returns(
    operation: str, body: dict[str, Any], allowed: bool
) -> None:
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["itemId", "name"]},
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": "NONE"},
    }
    assert is_allowed(make_role(allow(Condition=condition)), operation, body) is allowed


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (f"SELECT * FROM \"{ITEMS}\" WHERE itemId = 'a'", True),
        (f"SELECT * FROM \"{ITEMS}\" WHERE name = 'b' AND \"itemId\" IN ['a', 'b']", True),
        (f'SELECT * FROM "{ITEMS}"', False),
        (f"SELECT * FROM \"{ITEMS}\" WHERE name = 'itemId = 1'", False),
        (f'SELECT * FROM "{ITEMS}" /* WHERE itemId = 1 */', False),
        (f"SELECT * FROM \"{ITEMS}\" WHERE itemId = 'a' OR name = 'b'", False),
        (f"DELETE FROM \"{ITEMS}\" WHERE itemId = 'a'", True),
    ],
)
def test_full_table_scan_of_a_statement_can_be_denied(statement: str, allowed: bool) -> None:
    role = make_role(allow(), deny(Condition={"Bool": {"dynamodb:FullTableScan": "true"}}))
    assert is_allowed(role, "ExecuteStatement", {"Statement": statement}) is allowed


def test_transactions_can_be_told_from_single_calls() -> None:
    condition = {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactGetItems"]}}
    role = make_role(allow(Condition=condition))
    assert is_allowed(role, "TransactGetItems", {"TransactItems": [{"Get": GET}]})
    assert not is_allowed(role, "GetItem", GET)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["us-east-1", {"Ref": "AWS::Region"}]}}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"StringLike": {"aws:principalarn": "arn:aws:iam::*:role/items-local-f-*"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"NumericGreaterThanEquals": {"aws:EpochTime": "1577836800"}}, True),
        ({"Null": {"aws:username": "true"}}, True),
        ({"StringEquals": {"aws:username": "me"}}, False),
        ({"StringEqualsIfExists": {"aws:username": "me"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1", "aws:PrincipalType": "User"}}, False),
    ],
    ids=str,
)
def test_global_condition_key_has_its_value(condition: dict[str, Any], allowed: bool) -> None:
    assert is_allowed(make_role(allow(Condition=condition)), "GetItem", GET) is allowed
    assert is_allowed(make_role(allow(), deny(Condition=condition)), "GetItem", GET) is not allowed


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "aws:SourceVpc"),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/team": "a"}}, "aws:PrincipalTag/team"),
        ({"Null": {"aws:SourceVpc": "true"}}, "aws:SourceVpc"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "aws:SourceIp"),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalTag/account}"}}, "aws:PrincipalAccount"),
        ({"StringEquals": {"aws:RequestedRegion": {"Fn::ImportValue": "Region"}}}, "aws:RequestedRegion"),
        ({"StringIsLike": {"aws:RequestedRegion": "eu-west-1"}}, "aws:RequestedRegion"),
        ({"NumericLessThan": {"aws:RequestedRegion": "7"}}, "aws:RequestedRegion"),
        ({"StringEquals": {"dynamodb:Attributes": ["itemId"], "aws:SourceVpce": "v"}}, "aws:SourceVpce"),
    ],
    ids=str,
)
def test_condition_that_is_not_known_here_never_opens_and_is_named(condition: dict[str, Any], key: str) -> None:
    reason = f" (homeport can't tell {key} of its policies)"
    assert denials(make_role(allow(Condition=condition)), "GetItem", GET) == [NO_ALLOW + reason]
    assert denials(make_role(allow(), deny(Condition=condition)), "GetItem", GET) == [DENY + reason]


def test_check_and_role_know_the_same_condition_keys() -> None:
    known = {
        key.lower()
        for key in CONDITION_KEYS
        for operation, body in (("GetItem", GET), ("ExecuteStatement", {"Statement": f'SELECT * FROM "{ITEMS}"'}))
        if not any("can't tell" in each for each in denials(make_role(allow(Condition=some(key))), operation, body))
    }
    assert known == {key.lower() for key in CONDITION_KEYS}
    for key in ("aws:SourceVpc", "aws:SourceIp", "aws:userid", "aws:PrincipalOrgID"):
        assert key not in CONDITION_KEYS
        assert "can't tell" in denials(make_role(allow(Condition=some(key))), "GetItem", GET)[0]


def some(key: str) -> dict[str, Any]:
    return {"ForAnyValue:StringLike": {key: "*"}}


def test_condition_that_is_known_to_fail_decides_whatever_the_others_are() -> None:
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:RequestedRegion": "us-east-1"}}
    assert denials(make_role(allow(Condition=condition)), "GetItem", GET) == [NO_ALLOW]
    assert is_allowed(make_role(allow(), deny(Condition=condition)), "GetItem", GET)


def test_access_alone_is_decided_without_looking_at_the_request() -> None:
    role = make_role(access={"ItemsTable": ("GetItem",), "ItemsTable/byOwner": ("Query",)})
    assert is_allowed(role, "GetItem", GET)
    assert is_allowed(role, "Query", {"TableName": ITEMS, "IndexName": "byOwner"})
    assert denials(role, "GetItem", {**GET, "TableName": ORDERS}) == [NO_ALLOW]
