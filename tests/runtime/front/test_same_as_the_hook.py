"""Calls to DynamoDB are decided alike in Python's hook and in the front: permissions, faults and the trace."""

from __future__ import annotations

import threading
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from homeport.runtime.api import DynamoDBRequest, PermissionCheck
from homeport.runtime.faults import hold_fault
from homeport.runtime.front.environment_calls import CAPACITY_OPERATIONS
from homeport.runtime.holds import CallHolds, _listening
from tests.runtime.front.conftest import Caller, MakeCaller
from tests.support.endpoint import Endpoint

TABLE = "items-local-ItemsTable"
ITEMS = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{TABLE}"
ROLE = "arn:aws:sts::000000000000:assumed-role/items-local-probe-role/items-local-probe"
KEY = {"id": {"S": "1"}}
GET = ("get_item", {"TableName": TABLE, "Key": KEY})
PUT = ("put_item", {"TableName": TABLE, "Item": KEY})
ALL = {"*": ("*",)}
Call = tuple[str, dict[str, Any]]


def do(client: Any, call: Call) -> dict[str, Any]:
    """Return the response, or that of an error, without what differs from one to another."""
    try:
        response = getattr(client, call[0])(**call[1])
    except ClientError as error:
        response = dict(error.response)
    metadata = response.pop("ResponseMetadata")
    return {**response, "status": metadata["HTTPStatusCode"], "attempts": metadata["RetryAttempts"] + 1}


def test_allowed_call_reaches_dynamodb(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions={ITEMS: ("GetItem",)})
    dynamodb.answers["GetItem"] = {"Item": {"id": {"S": "1"}, "data": {"B": "AAE="}}}
    answer = do(function.client(), GET)
    assert answer == {"Item": {"id": {"S": "1"}, "data": {"B": b"\0\1"}}, "status": 200, "attempts": 1}
    assert dynamodb.seen == [("GetItem", GET[1])]
    assert function.calls.take_checks() == [("dynamodb:GetItem", ITEMS, True)]
    assert function.calls.take_checks() == []


def test_call_that_the_role_does_not_allow_is_denied_and_never_sent(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions={ITEMS: ("GetItem",)})
    message = (
        f"User: {ROLE} is not authorized to perform: dynamodb:PutItem on resource: {ITEMS} "
        "because no identity-based policy allows the dynamodb:PutItem action"
    )
    assert do(function.client(), PUT) == {
        "Error": {"Message": message, "Code": "AccessDeniedException"},
        "status": 400,
        "attempts": 1,
    }
    assert function.calls.take_checks() == [("dynamodb:PutItem", ITEMS, False)]
    assert dynamodb.seen == []


def test_denial_has_the_headers_and_the_body_of_dynamodb(caller: MakeCaller) -> None:
    function = caller(permissions={})
    seen: dict[str, Any] = {}

    def look(response_dict: dict[str, Any], **_: Any) -> None:
        seen.update(response_dict)

    client = function.client()
    client.meta.events.register("before-parse.dynamodb", look)
    do(client, GET)
    assert seen["body"].startswith(b'{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "User: ')
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["content-length"] == str(len(seen["body"]))
    assert {"x-amz-crc32", "x-amzn-requestid"} <= headers.keys()


def transact(kind: str, **part: object) -> Call:
    items = [{"Put": {"TableName": TABLE, "Item": KEY}}, {kind: {"TableName": TABLE, **part}}]
    return "transact_write_items", {"TransactItems": items}


PARTS = ("PutItem", "UpdateItem", "DeleteItem", "GetItem")
OF_INDEX = {"TableName": TABLE, "IndexName": "byStatus", "KeyConditionExpression": "a = a"}
STATEMENT = {"Statement": f"UPDATE \"{TABLE}\" SET a=1 WHERE id='1'"}


@pytest.mark.parametrize(
    ("rights", "call", "action", "resource"),
    [
        (PARTS, transact("ConditionCheck", Key=KEY, ConditionExpression="a = a"), "ConditionCheckItem", ITEMS),
        (("PutItem",), transact("Delete", Key=KEY), "DeleteItem", ITEMS),
        ((), ("list_tables", {}), "ListTables", ITEMS.replace(TABLE, "*")),
        (PARTS, ("describe_table", {"TableName": TABLE}), "DescribeTable", ITEMS),
        (PARTS, ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [KEY]}}}), "BatchGetItem", ITEMS),
        (
            PARTS,
            ("batch_write_item", {"RequestItems": {TABLE: [{"PutRequest": {"Item": KEY}}]}}),
            "BatchWriteItem",
            ITEMS,
        ),
        (("Query",), ("query", OF_INDEX), "Query", f"{ITEMS}/index/byStatus"),
        (
            PARTS,
            ("execute_statement", {"Statement": f'SELECT * FROM "{TABLE}"."byStatus"'}),
            "PartiQLSelect",
            f"{ITEMS}/index/byStatus",
        ),
        (("PartiQLSelect",), ("execute_transaction", {"TransactStatements": [STATEMENT]}), "PartiQLUpdate", ITEMS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_error_names_the_missing_permission(
    caller: MakeCaller, dynamodb: Endpoint, rights: tuple[str, ...], call: Call, action: str, resource: str
) -> None:
    function = caller(permissions={ITEMS: rights})
    answer = do(function.client(), call)
    assert answer["Error"]["Code"] == "AccessDeniedException"
    assert answer["Error"]["Message"].endswith(
        f" is not authorized to perform: dynamodb:{action} on resource: {resource} "
        f"because no identity-based policy allows the dynamodb:{action} action"
    )
    assert (f"dynamodb:{action}", resource, False) in function.calls.take_checks()
    assert dynamodb.seen == []


def test_comment_in_a_statement_gives_no_permission_on_another_table(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions={ITEMS: ("PartiQLSelect",)})
    statement = f'/* FROM "{TABLE}" */ SELECT * FROM "Secrets"'
    answer = do(function.client(), ("execute_statement", {"Statement": statement}))
    expected = f"dynamodb:PartiQLSelect on resource: {ITEMS.replace(TABLE, 'Secrets')} because"
    assert expected in answer["Error"]["Message"]
    assert dynamodb.seen == []


def test_transaction_needs_the_permissions_of_its_parts_alone(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions={ITEMS: ("PutItem", "ConditionCheckItem")})
    check = transact("ConditionCheck", Key=KEY, ConditionExpression="a = a")
    assert do(function.client(), check)["status"] == 200
    assert dynamodb.operations == ["TransactWriteItems"]


def test_deny_condition_and_boundary_hold(caller: MakeCaller, dynamodb: Endpoint) -> None:
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["1"]}}
    function = caller(
        permissions={ITEMS: ("PutItem", "Scan")},
        policies=(
            {"Effect": "Deny", "Action": ["dynamodb:PutItem"], "Resource": [ITEMS]},
            {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": ["*"], "Condition": own},
        ),
        partition_keys={ITEMS: "id"},
        boundary=({"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": ["*"]},),
    )
    client = function.client()
    other = ("get_item", {"TableName": TABLE, "Key": {"id": {"S": "2"}}})
    put, scan = do(client, PUT)["Error"]["Message"], do(client, ("scan", {"TableName": TABLE}))["Error"]["Message"]
    assert put.endswith("with an explicit deny in an identity-based policy")
    assert scan.endswith("because no permissions boundary allows the dynamodb:Scan action")
    assert do(client, GET)["status"] == 200
    assert do(client, other)["Error"]["Code"] == "AccessDeniedException"
    assert dynamodb.operations == ["GetItem"]


def test_stream_is_read_with_a_permission_alone_and_not_traced(caller: MakeCaller, dynamodb: Endpoint) -> None:
    stream = f"{ITEMS}/stream/2026-03-01T00:00:00.000"
    function = caller(permissions={stream: ("DescribeStream",), ITEMS: ("GetItem",)}, traced=True)
    do(function.client(), GET)
    streams = function.client("dynamodbstreams")
    assert do(streams, ("describe_stream", {"StreamArn": stream}))["status"] == 200
    denied = do(streams, ("list_streams", {"TableName": TABLE}))
    assert f"dynamodb:ListStreams on resource: {ITEMS}/stream/* because" in denied["Error"]["Message"]
    assert dynamodb.operations == ["GetItem", "DescribeStream"]
    assert [kept.operation for kept in function.calls.take_requests()] == ["GetItem"]


def test_table_of_another_region_is_another_table(caller: MakeCaller) -> None:
    function = caller(permissions={ITEMS: ("GetItem",)})
    message = do(function.client(region_name="us-west-2"), GET)["Error"]["Message"]
    assert ITEMS.replace("eu-west-1", "us-west-2") in message


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
def test_injected_error_is_dynamodbs(caller: MakeCaller, dynamodb: Endpoint, kind: str, code: str, status: int) -> None:
    function = caller(permissions=ALL)
    function.meet(f"*={kind}")
    answer = do(function.client(), PUT)
    assert (answer["Error"]["Code"], answer["status"]) == (code, status)
    assert answer["Error"]["Message"]
    assert dynamodb.seen == []
    assert function.log() == [f"homeport: fault *={kind} on PutItem (attempt 1 of this invocation's)"]


def test_throttled_index_is_named_with_the_reason(caller: MakeCaller) -> None:
    function = caller(permissions=ALL)
    function.meet("ItemsTable/byStatus=ProvisionedThroughputExceeded")
    reason = {"reason": "IndexReadProvisionedThroughputExceeded", "resource": f"{ITEMS}/index/byStatus"}
    assert do(function.client(), ("query", OF_INDEX))["ThrottlingReasons"] == [reason]
    assert do(function.client(), PUT)["status"] == 200


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_sdk_tries_again_and_every_attempt_is_traced(caller: MakeCaller, dynamodb: Endpoint, mode: str) -> None:
    function = caller(permissions=ALL, traced=True)
    function.meet("*=InternalServerError")
    client = function.client(config={"retries": {"max_attempts": 2, "mode": mode}})
    attempts = do(client, PUT)["attempts"]
    assert [each.error for each in function.calls.take_requests()] == ["InternalServerError"] * attempts
    assert attempts > 1 and dynamodb.seen == []


# Drawn once: the hook and the front have to agree with each other too.
SEED_1 = "xxx..x.x.xxx..x."


def failures(function: Caller, seed: int) -> list[bool]:
    function.meet("*=InternalServerError@0.5", seed=seed)
    client = function.client()
    return ["Error" in do(client, PUT) for _ in range(16)]


def test_seed_gives_the_same_faults_everywhere(caller: MakeCaller) -> None:
    first = failures(caller(permissions=ALL), 1)
    assert "".join("x" if each else "." for each in first) == SEED_1
    assert failures(caller(permissions=ALL), 2) != first


def batch(call: str, count: int, **more: Any) -> Call:
    keys = [{"id": {"S": str(number)}} for number in range(count)]
    items: Any = {"Keys": keys, **more} if call == "batch_get_item" else [{"PutRequest": {"Item": key}} for key in keys]
    return call, {"RequestItems": {TABLE: items}}


@pytest.mark.parametrize("traced", [False, True])
def test_part_of_a_batch_is_left_unprocessed(caller: MakeCaller, dynamodb: Endpoint, traced: bool) -> None:
    function = caller(permissions=ALL, traced=traced)
    function.meet("*=unprocessed:0.3")
    dynamodb.answers["BatchGetItem"] = {
        "Responses": {TABLE: [KEY]},
        "UnprocessedKeys": {},
        **({"ConsumedCapacity": [{"TableName": TABLE, "CapacityUnits": 1.5}]} if traced else {}),
    }
    read, write = batch("batch_get_item", 3, ConsistentRead=True), batch("batch_write_item", 4)
    keys, puts = read[1]["RequestItems"][TABLE]["Keys"], write[1]["RequestItems"][TABLE]
    assert do(function.client(), read) == {
        "Responses": {TABLE: [KEY]},
        "UnprocessedKeys": {TABLE: {"Keys": keys[2:], "ConsistentRead": True}},
        "status": 200,
        "attempts": 1,
    }
    assert do(function.client(), write)["UnprocessedItems"] == {TABLE: puts[2:]}
    assert [body["RequestItems"][TABLE] for _, body in dynamodb.seen] == [
        {"Keys": keys[:2], "ConsistentRead": True},
        puts[:2],
    ]


def test_query_looks_at_so_many_items_and_says_where_to_go_on(caller: MakeCaller, dynamodb: Endpoint) -> None:
    dynamodb.answers["Query"] = {"Items": [KEY], "LastEvaluatedKey": KEY, "Count": 1, "ScannedCount": 1}
    function = caller(permissions=ALL, traced=True)
    for page in (1, 30):
        function.meet(f"*.Query=page:{page}")
        answer = do(function.client(), ("query", {**OF_INDEX, "Limit": 20}))
        assert (answer["Items"], answer["LastEvaluatedKey"]) == ([KEY], KEY)
    assert [(name, body["Limit"]) for name, body in dynamodb.seen] == [("Query", 1), ("Query", 20)]


def test_batch_of_which_nothing_would_be_processed_is_rejected(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions=ALL)
    function.meet("*=unprocessed")
    answer = do(function.client(), batch("batch_write_item", 1))
    assert answer["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert dynamodb.seen == []


def test_canceled_transaction_names_a_reason_for_each_item(caller: MakeCaller) -> None:
    function = caller(permissions=ALL)
    function.meet("ItemsTable=TransactionCanceled:ConditionalCheckFailed")
    answer = do(function.client(), transact("Delete", Key=KEY))
    assert answer["Error"]["Message"].endswith("[ConditionalCheckFailed, None]")
    assert answer["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
        {"Code": "None"},
    ]


# A lost response is one to a request that DynamoDB has seen: on a busy machine that takes a while.
@pytest.mark.parametrize(("kind", "limit", "done"), [("timeout", 0.2, []), ("lost", 0.8, ["PutItem"])])
def test_missing_response_ends_with_the_clients_own_timeout(
    caller: MakeCaller, dynamodb: Endpoint, kind: str, limit: float, done: list[str]
) -> None:
    function = caller(permissions=ALL, traced=True)
    function.meet(f"*={kind}")
    with pytest.raises(ReadTimeoutError):
        function.client(config={"read_timeout": limit}).put_item(**PUT[1])
    assert dynamodb.operations == done
    (kept,) = function.calls.take_requests()
    assert (kept.operation, kept.error, kept.capacity) == ("PutItem", "ReadTimeoutError", None)
    assert kept.duration_ms >= 150


def test_latency_and_an_error_both_happen(caller: MakeCaller) -> None:
    function = caller(permissions=ALL, traced=True)
    function.meet("*=latency:150ms", "*=InternalServerError")
    assert do(function.client(), GET)["Error"]["Code"] == "InternalServerError"
    assert function.calls.take_requests()[0].duration_ms >= 150


def test_call_that_is_not_allowed_is_denied_before_a_fault(caller: MakeCaller) -> None:
    function = caller(permissions={})
    function.meet("*=InternalServerError")
    assert do(function.client(), PUT)["Error"]["Code"] == "AccessDeniedException"


def test_faults_end_with_the_invocation(caller: MakeCaller) -> None:
    function = caller(permissions=ALL)
    function.meet("*=InternalServerError")
    client = function.client()
    assert "Error" in do(client, PUT)
    function.meet()
    assert "Error" not in do(client, PUT)


def test_held_call_waits_until_it_is_released(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions=ALL)
    with _listening() as (listener, address):
        holds = CallHolds(listener, str, str)
        function.meet(hold_fault("ItemsTable.PutItem", address), request_id="the request")
        thread = threading.Thread(target=do, args=(function.client(), PUT))
        thread.start()
        held = holds.wait(20)
        assert held is not None and dynamodb.seen == []
        assert (held.action, held.table, held.body) == ("PutItem", TABLE, PUT[1])
        assert (held.function, held.request_id) == ("items-local-probe", "the request")
        held.release()
        thread.join()
        holds.close()
    assert dynamodb.operations == ["PutItem"]


def test_trace_has_the_capacity_that_the_function_did_not_ask_for(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions={ITEMS: ("GetItem",)}, traced=True, bodies=True)
    consumed = {"TableName": TABLE, "CapacityUnits": 0.5}
    dynamodb.answers["GetItem"] = {"Item": {"id": {"S": "é"}}, "ConsumedCapacity": consumed}
    client = function.client()
    read = {"TableName": TABLE, "Key": KEY, "ConsistentRead": True}
    assert do(client, ("get_item", read)) == {"Item": {"id": {"S": "é"}}, "status": 200, "attempts": 1}
    asking = do(client, ("get_item", {**GET[1], "ReturnConsumedCapacity": "TOTAL"}))
    assert asking["ConsumedCapacity"] == consumed
    assert [body["ReturnConsumedCapacity"] for _, body in dynamodb.seen] == ["TOTAL", "TOTAL"]
    first, second = function.calls.take_requests()
    assert 0 < first.duration_ms < 20_000
    assert first == DynamoDBRequest(
        "GetItem",
        (PermissionCheck("dynamodb:GetItem", ITEMS, True),),
        first.duration_ms,
        capacity=0.5,
        consistent=True,
        request='{"TableName": "items-local-ItemsTable", "Key": {"id": {"S": "1"}}, "ConsistentRead": true}',
        response='{"Item": {"id": {"S": "\\u00e9"}}}',
        at=first.at,
    )
    assert (second.consistent, second.capacity) == (False, 0.5)
    assert function.calls.take_requests() == []


def test_trace_has_the_error_of_a_denied_call(caller: MakeCaller) -> None:
    function = caller(permissions={}, traced=True, bodies=True)
    do(function.client(), GET)
    (kept,) = function.calls.take_requests()
    denied = PermissionCheck("dynamodb:GetItem", ITEMS, False)
    assert (kept.error, kept.permissions) == ("AccessDeniedException", (denied,))
    assert kept.response.startswith('{"Error": {"Message": "User: ')


def test_untraced_call_is_not_asked_for_its_capacity(caller: MakeCaller, dynamodb: Endpoint) -> None:
    function = caller(permissions=ALL)
    do(function.client(), GET)
    assert dynamodb.seen == [("GetItem", GET[1])]
    assert function.calls.take_requests() == []


def test_capacity_is_asked_for_in_every_operation_that_has_it() -> None:
    model = botocore.session.get_session().get_service_model("dynamodb")
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    having = {name for name, shape in shapes.items() if shape and "ReturnConsumedCapacity" in shape.members}
    assert having <= CAPACITY_OPERATIONS
