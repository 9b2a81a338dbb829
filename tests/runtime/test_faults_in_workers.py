"""Faults as functions meet them, with botocore's own retries."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from homeport.runtime.faults import Faults, fault_rules, parse_fault
from tests.support.endpoint import Endpoint
from tests.support.runtime import TABLES, Deploy, Deployed

pytestmark = pytest.mark.stack

TABLE = "items-local-ItemsTable"
ITEMS = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{TABLE}"
CODE = """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    retries = {"max_attempts": ATTEMPTS, "mode": "MODE"}
    client = boto3.client("dynamodb", config=Config(retries=retries, read_timeout=PATIENCE))

    def handler(event, context):
        try:
            answer = getattr(client, event["call"])(**event["arguments"])
        except ClientError as exc:
            answer = exc.response
        except BotoCoreError as exc:
            return type(exc).__name__
        answer["ResponseMetadata"] = {k: answer["ResponseMetadata"][k] for k in ("HTTPStatusCode", "RetryAttempts")}
        return answer
"""
Event = dict[str, Any]

KEY = {"id": {"S": "1"}}
GET: Event = {"call": "get_item", "arguments": {"TableName": TABLE, "Key": KEY}}
PUT: Event = {"call": "put_item", "arguments": {"TableName": TABLE, "Item": KEY}}

Make = Callable[..., Deployed]


@pytest.fixture
def function(deploy: Deploy, dynamodb: Endpoint) -> Make:
    def make(*faults: str, seed: int = 0, attempts: int = 0, mode: str = "legacy", patience: int = 60) -> Deployed:
        deployed = deploy(
            CODE.replace("ATTEMPTS", str(attempts)).replace("MODE", mode).replace("PATIENCE", str(patience)),
            permissions={"*": ["*"]},
            environment={"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url},
        )
        order(deployed, *faults, seed=seed)
        return deployed

    return make


def order(function: Deployed, *faults: str, seed: int = 0) -> None:
    function.runtime.set_faults(fault_rules(Faults(tuple(map(parse_fault, faults)), seed), TABLES))


def test_an_error_has_dynamodbs_own_form_and_is_never_sent(function: Make, dynamodb: Endpoint) -> None:
    answer = function("ItemsTable.PutItem=ProvisionedThroughputExceeded").result(PUT)
    message = (
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API."
    )
    assert answer == {
        "message": message,
        "Error": {"Message": message, "Code": "ProvisionedThroughputExceededException"},
        "ThrottlingReasons": [{"reason": "TableWriteProvisionedThroughputExceeded", "resource": ITEMS}],
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
    }
    assert dynamodb.seen == []


@pytest.mark.parametrize("mode", ["legacy", "standard"])
@pytest.mark.parametrize("kind", ["ProvisionedThroughputExceeded", "ThrottlingException", "InternalServerError"])
def test_botocore_tries_again_as_it_does_on_aws(function: Make, dynamodb: Endpoint, kind: str, mode: str) -> None:
    answer = function(f"*={kind}", attempts=2, mode=mode).result(PUT)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert dynamodb.seen == []


def test_a_fault_that_happens_now_and_then_is_overcome_by_retries(function: Make, dynamodb: Endpoint) -> None:
    deployed = function("*=InternalServerError@0.5", seed=3, attempts=9)
    retries = [deployed.result(PUT)["ResponseMetadata"]["RetryAttempts"] for _ in range(12)]
    assert dynamodb.operations == ["PutItem"] * 12
    assert 0 in retries and max(retries) > 0


def test_the_same_seed_gives_the_same_faults_in_any_environment(function: Make) -> None:
    def failed(seed: int) -> list[bool]:
        deployed = function("*=InternalServerError@0.5", seed=seed)
        return ["Error" in deployed.result(PUT) for _ in range(16)]

    first = failed(1)
    assert failed(1) == first
    assert failed(2) != first
    assert 2 < sum(first) < 14


def test_only_the_named_table_and_action_are_hit(function: Make) -> None:
    deployed = function("ItemsTable.PutItem=InternalServerError", "OtherTable=InternalServerError")
    assert "Error" in deployed.result(PUT)
    assert "Error" not in deployed.result(GET)
    assert "Error" not in deployed.result({**PUT, "arguments": {**PUT["arguments"], "TableName": "items-local-Else"}})


def test_latency_adds_to_the_requests_time(function: Make, dynamodb: Endpoint) -> None:
    deployed = function("ItemsTable=latency:300ms")
    deployed.invoke(GET)
    assert deployed.invoke(GET).duration_ms >= 300
    assert dynamodb.operations == ["GetItem", "GetItem"]


def test_a_request_whose_response_was_lost_is_sent_again(function: Make, dynamodb: Endpoint) -> None:
    assert function("*=lost", attempts=1, patience=2).invoke(PUT).payload == b'"ReadTimeoutError"'
    assert dynamodb.operations == ["PutItem", "PutItem"]


def test_faults_are_switched_on_and_off_between_two_invocations(function: Make) -> None:
    deployed = function()
    assert "Error" not in deployed.result(PUT)
    order(deployed, "*=InternalServerError")
    assert "Error" in deployed.result(PUT)
    deployed.runtime.set_faults(None)
    assert "Error" not in deployed.result(PUT)
    assert deployed.runtime.environments(deployed.name).idle == 1


def test_a_fault_is_logged_in_the_functions_log(function: Make) -> None:
    log = function("ItemsTable=InternalServerError@1").invoke(PUT).log.decode().splitlines()
    fault = "homeport: fault ItemsTable=InternalServerError@1 on PutItem (attempt 1 of this invocation's)"
    assert fault in log[2:-2]


def test_calls_while_the_function_is_initialised_are_hit_too(deploy: Deploy, dynamodb: Endpoint) -> None:
    code = """
        import boto3
        from botocore.config import Config
        client = boto3.client("dynamodb", config=Config(retries={"max_attempts": 0}))
        client.list_tables()
        def handler(event, context): return "fine"
    """
    function = deploy(code, permissions={"*": ["*"]}, environment={"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url})
    order(function, "*=InternalServerError")
    assert json.loads(function.invoke().payload)["errorType"] == "InternalServerError"
    function.runtime.set_faults(None)
    assert function.result() == "fine"
