"""Service integrations of an HTTP API in `homeport dev`, with the services that run beside it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.spec import document, write_project
from tests.support.wire import Answer, ask

pytestmark = pytest.mark.stack

MACHINE = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "Result": {"done": True}, "End": True}}}
RESOURCES = {
    "Resources": {
        "Orders": {"Type": "AWS::SQS::Queue"},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "shop"}},
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineType": "EXPRESS",
                "RoleArn": "arn:aws:iam::000000000000:role/machine",
                "DefinitionString": json.dumps(MACHINE),
            },
        },
    }
}


def integrated(subtype: str, **parameters: Any) -> dict[str, Any]:
    integration = {
        "type": "aws_proxy",
        "integrationSubtype": subtype,
        "payloadFormatVersion": "1.0",
        "credentials": "arn:aws:iam::000000000000:role/api",
        "requestParameters": parameters,
    }
    responses = {"200": {"description": "The service's own."}, "400": {"description": "Incomplete."}}
    return {"x-amazon-apigateway-integration": integration, "responses": responses}


QUEUE = {"QueueUrl": {"Ref": "Orders"}}
DELETE = integrated("SQS-DeleteMessage", ReceiptHandle="$request.querystring.handle", **QUEUE)
SPEC = document(
    {
        "/orders": {
            "post": integrated("SQS-SendMessage", MessageBody="$request.body", **QUEUE),
            "get": integrated("SQS-ReceiveMessage", VisibilityTimeout="0", **QUEUE),
            "delete": DELETE,
        },
        "/events": {
            "post": integrated(
                "EventBridge-PutEvents",
                Detail="$request.body",
                DetailType="made",
                Source="shop",
                EventBusName={"Ref": "Bus"},
            )
        },
        "/records": {
            "post": integrated(
                "Kinesis-PutRecord", StreamName={"Ref": "Stream"}, Data="$request.body.data", PartitionKey="p"
            )
        },
        "/runs": {
            "post": integrated(
                "StepFunctions-StartSyncExecution", StateMachineArn={"Ref": "Machine"}, Input="$request.body"
            )
        },
    }
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = write_project(
        tmp_path_factory.mktemp("services"), spec=json.dumps(SPEC), resources=json.dumps(RESOURCES), handlers=()
    )
    with running_stack(root) as stack:
        yield stack


def post(stack: Stack, path: str, body: Any) -> Answer:
    return ask(stack.url, "POST", path, [("Content-Type", "application/json")], json.dumps(body).encode())


def test_a_message_is_sent_received_and_deleted(stack: Stack) -> None:
    sent = post(stack, "/orders", {"id": 1})
    assert sent.status == 200
    assert "<SendMessageResult>" in sent.text
    received = ask(stack.url, "GET", "/orders").text
    assert '<Body>{"id": 1}</Body>' in received
    [handle] = re.findall("<ReceiptHandle>(.*?)</ReceiptHandle>", received)
    assert ask(stack.url, "DELETE", f"/orders?handle={handle}").status == 200
    assert "<Message>" not in ask(stack.url, "GET", "/orders").text


def test_an_event_is_put(stack: Stack) -> None:
    answer = post(stack, "/events", {"a": 1}).json()
    assert answer["FailedEntryCount"] == 0
    assert answer["Entries"][0]["EventId"]


def test_a_record_is_put(stack: Stack) -> None:
    answer = post(stack, "/records", {"data": base64.b64encode(b"hello").decode()}).json()
    assert answer["ShardId"].startswith("shardId-")
    assert post(stack, "/records", {}).status == 400


def test_a_state_machine_answers(stack: Stack) -> None:
    answer = post(stack, "/runs", {"a": 1}).json()
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"done": True})
