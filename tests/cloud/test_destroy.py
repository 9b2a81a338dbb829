"""Which policies a stack gets before it is deleted, and what deleted stacks have left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from homeport.cloud.aws.bucket import Bucket
from homeport.cloud.aws.client import AwsClient
from homeport.cloud.aws.stack import CloudStack
from homeport.cloud.aws.stack_events import read_event
from homeport.cloud.deploy_target import DeployTarget
from homeport.cloud.destroy import LeftResource, left_resources, log_groups, with_policies
from homeport.cloud.errors import AwsNotFoundError
from tests.support.cloud import project_in
from tests.support.project import notes_project

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


def test_resources_that_must_stay_are_retained_in_the_words_of_cloudformation() -> None:
    for policy in ("Retain", "RetainExceptOnCreate"):
        template = {"Resources": {"Table": {**TABLE, "DeletionPolicy": policy}}}
        assert with_policies(template, ("Table",), release=False)["Resources"]["Table"]["DeletionPolicy"] == "Retain"


ITEMS = "items-prod-ItemsTable-1AB2CD3EF4GH"


@dataclass
class Account:
    """An account as far as ``left_resources`` asks for it. ``stacks`` has the tables of live stacks by their names."""

    tables: list[str] = field(default_factory=list)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    deleted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def call(self, service: str, operation: str, **asked: Any) -> dict[str, Any]:
        if operation == "ListTables":
            return {"TableNames": self.tables}
        if operation == "ListStacks":
            names = [(id, id.partition("/")[0]) for id in self.deleted]
            return {"StackSummaries": [{"StackName": name, "StackId": id} for id, name in names]}
        if operation == "DescribeStackEvents" and asked["StackName"] in self.deleted:
            return {"StackEvents": self.deleted[asked["StackName"]]}
        if operation == "ListStackResources" and asked["StackName"] in self.stacks:
            return {"StackResourceSummaries": [self._resource(name) for name in self.stacks[asked["StackName"]]]}
        if operation == "DescribeStackResources":
            for stack, tables in self.stacks.items():
                if asked["PhysicalResourceId"] in tables:
                    return {"StackResources": [{"StackName": stack}]}
        raise AwsNotFoundError(f"{service}:{operation} {asked}")

    def pages(self, service: str, operation: str, token: Any = None, **asked: Any) -> Iterator[dict[str, Any]]:
        yield self.call(service, operation, **asked)

    def left(self, *logical_ids: str) -> list[LeftResource]:
        aws = cast(AwsClient, self)
        target = DeployTarget(aws, "1", "aws", "alice", CloudStack(aws, "items-prod"), Bucket(aws, "1"))
        return left_resources(target, logical_ids or ("ItemsTable",), target.stack.deleted_events())

    @staticmethod
    def _resource(name: str) -> dict[str, Any]:
        return {"LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": "AWS::DynamoDB::Table"}


def event(logical_id: str, kind: str, physical_id: str, status: str = "DELETE_SKIPPED") -> dict[str, Any]:
    return {
        "EventId": f"{logical_id}-{status}",
        "Timestamp": datetime(2026, 3, 1, tzinfo=UTC),
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "ResourceStatus": status,
        "PhysicalResourceId": physical_id,
    }


def test_a_table_of_a_stack_that_is_gone_is_found_by_its_name() -> None:
    account = Account(tables=["other", ITEMS, "items-prod-Items", "items-prod-ItemsTable"])
    assert account.left() == [LeftResource("ItemsTable", "AWS::DynamoDB::Table", ITEMS)]


@pytest.mark.parametrize(
    "name",
    [
        "items-prod-eu-ItemsTable-1AB2CD3EF4GH",
        "my-items-prod-ItemsTable-1AB2CD3EF4GH",
        "items-prod-ItemsTable-backup",
        "items-prod-OtherTable-1AB2CD3EF4GH",
    ],
)
def test_a_table_of_another_name_is_not_the_stages(name: str) -> None:
    assert Account(tables=[name]).left("ItemsTable", "IdempotencyTable") == []


def test_a_table_that_belongs_to_a_stack_is_not_left() -> None:
    assert Account(tables=[ITEMS], stacks={"items-prod": [ITEMS]}).left() == []
    assert Account(tables=[ITEMS], stacks={"imported-it": [ITEMS]}).left() == []


def test_the_events_of_a_deleted_stack_tell_what_it_left() -> None:
    kept = [
        event("Uploads", "AWS::S3::Bucket", "items-prod-uploads-1"),
        event("Renamed", "AWS::DynamoDB::Table", "items-prod-Renamed-1AB2CD3EF4GH"),
        event("Gone", "AWS::DynamoDB::Table", "items-prod-Gone-1AB2CD3EF4GH"),
        event("NeverMade", "AWS::SQS::Queue", ""),
        event("GetItemFunction", "AWS::Lambda::Function", "items-prod-get-item", "DELETE_COMPLETE"),
    ]
    others = [event("Uploads", "AWS::S3::Bucket", "another-uploads")]
    account = Account(
        tables=["items-prod-Renamed-1AB2CD3EF4GH"], deleted={"items-prod/1": kept, "items-production/1": others}
    )
    assert account.left() == [
        LeftResource("Renamed", "AWS::DynamoDB::Table", "items-prod-Renamed-1AB2CD3EF4GH"),
        LeftResource("Uploads", "AWS::S3::Bucket", "items-prod-uploads-1"),
    ]


def test_the_log_groups_of_deleted_functions_are_deleted_too(tmp_path: Path) -> None:
    project = project_in(notes_project(tmp_path, stages="stages: {dev: {stackName: items-prod}}\n"))
    gone = [
        event("OldFunction", "AWS::Lambda::Function", "items-prod-old", "DELETE_COMPLETE"),
        event("AccessLogGroup", "AWS::Logs::LogGroup", "/aws/vendedlogs/apigateway/items-prod", "DELETE_COMPLETE"),
    ]
    assert log_groups(project, [read_event(each) for each in gone]) == {
        "/aws/lambda/items-prod-get-note",
        "/aws/lambda/items-prod-put-note",
        "/aws/lambda/items-prod-old",
        "/aws/vendedlogs/apigateway/items-prod",
    }
