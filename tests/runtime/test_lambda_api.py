"""Lambda's Invoke API on a real socket, with boto3 as its client."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.runtime.api import Invocation, Throttled
from homeport.runtime.lambda_api import LocalFunctions, function_finder, serve_lambda_api

ARN = "arn:aws:lambda:us-east-1:000000000000:function:notes-local-greet"


@dataclass
class Functions:
    """Functions that answer with their event, and note what runs later."""

    later: list[tuple[str, bytes]] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)

    def invoke_later(self, function: str, event: bytes) -> str:
        self.later.append((function, event))
        return "id-2"

    def invoke(self, function: str, event: bytes, cause: str) -> Invocation:
        self.causes.append(cause)
        given = json.loads(event)
        if given == "busy":
            raise Throttled("no concurrency left")
        error = "Unhandled" if given == "fail" else None
        return Invocation(event, error, "id-1", 1.0, None, b"a line\n")


@pytest.fixture
def api() -> Iterator[tuple[Any, Functions, socket.socket]]:
    functions = Functions()
    listener = socket.create_server(("127.0.0.1", 0))
    find = function_finder(lambda: {"notes-local-greet": "greet"})
    serve_lambda_api(listener, LocalFunctions(find, functions.invoke, functions.invoke_later))
    client = boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client, functions, listener
    listener.close()


@pytest.mark.parametrize("name", ["notes-local-greet", "notes-local-greet:live", ARN, f"{ARN}:7"])
def test_function_is_found_by_name_and_arn(api: Any, name: str) -> None:
    client, _, _ = api
    answer = client.invoke(FunctionName=name, Payload=b'{"n": 1}')
    assert (answer["StatusCode"], json.loads(answer["Payload"].read())) == (200, {"n": 1})
    assert "FunctionError" not in answer


def test_failed_function_answers_200_with_the_error(api: Any) -> None:
    client, _, _ = api
    assert client.invoke(FunctionName=ARN, Payload=b'"fail"')["FunctionError"] == "Unhandled"


def test_log_comes_with_the_answer_where_it_is_asked_for(api: Any) -> None:
    client, _, _ = api
    answer = client.invoke(FunctionName=ARN, Payload=b"1", LogType="Tail")
    assert base64.b64decode(answer["LogResult"]) == b"a line\n"


def test_event_is_taken_and_run_later(api: Any) -> None:
    client, functions, _ = api
    assert client.invoke(FunctionName=ARN, InvocationType="Event", Payload=b'{"n": 2}')["StatusCode"] == 202
    assert functions.later == [("greet", b'{"n": 2}')]
    assert client.invoke(FunctionName=ARN, InvocationType="DryRun")["StatusCode"] == 204
    assert len(functions.later) == 1


@pytest.mark.parametrize(
    ("name", "payload", "code"),
    [
        ("other", b"{}", "ResourceNotFoundException"),
        (ARN, b"{", "InvalidRequestContentException"),
        (ARN, b'"busy"', "TooManyRequestsException"),
        (ARN, b'"' + b"x" * (6 << 20) + b'"', "RequestEntityTooLargeException"),
    ],
)
def test_refused_call_has_the_error_of_lambda(api: Any, name: str, payload: bytes, code: str) -> None:
    client, _, _ = api
    with pytest.raises(ClientError) as refused:
        client.invoke(FunctionName=name, Payload=payload)
    assert refused.value.response["Error"]["Code"] == code


def test_unsigned_call_is_refused(api: Any) -> None:
    _, functions, listener = api
    connection = http.client.HTTPConnection(*listener.getsockname())
    with contextlib.closing(connection):
        path = f"/2015-03-31/functions/{ARN}/invocations"
        connection.request("POST", path, b"{}", {"X-Amz-Invocation-Type": "Event"})
        assert connection.getresponse().status == 403
    assert functions.later == []
