"""Which policies a stack gets before it is deleted."""

from __future__ import annotations

from homeport.cloud.destroy import with_policies

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"DeletionProtectionEnabled": True}}
POOL = {"Type": "AWS::Cognito::UserPool", "DeletionPolicy": "Retain"}
FUNCTION = {"Type": "AWS::Lambda::Function"}


def test_what_stays_is_retained_and_the_rest_is_as_it_was() -> None:
    template = {"Outputs": {}, "Resources": {"Table": TABLE, "Pool": POOL, "Function": FUNCTION}}
    assert with_policies(template, ("Table",), release=False) == {
        "Outputs": {},
        "Resources": {"Table": {**TABLE, "DeletionPolicy": "Retain"}, "Pool": POOL, "Function": FUNCTION},
    }


def test_what_goes_is_protected_by_nothing() -> None:
    template = {"Resources": {"Table": TABLE, "Pool": POOL, "Function": FUNCTION}}
    assert with_policies(template, (), release=True)["Resources"] == {
        "Table": {**TABLE, "DeletionPolicy": "Delete", "Properties": {"DeletionProtectionEnabled": False}},
        "Pool": {**POOL, "DeletionPolicy": "Delete", "Properties": {"DeletionProtection": "INACTIVE"}},
        "Function": FUNCTION,
    }
