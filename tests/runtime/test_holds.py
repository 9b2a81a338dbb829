"""Held calls: a function waits before its call to DynamoDB until a test lets it go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.project.model import Resources
from homeport.runtime.control import ControlError, serve_control
from homeport.runtime.faults import Fault, Faults, Held, check_faults, fault_rules, parse_fault
from homeport.runtime.holds import CallHolds, holding
from homeport.runtime.worker.held_call import socket_address
from tests.support.endpoint import Endpoint
from tests.support.runtime import TABLES, Deploy, Deployed
from tests.support.waiting import LAST_RESORT, wait_until

pytestmark = pytest.mark.stack

TABLE = "items-local-ItemsTable"
CODE = """
    import boto3

    client = boto3.client("dynamodb")

    def handler(event, context):
        client.put_item(TableName="items-local-ItemsTable", Item={"id": {"S": event["id"]}})
        client.get_item(TableName="items-local-ItemsTable", Key={"id": {"S": event["id"]}})
        return context.aws_request_id
"""


class HeldStack:
    """A stack of one function that takes orders."""

    def __init__(self, function: Deployed, control: Path) -> None:
        self.function, self.control = function, control
        self._faults = Faults()
        self._holds: tuple[Fault, ...] = ()
        serve_control(control, self)

    def set_faults(self, faults: Faults) -> None:
        self._faults = faults
        self._apply()

    def faults(self) -> Faults:
        return self._faults

    def set_holds(self, address: str, holds: tuple[Fault, ...]) -> None:
        check_faults(Faults(holds), Resources(TABLES))
        self._holds = holds
        self._apply()

    def renew_environments(self) -> None:
        raise AssertionError

    def flush_log(self) -> None:
        raise AssertionError

    def _apply(self) -> None:
        every = Faults((*self._holds, *self._faults.faults), self._faults.seed)
        self.function.runtime.set_faults(fault_rules(every, TABLES))


@pytest.fixture
def stack(deploy: Deploy, dynamodb: Endpoint) -> Iterator[HeldStack]:
    environment = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url}
    function = deploy(CODE, permissions={"*": ["*"]}, environment=environment)
    # A socket's path is at most about 100 bytes long.
    with tempfile.TemporaryDirectory() as folder:
        yield HeldStack(function, Path(folder) / "control")


@contextmanager
def requests(stack: HeldStack, *ids: str) -> Iterator[list[Future[Any]]]:
    with ThreadPoolExecutor() as threads:
        yield [threads.submit(stack.function.result, {"id": each}) for each in ids]


def arrivals(holds: CallHolds, count: int) -> dict[str, Any]:
    """Return so many calls by the ids of their items."""
    calls = [holds.wait(LAST_RESORT) for _ in range(count)]
    return {call.body["Item"]["id"]["S"]: call for call in calls if call is not None}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_writers_write_in_either_order(stack: HeldStack, dynamodb: Endpoint, order: tuple[str, str]) -> None:
    with holding(stack.control, "ItemsTable.PutItem") as holds, requests(stack, "a", "b") as results:
        calls = arrivals(holds, 2)
        assert dynamodb.seen == []
        for each in order:
            calls[each].release()
            results["ab".index(each)].result()
    puts = [body["Item"]["id"]["S"] for operation, body in dynamodb.seen if operation == "PutItem"]
    assert puts == list(order)


def test_held_call_says_what_it_is(stack: HeldStack) -> None:
    with holding(stack.control, "*", name_of=lambda name: f"<{name}>") as holds, requests(stack, "a") as results:
        put, get = holds.wait(LAST_RESORT), None
        assert put is not None
        put.release()
        get = holds.wait(LAST_RESORT)
        assert get is not None
        get.release()
        request_id = results[0].result()
    assert (put.action, put.table, put.function) == ("PutItem", f"<{TABLE}>", "items-local-probe")
    assert put.body == {"TableName": TABLE, "Item": {"id": {"S": "a"}}}
    assert (get.action, get.request_id, put.request_id) == ("GetItem", request_id, request_id)


def test_other_calls_go_on(stack: HeldStack, dynamodb: Endpoint) -> None:
    with holding(stack.control, "ItemsTable.Query") as holds, requests(stack, "a") as results:
        results[0].result()
        assert holds.wait(0) is None
    assert dynamodb.operations == ["PutItem", "GetItem"]


def test_all_calls_that_wait_and_that_come_go_on_after_release_all(stack: HeldStack) -> None:
    with holding(stack.control, "*") as holds, requests(stack, "a", "b") as results:
        arrivals(holds, 2)
        holds.release_all()
        assert len({result.result() for result in results}) == 2
        assert holds.wait(0) is None


def test_calls_go_on_when_the_context_ends(stack: HeldStack) -> None:
    with ThreadPoolExecutor() as threads:
        with holding(stack.control, "*") as holds:
            result = threads.submit(stack.function.result, {"id": "a"})
            assert holds.wait(LAST_RESORT) is not None
        assert result.result()
    stack.function.result({"id": "b"})


def test_call_goes_on_where_nobody_listens(stack: HeldStack, dynamodb: Endpoint) -> None:
    with holding(stack.control, "*") as holds:
        order = fault_rules(Faults(stack._holds), TABLES)
        holds.close()
        stack.function.runtime.set_faults(order)
        stack.function.result({"id": "a"})
    assert dynamodb.operations == ["PutItem", "GetItem"]


def test_time_limit_of_the_function_counts_while_its_call_is_held(deploy: Deploy, dynamodb: Endpoint) -> None:
    environment = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url}
    function = deploy(CODE, permissions={"*": ["*"]}, environment=environment, timeout=1)
    with tempfile.TemporaryDirectory() as folder:
        stack = HeldStack(function, Path(folder) / "control")
        with holding(stack.control, "*") as holds, ThreadPoolExecutor() as threads:
            ended = threads.submit(function.invoke, {"id": "a"})
            call = holds.wait(LAST_RESORT)
            assert call is not None
            assert "Task timed out after 1.00 seconds" in json.loads(ended.result().payload)["errorMessage"]
            call.release()
    assert dynamodb.seen == []


def test_held_call_meets_its_fault_afterwards(stack: HeldStack, dynamodb: Endpoint) -> None:
    stack.set_faults(Faults((parse_fault("ItemsTable.PutItem=ThrottlingException"),)))
    with holding(stack.control, "ItemsTable.PutItem") as holds, ThreadPoolExecutor() as threads:
        invocation = threads.submit(stack.function.invoke, {"id": "a"})
        while not invocation.done():
            if (call := holds.wait(0.05)) is not None:
                call.release()
        assert b"ThrottlingException" in invocation.result().payload
    assert dynamodb.seen == []
    assert stack.faults().faults[0].text == "ItemsTable.PutItem=ThrottlingException"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may be another user")
def test_call_of_another_user_is_not_taken(stack: HeldStack) -> None:
    with holding(stack.control, "*") as holds:
        address = stack._holds[0].effect
        assert isinstance(address, Held)
        code = (
            "import os, socket\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
            f"s.connect({socket_address(address.address)!r})\n"
            "try: s.sendall(b'{}\\n'); print(s.recv(1))\nexcept OSError as error: print(type(error))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.stdout in ("b''\n", "<class 'ConnectionResetError'>\n", "<class 'BrokenPipeError'>\n"), done.stderr
        assert holds.wait(0) is None


def test_unknown_table_is_an_error_with_the_nearest_name(stack: HeldStack) -> None:
    with pytest.raises(ControlError, match="did you mean ItemsTable"), holding(stack.control, "ItemTable"):
        raise AssertionError
    with pytest.raises(ControlError, match="no action on DynamoDB items"), holding(stack.control, "ItemsTable.Put"):
        raise AssertionError


def test_calls_of_a_process_that_is_gone_go_on(stack: HeldStack, dynamodb: Endpoint) -> None:
    with holding(stack.control, "*") as holds, requests(stack, "a") as results:
        call = holds.wait(LAST_RESORT)
        assert call is not None
        # The kernel closes the connections of a process that ends.
        call._connection.close()
        wait_until(lambda: "PutItem" in dynamodb.operations)
        holds.release_all()
        results[0].result()
