"""Advice about denied calls: in the words in which the owner grants rights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from homeport.project.cloudformation.permissions.missing_rights import access_target, missing_right, missing_table
from homeport.project.model import Function, Source
from tests.support.dynamodb import make_table

PLACE, ELSEWHERE = Source("template.yaml", 7), Source("template.yaml", 40)
SAM = Function("Reader", "app.handler", PLACE, role_source=PLACE)
PLAIN = replace(SAM, role_source=ELSEWHERE)
OWN = replace(SAM, role_source=None)
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table"


@pytest.mark.parametrize(
    ("arn", "target"),
    [
        (f"{ARN}/items", "Items"),
        (f"{ARN}/items/index/byOwner", "Items/byOwner"),
        (f"{ARN}/others", f"{ARN}/others"),
    ],
)
def test_tables_are_known_by_their_names(arn: str, target: str) -> None:
    assert access_target(arn, [replace(make_table("Items"), name="items")]) == target


@pytest.mark.parametrize(
    ("action", "target", "advice"),
    [
        (
            "GetItem",
            "Items",
            "add DynamoDBReadPolicy: {TableName: !Ref Items} to Policies of Reader at template.yaml:7",
        ),
        ("Query", "Items/byOwner", "add DynamoDBReadPolicy: {TableName: !Ref Items} to Policies of Reader at"),
        ("PutItem", "Items", "add DynamoDBWritePolicy: {TableName: !Ref Items} to"),
        ("DeleteItem", "Items", "add DynamoDBCrudPolicy: {TableName: !Ref Items} to"),
        ("GetItem", f"{ARN}/others", "add DynamoDBReadPolicy: {TableName: others} to"),
        ("GetItem", "Storage.Items", "add DynamoDBReadPolicy: {TableName: name of Storage.Items} to"),
        ("PartiQLSelect", "Items", "add the statement {Effect: Allow, Action: dynamodb:PartiQLSelect, Resource: "),
    ],
)
def test_advice_for_sam_is_the_narrowest_policy_template(action: str, target: str, advice: str) -> None:
    assert missing_right(SAM, action, target).startswith(advice)


@pytest.mark.parametrize(
    ("target", "resource"),
    [
        ("Items", "!GetAtt Items.Arn"),
        ("Items/byOwner", "!Sub '${Items.Arn}/index/byOwner'"),
        (f"{ARN}/others", f"{ARN}/others"),
        ("Storage.Items", "ARN of Storage.Items"),
    ],
)
def test_advice_for_a_role_is_a_statement(target: str, resource: str) -> None:
    statement = f"{{Effect: Allow, Action: dynamodb:Query, Resource: {resource}}}"
    assert missing_right(PLAIN, "Query", target) == f"add the statement {statement} to the role at template.yaml:40"


@pytest.mark.parametrize("change", [{"boundary": ()}, {"policies": ({"Effect": "Deny", "Action": ["*"]},)}])
def test_advice_for_a_role_that_denies_is_to_look_at_it(change: dict[str, Any]) -> None:
    assert missing_right(replace(SAM, **change), "GetItem", "Items").startswith("see the role at template.yaml:7")


def test_advice_for_a_project_of_our_own_shape_is_about_access() -> None:
    assert missing_right(OWN, "PutItem", "Items/byOwner") == "add PutItem to x-homeport.access.Items/byOwner"


def test_variable_of_a_table_is_explained_by_the_access_that_is_missing() -> None:
    tables = {"ItemsTable": make_table("ItemsTable")}
    advice = missing_table(OWN, "ITEMS_TABLE", tables)
    assert advice.startswith("ITEMS_TABLE is not set, for Reader has no access to ItemsTable: add x-homeport: {access:")
    assert missing_table(replace(OWN, access={"ItemsTable/byStatus": ("Query",)}), "ITEMS_TABLE", tables) == ""
    assert [missing_table(each, "ITEMS_TABLE", tables) for each in (SAM, None)] == ["", ""]
    assert missing_table(OWN, "OTHER", tables) == ""
