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
    client = boto3.client("dynamodb", config=Config(retries=retries, read_timeout=0.2, connect_timeout=0.2))

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
QUERY: Event = {
    "call": "query",
    "arguments": {"TableName": TABLE, "IndexName": "byStatus", "KeyConditionExpression": "a = a"},
}

Make = Callable[..., Deployed]


@pytest.fixture
def function(deploy: Deploy, dynamodb: Endpoint) -> Make:
    def make(*faults: str, seed: int = 0, attempts: int = 0, mode: str = "legacy", code: str = CODE) -> Deployed:
        deployed = deploy(
            code.replace("ATTEMPTS", str(attempts)).replace("MODE", mode),
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


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("ThrottlingException", "ThrottlingException", 400),
        ("InternalServerError", "InternalServerError", 500),
        ("ServiceUnavailable", "ServiceUnavailable", 503),
        ("ReplicatedWriteConflict", "ReplicatedWriteConflictException", 409),
        ("ConditionalCheckFailed", "ConditionalCheckFailedException", 400),
    ],
)
def test_errors_have_their_status(function: Make, kind: str, code: str, status: int) -> None:
    answer = function(f"*={kind}").result(PUT)
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert answer["Error"]["Message"]


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


@pytest.mark.parametrize(
    ("target", "hit"), [("ItemsTable/byStatus", True), ("ItemsTable/*.Query", True), ("ItemsTable", False)]
)
def test_an_index_is_a_target_of_its_own(function: Make, target: str, hit: bool) -> None:
    answer = function(f"{target}=ProvisionedThroughputExceeded").result(QUERY)
    assert ("Error" in answer) is hit
    if hit:
        (reason,) = answer["ThrottlingReasons"]
        assert reason == {"reason": "IndexReadProvisionedThroughputExceeded", "resource": f"{ITEMS}/index/byStatus"}


def test_latency_adds_to_the_requests_time(function: Make, dynamodb: Endpoint) -> None:
    deployed = function("ItemsTable=latency:300ms")
    deployed.invoke(GET)
    assert 300 <= deployed.invoke(GET).duration_ms < 1500
    assert dynamodb.operations == ["GetItem", "GetItem"]


def test_latency_and_an_error_can_both_happen(function: Make) -> None:
    invocation = function("*=latency:300ms", "*=InternalServerError").invoke(GET)
    assert json.loads(invocation.payload)["Error"]["Code"] == "InternalServerError"
    assert invocation.duration_ms >= 300


@pytest.mark.parametrize(("kind", "done"), [("timeout", []), ("lost", ["PutItem"])])
def test_the_clients_own_timeout_ends_the_wait_for_a_missing_response(
    function: Make, dynamodb: Endpoint, kind: str, done: list[str]
) -> None:
    invocation = function(f"*={kind}").invoke(PUT)
    assert invocation.payload == b'"ReadTimeoutError"'
    assert invocation.duration_ms < 1500
    assert dynamodb.operations == done


def test_a_request_whose_response_was_lost_is_sent_again(function: Make, dynamodb: Endpoint) -> None:
    assert function("*=lost", attempts=1).invoke(PUT).payload == b'"ReadTimeoutError"'
    assert dynamodb.operations == ["PutItem", "PutItem"]


def batch(call: str, count: int, **more: Any) -> dict[str, Any]:
    keys = [{"id": {"S": str(number)}} for number in range(count)]
    items: Any = {"Keys": keys, **more} if call == "batch_get_item" else [{"PutRequest": {"Item": key}} for key in keys]
    return {"call": call, "arguments": {"RequestItems": {TABLE: items}}}


def test_a_part_of_a_batch_write_is_left_unprocessed(function: Make, dynamodb: Endpoint) -> None:
    event = batch("batch_write_item", 4)
    requested = event["arguments"]["RequestItems"][TABLE]
    answer = function("ItemsTable.BatchWriteItem=unprocessed:0.5").result(event)
    assert answer["UnprocessedItems"] == {TABLE: requested[2:]}
    assert dynamodb.seen == [("BatchWriteItem", {"RequestItems": {TABLE: requested[:2]}})]


def test_a_part_of_a_batch_read_is_left_unprocessed_with_its_options(function: Make, dynamodb: Endpoint) -> None:
    dynamodb.answers["BatchGetItem"] = {"Responses": {TABLE: [KEY]}, "UnprocessedKeys": {}}
    event = batch("batch_get_item", 3, ConsistentRead=True)
    requested = event["arguments"]["RequestItems"][TABLE]
    answer = function("*=unprocessed:0.3").result(event)
    assert answer["Responses"] == {TABLE: [KEY]}
    assert answer["UnprocessedKeys"] == {TABLE: {"Keys": requested["Keys"][2:], "ConsistentRead": True}}
    assert dynamodb.seen[0][1]["RequestItems"][TABLE]["Keys"] == requested["Keys"][:2]


def test_query_looks_at_so_many_items_and_says_where_to_go_on(function: Make, dynamodb: Endpoint) -> None:
    dynamodb.answers["Query"] = {"Items": [KEY], "LastEvaluatedKey": KEY, "Count": 1, "ScannedCount": 1}
    condition = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "1"}}}
    event: Any = {"call": "query", "arguments": {"TableName": TABLE, "Limit": 20, **condition}}
    answer = function("*.Query=page:1").result(event)
    assert (answer["Items"], answer["LastEvaluatedKey"]) == ([KEY], KEY)
    assert [(name, body["Limit"]) for name, body in dynamodb.seen] == [("Query", 1)]
    function("*.Query=page:30").result(event)
    assert dynamodb.seen[-1][1]["Limit"] == 20


def test_a_batch_of_which_nothing_would_be_processed_is_refused(function: Make, dynamodb: Endpoint) -> None:
    answer = function("*=unprocessed").result(batch("batch_write_item", 1))
    assert answer["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert dynamodb.seen == []


def test_a_canceled_transaction_names_a_reason_for_each_item(function: Make) -> None:
    items = [{"Put": {"TableName": TABLE, "Item": KEY}}, {"Delete": {"TableName": TABLE, "Key": KEY}}]
    event = {"call": "transact_write_items", "arguments": {"TransactItems": items}}
    answer = function("ItemsTable=TransactionCanceled:ConditionalCheckFailed").result(event)
    assert answer["Error"] == {
        "Code": "TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[ConditionalCheckFailed, None]",
    }
    assert answer["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
        {"Code": "None"},
    ]


def test_a_call_that_is_not_allowed_is_denied_first(deploy: Deploy) -> None:
    function = deploy(CODE.replace("ATTEMPTS", "0").replace("MODE", "legacy"), permissions={})
    order(function, "*=InternalServerError")
    assert function.result(PUT)["Error"]["Code"] == "AccessDeniedException"


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
