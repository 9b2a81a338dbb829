"""A tutorial's API in SAM: one function behind $default, a table made by hand, and curl's two traps.

Its function is in Node.js; the same in Python, branch by branch, is held to the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import boto3
import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.http_client import HttpResponse, send_request
from tests.support.project import write_files
from tests.support.waiting import LAST_RESORT, wait_until

pytestmark = pytest.mark.stack

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  ItemsApi:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: index.handler
      Runtime: RUNTIME
      Policies: [DynamoDBCrudPolicy: {TableName: Items}]
      Events:
        Api: {Type: HttpApi}
"""
IN_PYTHON = """\
import json

import boto3

table = boto3.resource("dynamodb").Table("Items")


def reply(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def handler(event, context):
    method = event["requestContext"]["http"]["method"]
    id = (event.get("pathParameters") or {}).get("id")
    if method == "GET" and id:
        item = table.get_item(Key={"itemId": id}).get("Item")
        return reply(200, item) if item else reply(404, {"error": "Not found"})
    if method == "GET":
        return reply(200, table.scan()["Items"])
    if method == "POST":
        item = json.loads(event["body"])
        table.put_item(Item=item)
        return reply(201, item)
    if method == "DELETE" and id:
        table.delete_item(Key={"itemId": id})
        return reply(204, {})
    return reply(405, {"error": "Method not allowed"})
"""
IN_NODE = """\
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = "Items";

const reply = (statusCode, body) => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const handler = async (event) => {
  const { method } = event.requestContext.http;
  const itemId = event.pathParameters?.id;
  if (method === "GET" && itemId) {
    const { Item } = await table.send(new GetCommand({ TableName, Key: { itemId } }));
    return Item ? reply(200, Item) : reply(404, { error: "Not found" });
  }
  if (method === "GET") {
    const { Items } = await table.send(new ScanCommand({ TableName }));
    return reply(200, Items);
  }
  if (method === "POST") {
    const Item = JSON.parse(event.body);
    await table.send(new PutCommand({ TableName, Item }));
    return reply(201, Item);
  }
  if (method === "DELETE" && itemId) {
    await table.send(new DeleteCommand({ TableName, Key: { itemId } }));
    return reply(204, {});
  }
  return reply(405, { error: "Method not allowed" });
};
"""
NO_NODE = pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js is not installed here")
LANGUAGES = [("python3.13", "index.py", IN_PYTHON), pytest.param(("nodejs22.x", "index.mjs", IN_NODE), marks=NO_NODE)]
ROUTES = """\
        List: {Type: HttpApi, Properties: {Path: /items, Method: any}}
        One: {Type: HttpApi, Properties: {Path: "/items/{id}", Method: any}}
"""
ITEM = {"itemId": "1", "name": "Widget"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module", params=LANGUAGES, ids=["python", "node"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = tmp_path_factory.mktemp("items")
    runtime, file, code = request.param
    write_files(root, {"template.yaml": TEMPLATE.replace("RUNTIME", runtime), f"src/{file}": code})
    with running_stack(root, ("--no-data", "--reload"), state=root / ".homeport") as running:
        assert running.dynamodb is not None
        client = boto3.client(
            "dynamodb",
            endpoint_url=running.dynamodb,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        client.create_table(
            TableName="Items",
            AttributeDefinitions=[{"AttributeName": "itemId", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "itemId", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield running


def ask(stack: Stack, method: str, target: str, body: bytes = b"", content_type: str = "") -> HttpResponse:
    kind = [("content-type", content_type.encode())] if content_type else []
    headers = [*kind, ("content-length", str(len(body)).encode())]
    # The first request after a change of the template waits until the gateway has read it.
    return send_request(stack.url, method, target, headers, body, timeout=LAST_RESORT)


def test_item_is_posted_as_json_and_read(stack: Stack) -> None:
    made = ask(stack, "POST", "/items", json.dumps(ITEM).encode(), "application/json")
    assert (made.status, json.loads(made.body)) == (201, ITEM)
    assert dict(made.headers)["Content-Type"] == "application/json"
    # The default route has no parameters, so the function takes /items/1 for the list, here as on AWS.
    read = ask(stack, "GET", "/items/1")
    assert (read.status, json.loads(read.body)) == (200, [ITEM])
    assert ask(stack, "PUT", "/items/1", b"{}", "application/json").status == 405


def test_terminal_says_that_the_default_route_has_no_path_parameters(stack: Stack) -> None:
    lines = [line for line in stack.read_output().splitlines() if "event.pathParameters" in line]
    assert len(lines) == 1
    assert "ItemsApi reads event.pathParameters, which is never there: $default is the only route" in lines[0]
    assert "GET /items/{id}" in lines[0]


def test_terminal_says_why_curls_form_fails(stack: Stack) -> None:
    assert ask(stack, "POST", "/items", json.dumps(ITEM).encode(), FORM).status == 500
    wait_until(lambda: f"in base64, for its content type is {FORM}" in stack.read_output())
    assert "send -H 'content-type: application/json'" in stack.read_output()


def test_routes_of_its_own_give_the_function_its_parameter(stack: Stack) -> None:
    template = stack.state.parent / "template.yaml"
    template.write_text(template.read_text() + ROUTES)
    ask(stack, "POST", "/items", json.dumps(ITEM).encode(), "application/json")
    read = ask(stack, "GET", "/items/1")
    assert (read.status, json.loads(read.body)) == (200, ITEM)
    missing = ask(stack, "GET", "/items/2")
    assert (missing.status, json.loads(missing.body)) == (404, {"error": "Not found"})
    assert ask(stack, "DELETE", "/items/1").status == 204
    assert ask(stack, "GET", "/items/1").status == 404
