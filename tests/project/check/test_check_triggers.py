"""What AWS needs to be allowed before a trigger works is named before anything is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import check_problems, document, operation, write_document

QUEUE = {"Type": "AWS::SQS::Queue"}
TOPIC = {"Type": "AWS::SNS::Topic"}
MAPPING = {
    "Type": "AWS::Lambda::EventSourceMapping",
    "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "WorkFunction"}},
}
SUBSCRIPTION = {
    "Type": "AWS::SNS::Subscription",
    "Properties": {
        "Protocol": "lambda",
        "TopicArn": {"Ref": "News"},
        "Endpoint": {"Fn::GetAtt": ["WorkFunction", "Arn"]},
    },
}


def found(root: Path, policies: list[dict[str, Any]], **resources: Any) -> list[str]:
    """Return the messages about the triggers of a project."""
    functions = {"work": {"policies": policies}}
    spec = {**document({"/a": {"get": operation()}}), "x-homeport": {"functions": functions}}
    text = json.dumps({"Resources": resources})
    folder = write_document(root, spec, resources=text, handlers=("act", "work"))
    lines = [str(problem) for problem in check_problems(folder)]
    return [line for line in lines if "Mapping" in line or "NewsToWork" in line]


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def test_role_that_can_not_poll_is_an_error(tmp_path: Path) -> None:
    (line,) = found(tmp_path, [allow("sqs:ReceiveMessage")], Jobs=QUEUE, Mapping=MAPPING)
    assert ": error: Mapping polls with the role of work, which lacks sqs:DeleteMessage, sqs:GetQueueAttributes" in line


@pytest.mark.parametrize(
    "policies",
    [
        [allow("sqs:*")],
        [allow("SQS:receivemessage", "sqs:Delete*"), allow("sqs:GetQueueAttributes")],
        [{"Effect": "Allow", "NotAction": ["s3:*"], "Resource": "*"}],
    ],
)
def test_role_that_can_poll_is_fine(tmp_path: Path, policies: list[dict[str, Any]]) -> None:
    assert found(tmp_path, policies, Jobs=QUEUE, Mapping=MAPPING) == []


def test_deny_allows_nothing(tmp_path: Path) -> None:
    assert len(found(tmp_path, [{**allow("sqs:*"), "Effect": "Deny"}], Jobs=QUEUE, Mapping=MAPPING)) == 1


def test_stream_of_a_table_has_actions_of_its_own(tmp_path: Path) -> None:
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        },
    }
    properties = {**MAPPING["Properties"], "EventSourceArn": {"Fn::GetAtt": ["Items", "StreamArn"]}}  # type: ignore[dict-item]
    mapping = {**MAPPING, "Properties": {**properties, "StartingPosition": "LATEST"}}
    (line,) = found(tmp_path, [allow("dynamodb:GetRecords")], Items=table, Mapping=mapping)
    assert "lacks dynamodb:DescribeStream, dynamodb:GetShardIterator, dynamodb:ListStreams" in line


def test_service_without_a_permission_to_invoke_is_a_warning(tmp_path: Path) -> None:
    (line,) = found(tmp_path, [], News=TOPIC, NewsToWork=SUBSCRIPTION)
    assert ": warning: NewsToWork invokes work here, but on AWS no permission lets sns.amazonaws.com do so" in line


def test_service_with_a_permission_to_invoke_is_fine(tmp_path: Path) -> None:
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": "WorkFunction"},
            "Principal": "sns.amazonaws.com",
        },
    }
    assert found(tmp_path, [], News=TOPIC, NewsToWork=SUBSCRIPTION, NewsMayWork=permission) == []
