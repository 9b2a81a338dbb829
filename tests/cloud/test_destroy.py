"""Which policies a stack gets before it is deleted."""

from __future__ import annotations

from homeport.cloud.destroy import with_policies

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"DeletionProtectionEnabled": True}}
POOL = {"Type": "AWS::Cognito::UserPool", "DeletionPolicy": "Retain"}
FUNCTION = {"Type": "AWS::Lambda::Function"}


def test_retained_resources_change_and_the_others_do_not() -> None:
    template = {"Outputs": {}, "Resources": {"Table": TABLE, "Pool": POOL, "Function": FUNCTION}}
    assert with_policies(template, ("Table",), release=False) == {
        "Outputs": {},
        "Resources": {"Table": {**TABLE, "DeletionPolicy": "Retain"}, "Pool": POOL, "Function": FUNCTION},
    }


def test_released_resources_have_no_protection() -> None:
    template = {"Resources": {"Table": TABLE, "Pool": POOL, "Function": FUNCTION}}
    assert with_policies(template, (), release=True)["Resources"] == {
        "Table": {**TABLE, "DeletionPolicy": "Delete", "Properties": {"DeletionProtectionEnabled": False}},
        "Pool": {**POOL, "DeletionPolicy": "Delete", "Properties": {"DeletionProtection": "INACTIVE"}},
        "Function": FUNCTION,
    }
