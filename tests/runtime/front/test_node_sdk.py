"""The AWS SDK for JavaScript in functions on Node.js, whose calls the front decides about."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.runtime.api import PermissionCheck
from homeport.runtime.faults import Faults, fault_rules, parse_fault
from homeport.runtime.node.launch import node_program
from homeport.runtime.node.sdk import node_sdk
from homeport.runtime.program import RuntimeProgram
from tests.support.endpoint import Endpoint
from tests.support.programs import program_deployer
from tests.support.runtime import TABLES, Deployed, RunningParent, running_parent
from tests.support.runtime_api import own_node

pytestmark = pytest.mark.stack

TABLE = "items-local-ItemsTable"
ITEMS = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{TABLE}"
KEY = {"id": {"S": "1"}}
GET, PUT = ["GetItem", {"TableName": TABLE, "Key": KEY}], ["PutItem", {"TableName": TABLE, "Item": KEY}]
CODE = """
    import * as dynamodb from '@aws-sdk/client-dynamodb';
    import { S3Client, ListBucketsCommand } from '@aws-sdk/client-s3';

    const requestHandler = { requestTimeout: 300, throwOnRequestTimeout: true };
    const client = new dynamodb.DynamoDBClient({ requestHandler });
    const command = ([name, input]) => new dynamodb[`${name}Command`](input);

    export const handler = async (event) => {
      try {
        const answer = event === 's3'
          ? await new S3Client({}).send(new ListBucketsCommand({}))
          : await client.send(command(event));
        return { ...answer, $metadata: undefined, attempts: answer.$metadata.attempts };
      } catch (error) {
        const { attempts, httpStatusCode } = error.$metadata ?? {};
        return { name: error.name, message: error.message, attempts, status: httpStatusCode };
      }
    };
"""
MakeFunction = Callable[..., Deployed]


@pytest.fixture(scope="module")
def program() -> RuntimeProgram:
    try:
        node = own_node()
        return node_program(node, node_sdk(read_environment().cache_dir, node, print), source_maps=False)
    except SetupError as error:
        pytest.skip(f"there is no Node.js with its SDK here: {error}")


@pytest.fixture(scope="module")
def parent_of_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningParent]:
    with running_parent(tmp_path_factory.mktemp("node") / "project") as parent:
        yield parent


@pytest.fixture(scope="module")
def make_function(
    parent_of_programs: RunningParent, program: RuntimeProgram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeFunction]:
    with program_deployer(parent_of_programs, tmp_path_factory.mktemp("code")) as deploy:

        def make(dynamodb: Endpoint, **config: Any) -> Deployed:
            variables = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url, **program.environment}
            function = deploy(None, program=program, runtime="nodejs22.x", environment=variables, **config)
            assert function.config.code is not None
            (function.config.code.root / "index.mjs").write_text(textwrap.dedent(CODE), encoding="utf-8")
            return function

        yield make


def test_calls_of_node_are_decided_and_traced(make_function: MakeFunction, dynamodb: Endpoint) -> None:
    function = make_function(dynamodb, permissions={ITEMS: ("GetItem",)}, traced=True, bodies=True)
    dynamodb.answers["GetItem"] = {"Item": KEY, "ConsumedCapacity": {"TableName": TABLE, "CapacityUnits": 0.5}}
    allowed = function.invoke(GET)
    assert json.loads(allowed.payload) == {"Item": KEY, "attempts": 1}
    assert allowed.permission_checks == (PermissionCheck("dynamodb:GetItem", ITEMS, True),)
    (request,) = allowed.requests
    assert (request.operation, request.capacity, json.loads(request.response)) == ("GetItem", 0.5, {"Item": KEY})
    denied = function.invoke(PUT)
    role = "arn:aws:sts::000000000000:assumed-role/items-local-probe-role/items-local-probe"
    assert json.loads(denied.payload) == {
        "name": "AccessDeniedException",
        "message": f"User: {role} is not authorized to perform: dynamodb:PutItem on resource: {ITEMS} "
        "because no identity-based policy allows the dynamodb:PutItem action",
        "attempts": 1,
        "status": 400,
    }
    assert denied.permission_checks == (PermissionCheck("dynamodb:PutItem", ITEMS, False),)
    assert dynamodb.operations == ["GetItem"]
    other = function.result("s3")
    assert (other["name"], other["attempts"], other["status"]) == ("NotEmulatedError", 1, 501)
    assert other["message"].startswith("homeport has no s3 and holds no AWS credentials: ListBuckets would go to AWS")


def test_calls_of_node_meet_faults(make_function: MakeFunction, dynamodb: Endpoint) -> None:
    function = make_function(dynamodb, permissions={"*": ("*",)}, traced=True)

    def meet(fault: str, event: object) -> tuple[dict[str, Any], list[str | None]]:
        function.runtime.set_faults(fault_rules(Faults((parse_fault(fault),)), TABLES))
        invocation = function.invoke(event)
        return json.loads(invocation.payload), [each.error for each in invocation.requests]

    answer, traced = meet("*=ProvisionedThroughputExceeded", PUT)
    assert (answer["name"], answer["attempts"]) == ("ProvisionedThroughputExceededException", len(traced))
    assert len(traced) > 1 and dynamodb.seen == []
    puts = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(2)]
    answer, traced = meet("*=unprocessed:0.5", ["BatchWriteItem", {"RequestItems": {TABLE: puts}}])
    assert (answer["UnprocessedItems"], traced) == ({TABLE: puts[1:]}, [None])
    answer, traced = meet("*=lost", PUT)
    assert answer["name"] == "TimeoutError"
    assert traced == ["ReadTimeoutError"] * answer["attempts"]
    assert dynamodb.operations == ["BatchWriteItem"] + ["PutItem"] * len(traced)
