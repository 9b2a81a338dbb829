"""Rights and tables of a template, from its policies to the answers of DynamoDB that its functions get."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.dynamodb.client import dynamodb_client
from tests.support.project import write_files
from tests.support.waiting import wait_until

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    CodeUri: src/
    Handler: app.handler
    Environment: {Variables: {ITEMS: !Ref Items, ORDERS: !Ref Orders}}
Resources:
  Items:
    Type: AWS::Serverless::SimpleTable
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders-of-all
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Reads:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [DynamoDBReadPolicy: {TableName: !Ref Items}]
      Events: {Ask: {Type: HttpApi, Properties: {Path: /reads, Method: get}}}
  Denies:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AmazonDynamoDBFullAccess
        - Statement: [{Effect: Deny, Action: 'dynamodb:Put*', Resource: !GetAtt Orders.Arn}]
      Events: {Ask: {Type: HttpApi, Properties: {Path: /denies, Method: get}}}
  Connects:
    Type: AWS::Serverless::Function
    Connectors: {ToOrders: {Properties: {Destination: {Id: Orders}, Permissions: [Write]}}}
    Properties:
      Events: {Ask: {Type: HttpApi, Properties: {Path: /connects, Method: get}}}
"""
HANDLER = """
import json, os
import boto3

client = boto3.client("dynamodb")


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({name: list(may(os.environ[name])) for name in ("ITEMS", "ORDERS")})}


def may(table):
    calls = {
        "GetItem": lambda: client.get_item(TableName=table, Key={"id": {"S": "1"}}),
        "PutItem": lambda: client.put_item(TableName=table, Item={"id": {"S": "1"}}),
    }
    for action, call in calls.items():
        try:
            call()
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            continue
        yield action
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = tmp_path_factory.mktemp("rights") / "shop"
    write_files(root, {"template.yaml": TEMPLATE, "src/app.py": HANDLER})
    with running_stack(root, ("--no-data",)) as stack:
        yield stack


@pytest.mark.parametrize(
    ("path", "items", "orders"),
    [
        ("reads", ["GetItem"], []),
        ("denies", ["GetItem", "PutItem"], ["GetItem"]),
        ("connects", [], ["PutItem"]),
    ],
)
def test_function_may_do_what_its_policies_allow(stack: Stack, path: str, items: list[str], orders: list[str]) -> None:
    found = json.loads(requests.get(f"{stack.url}/{path}", timeout=60).text)
    assert found == {"ITEMS": items, "ORDERS": orders}


def test_tables_have_the_names_that_they_have_on_aws(stack: Stack) -> None:
    client = dynamodb_client(str(stack.dynamodb), "us-east-1")
    assert client.list_tables()["TableNames"] == ["orders-of-all", "shop-Items"]


def test_terminal_says_which_policy_is_missing(stack: Stack) -> None:
    requests.get(f"{stack.url}/reads", timeout=60)
    advice = (
        "Reads was denied dynamodb:PutItem: add DynamoDBWritePolicy: {TableName: !Ref Items} to Policies of Reads at "
        "template.yaml:19"
    )
    wait_until(lambda: advice in stack.read_output(), stack.read_output)
