"""A REST API as a console makes it: a GET whose function scans a table, a POST whose body is the event.

The whole stack runs: the gateway, the functions with boto3, and DynamoDB. A mock, an HTTP proxy and a scan of the
table without any function stand beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.backend import Backend, running_backend
from tests.support.made_project import Made, Route, write_project
from tests.support.wire import Answer, ask

pytestmark = pytest.mark.stack

INTEGRATION = "x-amazon-apigateway-integration"
SCAN = """
import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["RECORDS_TABLE"])

def handler(event, context):
    records = sorted(table.scan()["Items"], key=lambda record: record["id"])
    return {"statusCode": 200, "body": json.dumps(records)}
"""
PUT = """
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["RECORDS_TABLE"])

def handler(event, context):
    if "id" not in event:
        raise ValueError("[400] a record needs an id")
    table.put_item(Item=event)
    return {"stored": event["id"]}
"""
TABLE = {
    "Resources": {
        "RecordsTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "records",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
    }
}


def uri(name: str) -> str:
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"


def responses(*statuses: str) -> dict[str, Any]:
    return {"responses": {status: {"description": status} for status in statuses}}


def project(backend: str) -> Made:
    error = {
        "statusCode": "400",
        "responseTemplates": {"application/json": '{"error": "$input.path("$.errorMessage")"}'},
    }
    store = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": uri("store"),
        "responses": {"default": {"statusCode": "200"}, r"\[400\].*": error},
    }
    fixed = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": '{"ok": true}'}}},
    }
    counted = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:dynamodb:action/Scan",
        "credentials": "arn:aws:iam::000000000000:role/reads",
        "requestTemplates": {"application/json": '{"TableName": "records"}'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseTemplates": {"application/json": '{"count": $input.path("$.Count")}'},
            }
        },
    }
    site = {"type": "http_proxy", "httpMethod": "GET", "uri": f"{backend}/page"}
    return Made(
        (
            Route("GET", "/records", SCAN, {"x-homeport": {"access": {"RecordsTable": ["Scan"]}}}),
            Route(
                "POST",
                "/records",
                PUT,
                {
                    **responses("200", "400"),
                    "x-homeport": {"access": {"RecordsTable": ["PutItem"]}},
                    INTEGRATION: store,
                },
            ),
            Route("GET", "/fixed", extra={**responses("200"), INTEGRATION: fixed}),
            Route("GET", "/count", extra={**responses("200"), INTEGRATION: counted}),
            Route("GET", "/site", extra={INTEGRATION: site}),
        ),
        flavor="rest",
        stage_name="dev",
        resources=TABLE,
    )


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.fixture(scope="module")
def stack(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = write_project(tmp_path_factory.mktemp("records") / "project", project(backend.url))
    with running_stack(root) as stack:
        yield stack


def call(stack: Stack, method: str, path: str, body: Any = None) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    headers = [] if data is None else [("Content-Type", "application/json")]
    return ask(stack.url, method, f"/dev{path}", headers, data)


def test_a_get_finds_the_record_that_a_post_handed_to_its_function(stack: Stack) -> None:
    answer = call(stack, "POST", "/records", {"id": "r1", "text": "first"})
    assert (answer.status, answer.json()) == (200, {"stored": "r1"})
    found = call(stack, "GET", "/records")
    assert (found.status, found.json()) == (200, [{"id": "r1", "text": "first"}])
    assert call(stack, "GET", "/count").json() == {"count": 1}


def test_an_error_of_the_function_becomes_its_own_status(stack: Stack) -> None:
    answer = call(stack, "POST", "/records", {"text": "none"})
    assert (answer.status, answer.json()) == (400, {"error": "[400] a record needs an id"})


def test_an_event_that_is_no_json_does_not_reach_the_function(stack: Stack) -> None:
    answer = ask(stack.url, "POST", "/dev/records", [("Content-Type", "application/json")], b"id=r2")
    assert answer.status == 400
    assert answer.json()["message"].startswith("Could not parse request body into json: ")


def test_a_mock_and_a_proxy_stand_beside_them(stack: Stack, backend: Backend) -> None:
    backend.headers, backend.body = [("Content-Type", "text/html")], b"<p>"
    assert call(stack, "GET", "/fixed").json() == {"ok": True}
    answer = call(stack, "GET", "/site")
    assert (answer.body, answer.header("content-type")) == (b"<p>", "text/html")
