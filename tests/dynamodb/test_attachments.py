"""Tags, resource policies, contributor insights and backups of a table, through boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.dynamodb.embedded.attachments import insight_rules, policy_error, tags_error
from tests.support.dynamodb import Stand, define, make_index, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/items"


def tags(*keys: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": "v"} for key in keys]


@pytest.mark.parametrize(
    ("given", "kept", "message"),
    [
        (tags(*(f"k{n}" for n in range(50))), [], None),
        (tags(*(f"k{n}" for n in range(51))), [], "51 tags are more than the 50 of a resource"),
        (tags("new"), [f"k{n}" for n in range(50)], "51 tags are more than"),
        (tags("k0"), [f"k{n}" for n in range(50)], None),
        (tags("aws:cloudformation:stack-name"), [], "begins with aws:"),
        (tags("a", "b", "a"), [], "The tag key a is there more than once"),
        (tags("hi!"), [], "'hi!' has a character that no tag may have"),
        ([{"Key": "a", "Value": '"'}], [], "has a character that no tag may have"),
        ([{"Key": "Straße 7 + - = . _ : / @", "Value": ""}], [], None),
    ],
)
def test_tags_have_limits(given: Any, kept: Any, message: str | None) -> None:
    found = tags_error(given, kept)
    assert found is None if message is None else message in str(found)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "it is no JSON"),
        ("[]", "it has no Statement"),
        ('{"Statement": []}', "it has no Statement"),
        ('{"Statement": {"Effect": "Allow", "Action": "*"}}', "a Statement has no Principal"),
        ('{"Statement": ["Allow"]}', "a Statement has no Effect"),
        ('{"Statement": {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "*"}}', None),
    ],
)
def test_a_policy_has_statements(policy: str, message: str | None) -> None:
    found = policy_error(policy)
    assert found is None if message is None else message in str(found)


def test_insights_have_a_rule_for_each_key_and_kind() -> None:
    name = "DynamoDBContributorInsights-{}-items-1500"
    both = insight_rules("items", 2, "ACCESSED_AND_THROTTLED_KEYS", 1.5)
    assert both == [name.format(kind) for kind in ("PKC", "SKC", "PKT", "SKT")]
    assert insight_rules("items", 1, "THROTTLED_KEYS", 1.5) == [name.format("PKT")]


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with running_engine() as stand:
        yield stand


@pytest.fixture
def dynamodb(stand: Stand) -> Iterator[DynamoDBClient]:
    """A client that sends what the SDK would refuse, and the table ``items``."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=stand.endpoint,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )
    make_items_table(client)
    yield client
    client.delete_table(TableName="items")


def make_items_table(client: DynamoDBClient, **more: Any) -> None:
    client.create_table(
        TableName="items",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "itemId", "KeyType": "HASH"}],
        AttributeDefinitions=define(itemId="S", status="S"),
        GlobalSecondaryIndexes=[make_index("byStatus", "status")],
        **more,
    )


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.stack
def test_tags_are_limited_where_they_come_in(dynamodb: DynamoDBClient) -> None:
    first = tags(*(f"k{n}" for n in range(40)))
    dynamodb.tag_resource(ResourceArn=ARN, Tags=first)  # type: ignore[arg-type]
    code, message = refused(dynamodb.tag_resource, ResourceArn=ARN, Tags=tags(*(f"z{n}" for n in range(20))))
    assert (code, "60 tags" in message) == ("ValidationException", True)
    # One page has all.
    pages = list(dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=ARN))
    assert [page["Tags"] for page in pages] == [first]
    wrong: tuple[Any, ...] = ({"Tags": []}, {}, {"Tags": tags("")}, {"Tags": [{"Key": "a"}]})
    for broken in wrong:
        assert refused(dynamodb.tag_resource, ResourceArn=ARN, **broken)[0] == "ValidationException"
    index = f"{ARN}/index/byStatus"
    for call, rest in ((dynamodb.tag_resource, {"Tags": tags("a")}), (dynamodb.list_tags_of_resource, {})):
        code, message = refused(call, ResourceArn=index, **rest)
        assert (code, message.endswith(index)) == ("ValidationException", True)


@pytest.mark.stack
def test_a_table_with_tags_that_no_table_can_have_is_not_made(dynamodb: DynamoDBClient) -> None:
    code, _ = refused(
        dynamodb.create_table,
        TableName="other",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "itemId", "KeyType": "HASH"}],
        AttributeDefinitions=define(itemId="S"),
        Tags=tags("aws:mine"),
    )
    assert code == "ValidationException"
    assert dynamodb.list_tables()["TableNames"] == ["items"]


@pytest.mark.stack
def test_a_policy_has_a_revision_and_ends_with_its_table(dynamodb: DynamoDBClient) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": ARN}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    first = dynamodb.put_resource_policy(ResourceArn=ARN, Policy=policy)["RevisionId"]
    # "running it multiple times on the same resource using the same policy document will return the same revision ID"
    assert dynamodb.put_resource_policy(ResourceArn=ARN, Policy=policy.replace(" ", ""))["RevisionId"] == first
    other = policy.replace("GetItem", "Query")
    code, _ = refused(dynamodb.put_resource_policy, ResourceArn=ARN, Policy=other, ExpectedRevisionId="other")
    assert code == "PolicyNotFoundException"
    second = dynamodb.put_resource_policy(ResourceArn=ARN, Policy=other, ExpectedRevisionId=first)["RevisionId"]
    assert second != first
    assert dynamodb.get_resource_policy(ResourceArn=ARN)["Policy"] == other
    assert refused(dynamodb.put_resource_policy, ResourceArn=ARN, Policy="{")[0] == "ValidationException"
    dynamodb.delete_table(TableName="items")
    make_items_table(dynamodb, ResourcePolicy=policy)
    assert dynamodb.get_resource_policy(ResourceArn=ARN)["Policy"] == policy
    assert dynamodb.delete_resource_policy(ResourceArn=ARN)["RevisionId"] not in (first, second)
    assert "RevisionId" not in dynamodb.delete_resource_policy(ResourceArn=ARN)
    assert refused(dynamodb.get_resource_policy, ResourceArn=ARN)[0] == "PolicyNotFoundException"


@pytest.mark.stack
def test_insights_are_enabled_listed_and_end_with_their_index(dynamodb: DynamoDBClient) -> None:
    asked: Any = {"TableName": "items", "ContributorInsightsAction": "ENABLE"}
    assert dynamodb.update_contributor_insights(**asked)["ContributorInsightsStatus"] == "ENABLING"
    dynamodb.update_contributor_insights(**asked, IndexName="byStatus", ContributorInsightsMode="THROTTLED_KEYS")
    found = dynamodb.describe_contributor_insights(TableName="items")
    assert found["ContributorInsightsStatus"] == "ENABLED"
    assert len(found["ContributorInsightsRuleList"]) == 2
    page = dynamodb.list_contributor_insights(MaxResults=1)
    last = dynamodb.list_contributor_insights(MaxResults=1, NextToken=page["NextToken"])
    listed = [*page["ContributorInsightsSummaries"], *last["ContributorInsightsSummaries"]]
    assert "NextToken" not in last
    assert [each.get("IndexName") for each in listed] == [None, "byStatus"]
    assert {each["ContributorInsightsStatus"] for each in listed} == {"ENABLED"}
    dynamodb.update_table(TableName="items", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byStatus"}}])
    assert len(dynamodb.list_contributor_insights()["ContributorInsightsSummaries"]) == 1
    dynamodb.delete_table(TableName="items")
    make_items_table(dynamodb)
    assert dynamodb.list_contributor_insights()["ContributorInsightsSummaries"] == []


@pytest.mark.stack
def test_backups_are_listed_by_table_type_and_time(dynamodb: DynamoDBClient) -> None:
    made = [dynamodb.create_backup(TableName="items", BackupName=f"backup-{n}")["BackupDetails"] for n in range(3)]
    arns = [each["BackupArn"] for each in made]

    def listed(**request: Any) -> list[str]:
        return [each["BackupArn"] for each in dynamodb.list_backups(**request)["BackupSummaries"]]

    assert listed() == listed(BackupType="ALL", TableName="items") == arns
    assert listed(BackupType="SYSTEM") == listed(TableName="others") == []
    assert listed(TimeRangeLowerBound=datetime(2001, 1, 1, tzinfo=UTC)) == arns
    assert listed(TimeRangeUpperBound=datetime(2001, 1, 1, tzinfo=UTC)) == []
    pages: Any = dynamodb.get_paginator("list_backups").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["BackupSummaries"]) for page in pages] == [2, 1]
    assert refused(dynamodb.list_backups, ExclusiveStartBackupArn=arns[0] + "x")[0] == "ValidationException"
    years: Any = [datetime(year, 1, 1, tzinfo=UTC) for year in (2002, 2001)]
    request = {"TimeRangeLowerBound": years[0], "TimeRangeUpperBound": years[1]}
    assert refused(dynamodb.list_backups, **request)[0] == "ValidationException"
    assert refused(dynamodb.list_backups, Limit=101)[0] == "ValidationException"
    for arn in arns:
        dynamodb.delete_backup(BackupArn=arn)
