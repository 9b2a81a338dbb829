"""A change set as people read it."""

from __future__ import annotations

from typing import Any

from homeport.cloud.changes import Change, diff_lines, loss_lines, losses, read_changes
from homeport.terminal import Palette

TABLE = "AWS::DynamoDB::Table"
PLAIN = Palette(on=False)


def found(action: str, kind: str, name: str = "ItemsTable", **more: Any) -> dict[str, Any]:
    """One of DescribeChangeSet's changes."""
    change = {"Action": action, "LogicalResourceId": name, "ResourceType": kind, **more}
    return {"Type": "Resource", "ResourceChange": change}


def changed(described: dict[str, Any], **present: Any) -> Change:
    return read_changes([described], {"Resources": {"ItemsTable": present}})[0]


def test_a_table_that_is_removed_loses_its_data() -> None:
    assert changed(found("Remove", TABLE, PhysicalResourceId="items-1")) == Change(
        verb="remove", logical_id="ItemsTable", kind=TABLE, physical_id="items-1", loses=True
    )


def test_a_table_that_is_retained_stays_in_the_account() -> None:
    assert changed(found("Remove", TABLE), DeletionPolicy="Retain").keeps
    assert changed(found("Remove", TABLE, PolicyAction="Retain")).keeps
    assert not changed(found("Remove", TABLE), DeletionPolicy="Retain").loses


def test_a_replaced_table_loses_its_data_unless_the_old_one_is_kept() -> None:
    replaced = found("Modify", TABLE, Replacement="True")
    assert changed(replaced).loses and changed(replaced).verb == "replace"
    assert not changed(replaced, UpdateReplacePolicy="Retain").loses
    assert changed(replaced, DeletionPolicy="Retain").loses


def test_a_possible_replacement_counts_as_a_replacement() -> None:
    change = changed(found("Modify", TABLE, Replacement="Conditional"))
    assert change.loses and not change.certain
    assert list(loss_lines([change], PLAIN)) == [
        "  DATA LOSS: ItemsTable may be replaced by an empty one, with all it holds"
    ]


def test_a_function_that_is_removed_loses_nothing() -> None:
    assert losses([changed(found("Remove", "AWS::Lambda::Function"))]) == ()


def test_the_diff_names_each_change_and_counts_them() -> None:
    described = [
        found("Remove", TABLE, PhysicalResourceId="items-1"),
        found("Add", "AWS::Lambda::Function", "GetItemFunction"),
        found(
            "Modify",
            "AWS::Lambda::Function",
            "ListItemsFunction",
            Details=[{"Target": {"Attribute": "Properties", "Name": name}} for name in ("Code", "Code", "Timeout")],
        ),
        found("Modify", "AWS::ApiGateway::Deployment", "Deployment", Replacement="True"),
    ]
    changes = read_changes(described, {})
    assert list(diff_lines(changes, PLAIN)) == [
        "  + add     GetItemFunction  AWS::Lambda::Function",
        "  ~ change  ListItemsFunction  AWS::Lambda::Function  [Code, Timeout]",
        "  ± replace Deployment  AWS::ApiGateway::Deployment",
        "  - remove  ItemsTable  AWS::DynamoDB::Table",
        "1 to add, 1 to change, 1 to replace, 1 to remove",
    ]
    assert list(loss_lines(changes, PLAIN)) == ["  DATA LOSS: ItemsTable (items-1) removed, with all it holds"]


def test_replacements_and_losses_are_red() -> None:
    lines = list(diff_lines([changed(found("Modify", TABLE, Replacement="True"))], Palette(on=True)))
    assert lines[0].startswith("\x1b[31m")
