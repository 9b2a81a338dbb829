"""Service integrations of HTTP APIs: the requests of their actions, and the replies made of the responses."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from homeport.gateway.backend_request import ServiceRequest
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.service_request import service_parameters, service_reply, service_request
from homeport.http_client import HttpResponse
from homeport.project.integrations.http_api import HttpApiService
from homeport.project.integrations.parameter_mapping import parse_expression
from homeport.project.integrations.service_actions import SERVICE_ACTIONS
from tests.support.gateway import SHORT_ID, make_context, make_exchange, make_operation, make_request

QUEUE = "https://sqs.eu-west-1.amazonaws.com/000000000000/orders"


def json_input(subtype: str, **parameters: str) -> tuple[str, Any]:
    """The target and the input of a service that takes JSON."""
    found = service_request(subtype, parameters, "eu-west-1")
    assert (found.method, found.target, found.region) == ("POST", "/", "eu-west-1")
    return dict(found.headers)["X-Amz-Target"], json.loads(found.body)


def form(subtype: str, **parameters: str) -> dict[str, str]:
    """The fields of a request to SQS."""
    found = service_request(subtype, {"QueueUrl": QUEUE, **parameters}, "eu-west-1")
    assert (found.service, found.method, found.target) == ("sqs", "POST", "/000000000000/orders")
    return dict(parse_qsl(found.body.decode(), keep_blank_values=True))


def test_a_message_is_sent() -> None:
    attributes = {
        "kind": {"DataType": "String", "StringValue": "ö & more"},
        "n": {"DataType": "Number", "StringValue": "1"},
    }
    assert form(
        "SQS-SendMessage", MessageBody='{"a": "b c&d"}', DelaySeconds="5", MessageAttributes=json.dumps(attributes)
    ) == {
        "Action": "SendMessage",
        "Version": "2012-11-05",
        "QueueUrl": QUEUE,
        "MessageBody": '{"a": "b c&d"}',
        "DelaySeconds": "5",
        "MessageAttribute.1.Name": "kind",
        "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": "ö & more",
        "MessageAttribute.2.Name": "n",
        "MessageAttribute.2.Value.DataType": "Number",
        "MessageAttribute.2.Value.StringValue": "1",
    }


def test_messages_are_received_deleted_and_purged() -> None:
    received = form(
        "SQS-ReceiveMessage", AttributeName='["All"]', MessageAttributeNames="a, b", MaxNumberOfMessages="10"
    )
    assert received == {
        "Action": "ReceiveMessage",
        "Version": "2012-11-05",
        "QueueUrl": QUEUE,
        "AttributeName.1": "All",
        "MessageAttributeName.1": "a",
        "MessageAttributeName.2": "b",
        "MaxNumberOfMessages": "10",
    }
    assert form("SQS-DeleteMessage", ReceiptHandle="h")["ReceiptHandle"] == "h"
    assert form("SQS-PurgeQueue")["Action"] == "PurgeQueue"


def test_an_event_is_put() -> None:
    found = json_input(
        "EventBridge-PutEvents",
        Detail='{"a":1}',
        DetailType="made",
        Source="shop",
        Time="2026-01-31T09:30:00Z",
        Resources="arn:a,arn:b",
        EventBusName="orders",
    )
    entry = {
        "Detail": '{"a":1}',
        "DetailType": "made",
        "Source": "shop",
        "Time": 1769851800.0,
        "Resources": ["arn:a", "arn:b"],
        "EventBusName": "orders",
    }
    assert found == ("AWSEvents.PutEvents", {"Entries": [entry]})


def test_a_time_that_is_none_is_left_to_the_service() -> None:
    _, found = json_input("EventBridge-PutEvents", Detail="{}", DetailType="a", Source="b", Time="soon")
    assert found["Entries"][0]["Time"] == "soon"


def test_a_record_reaches_the_stream_as_it_was_mapped() -> None:
    parameters = {"StreamName": "s", "Data": "J0hlbGxvJw==", "PartitionKey": "p"}
    assert json_input("Kinesis-PutRecord", **parameters) == ("Kinesis_20131202.PutRecord", parameters)


@pytest.mark.parametrize(
    ("subtype", "parameters", "target", "found"),
    [
        (
            "StepFunctions-StartExecution",
            {"StateMachineArn": "m", "Name": "n", "Input": '{"a":1}'},
            "AWSStepFunctions.StartExecution",
            {"stateMachineArn": "m", "name": "n", "input": '{"a":1}'},
        ),
        (
            "StepFunctions-StartSyncExecution",
            {"StateMachineArn": "m", "TraceHeader": "t"},
            "AWSStepFunctions.StartSyncExecution",
            {"stateMachineArn": "m", "traceHeader": "t"},
        ),
        (
            "StepFunctions-StopExecution",
            {"ExecutionArn": "e", "Cause": "c", "Error": "x"},
            "AWSStepFunctions.StopExecution",
            {"executionArn": "e", "cause": "c", "error": "x"},
        ),
    ],
)
def test_a_state_machine_starts_and_stops(subtype: str, parameters: dict[str, str], target: str, found: Any) -> None:
    assert json_input(subtype, **parameters) == (target, found)


def test_a_configuration_is_asked_for() -> None:
    parameters = {"Application": "a b", "Environment": "e", "Configuration": "c/d", "ClientId": "i"}
    target = "/applications/a%20b/environments/e/configurations/c%2Fd?client_id=i"
    assert service_request("AppConfig-GetConfiguration", parameters, "eu-west-1") == ServiceRequest(
        "appconfig", "eu-west-1", "GET", target
    )
    newer = {**parameters, "ClientConfigurationVersion": "2"}
    assert service_request("AppConfig-GetConfiguration", newer, "eu-west-1").target == (
        f"{target}&client_configuration_version=2"
    )


@pytest.mark.parametrize("subtype", SERVICE_ACTIONS)
def test_every_action_has_a_request_in_its_region(subtype: str) -> None:
    action = SERVICE_ACTIONS[subtype]
    parameters = dict.fromkeys(action.required, QUEUE) | {"Region": "ap-south-1"}
    found = service_request(subtype, parameters, "eu-west-1")
    assert (found.service, found.region) == (action.service, "ap-south-1")
    assert b"Region" not in found.body


def parameters_of(body: bytes, **written: str) -> Any:
    expressions = {name: parse_expression(text, "request") for name, text in written.items()}
    integration = HttpApiService("SQS-SendMessage", expressions, written={**written})
    call = make_exchange(
        request=make_request(body=body, method="POST"), operation=make_operation(method="POST", path="/")
    )
    return service_parameters(integration, call)


def test_parameters_are_texts_and_an_object_is_json() -> None:
    assert parameters_of(b'{"a": {"b": [1, true]}, "n": 5}', Body="$request.body.a", Delay="$request.body.n") == {
        "Body": '{"b":[1,true]}',
        "Delay": "5",
    }


@pytest.mark.parametrize("body", [b"{}", b'{"a": ""}', b'{"a": null}'])
def test_a_parameter_without_a_value_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        parameters_of(body, Body="$request.body.a")
    assert caught.value.type is GatewayResponseType.BAD_REQUEST
    assert "Body has no value" in caught.value.reason


def test_a_parameter_that_only_aws_knows_fails() -> None:
    integration = HttpApiService("SQS-PurgeQueue", {}, written={"QueueUrl": {"Fn::ImportValue": "queue"}})
    with pytest.raises(GatewayError) as caught:
        service_parameters(integration, make_exchange(operation=make_operation(path="/")))
    assert caught.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


def test_a_reply_is_the_body_with_its_type() -> None:
    headers = (("content-type", "text/xml"), ("x-amzn-requestid", "r"), ("Server", "s"), ("Date", "d"))
    assert service_reply(HttpResponse(200, "OK", headers, b"<a/>"), make_context()) == Reply(
        200, (("Content-Type", "text/xml"), ("X-Amzn-Requestid", "r"), ("Apigw-Requestid", SHORT_ID)), b"<a/>"
    )


def test_a_failed_action_is_an_error_of_the_integration() -> None:
    with pytest.raises(GatewayError) as caught:
        service_reply(HttpResponse(400, "Bad Request", (), b'{"__type":"ResourceNotFoundException"}'), make_context())
    assert caught.value.type is GatewayResponseType.INTEGRATION_FAILURE
    assert "ResourceNotFoundException" in caught.value.reason
