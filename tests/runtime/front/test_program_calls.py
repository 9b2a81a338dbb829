"""The calls of a program in a real environment: known by its credentials, denied, traced, and hit by faults."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from homeport.runtime.api import PermissionCheck
from homeport.runtime.faults import Faults, fault_rules, parse_fault
from tests.support.endpoint import Endpoint
from tests.support.programs import DeployProgram, client_program, program_deployer
from tests.support.runtime import TABLES, running_parent

pytestmark = pytest.mark.stack

TABLE = "items-local-ItemsTable"
ITEMS = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{TABLE}"
# It signs like any SDK, but for the signature, which nobody looks at on this machine.
PROGRAM = client_program("""
    from urllib.parse import urlsplit

    dynamodb = http.client.HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"]).netloc)

    def call(operation):
        scope = os.environ["AWS_ACCESS_KEY_ID"] + "/20260301/" + os.environ["AWS_REGION"] + "/dynamodb/aws4_request"
        headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0",
                   "X-Amz-Target": "DynamoDB_20120810." + operation}
        dynamodb.request("POST", "/", json.dumps({"TableName": "items-local-ItemsTable", "Key": {}}), headers)
        response = dynamodb.getresponse()
        return [response.status, json.loads(response.read())]

    call("Scan")
    while True:
        request_id, event = take()
        respond(request_id, call(event))
""")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployProgram]:
    folder = tmp_path_factory.mktemp("programs")
    with running_parent(folder / "project") as parent, program_deployer(parent, folder) as deploy:
        yield deploy


def test_calls_of_a_program_are_decided_traced_and_hit_by_faults(programs: DeployProgram, dynamodb: Endpoint) -> None:
    function = programs(
        PROGRAM,
        environment={"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url},
        permissions={ITEMS: ("GetItem",)},
        traced=True,
    )
    first = function.invoke("GetItem")
    assert json.loads(first.payload) == [200, {}]
    # The call of the Init phase is the first invocation's, as on a function of Python.
    assert first.permission_checks == (
        PermissionCheck("dynamodb:Scan", ITEMS, False),
        PermissionCheck("dynamodb:GetItem", ITEMS, True),
    )
    assert [each.operation for each in first.requests] == ["Scan", "GetItem"]
    second = function.invoke("PutItem")
    assert json.loads(second.payload)[0] == 400
    assert second.permission_checks == (PermissionCheck("dynamodb:PutItem", ITEMS, False),)
    assert dynamodb.operations == ["GetItem"]

    faults = Faults((parse_fault("*=InternalServerError"),))
    function.runtime.set_faults(fault_rules(faults, TABLES))
    third = function.invoke("GetItem")
    assert json.loads(third.payload)[0] == 500
    assert b"\nhomeport: fault *=InternalServerError on GetItem (attempt 1 of this invocation's)\n" in third.log
    assert [each.error for each in third.requests] == ["InternalServerError"]
    function.runtime.set_faults(None)
    assert json.loads(function.invoke("GetItem").payload) == [200, {}]


def test_calls_of_a_program_that_was_ended_are_known_all_the_same(programs: DeployProgram, dynamodb: Endpoint) -> None:
    function = programs(
        PROGRAM.replace("respond(request_id, call(event))", "call(event); os._exit(3)"),
        environment={"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url},
        permissions={ITEMS: ("GetItem",)},
    )
    invocation = function.invoke("GetItem")
    assert json.loads(invocation.payload)["errorType"] == "Runtime.ExitError"
    assert PermissionCheck("dynamodb:GetItem", ITEMS, True) in invocation.permission_checks
