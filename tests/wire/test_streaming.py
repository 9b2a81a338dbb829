"""REST APIs that stream: the first byte of a response leaves before its last is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support import fidelity
from tests.support.backend import Backend, running_backend
from tests.support.integration_cases import load_cases
from tests.support.wire import Answer, Wire, request_bytes

pytestmark = pytest.mark.stack

ARN = "arn:aws:lambda:us-east-1:000000000000:function:stream"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{ARN}/response-streaming-invocations"
HANDLER = """
import { setTimeout as sleep } from 'node:timers/promises';

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const { metadata, chunks, pause } = JSON.parse(event.body);
  const response = awslambda.HttpResponseStream.from(stream, metadata);
  for (const [index, chunk] of chunks.entries()) {
    if (index && pause) await sleep(pause);
    response.write(chunk);
  }
  response.end();
});
"""


def method(integration: dict[str, Any]) -> dict[str, Any]:
    return {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {**integration, "responseTransferMode": "STREAM"},
    }


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.fixture(scope="module")
def stack(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = tmp_path_factory.mktemp("streams") / "project"
    function = {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}
    proxy = {"type": "http_proxy", "httpMethod": "GET", "uri": f"{backend.url}/slow"}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "streams", "version": "1"},
        "paths": {"/function": {"post": method(function)}, "/proxy": {"get": method(proxy)}},
    }
    stage = {"flavor": "rest", "stageName": "test", "runtime": "nodejs22.x", "timeout": 2}
    for name, content in (("openapi.yaml", document), ("deploy/stages.yaml", {"stages": {"local": stage}})):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(yaml.safe_dump(content, sort_keys=False))
    handlers = root / "service" / "handlers"
    handlers.mkdir(parents=True)
    (handlers / "stream.mjs").write_text(HANDLER)
    with running_stack(root, ("--no-data", "--dynamodb", "none")) as stack:
        yield stack


def read_head(wire: Wire) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += wire.reads_bytes(1)
    return head.decode()


def read_chunk(wire: Wire) -> bytes:
    line = b""
    while not line.endswith(b"\r\n"):
        line += wire.reads_bytes(1)
    part = wire.reads_bytes(int(line, 16))
    assert wire.reads_bytes(2) == b"\r\n"
    return part


def ask_function(stack: Stack, asked: dict[str, Any]) -> Answer:
    """The whole response of the streaming function, its chunks joined."""
    body = json.dumps(asked).encode()
    with Wire(stack.url) as wire:
        wire.send(_post(wire.host, body))
        status, *lines = read_head(wire).strip().split("\r\n")
        content = b""
        while part := read_chunk(wire):
            content += part
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Answer(int(status.split()[1]), "", headers, content)


def _post(host: str, body: bytes) -> bytes:
    return request_bytes("POST", "/test/function", (), body, host=host)


@pytest.mark.parametrize(
    "case", [case for case in load_cases("rest_streaming") if "lambda" in case], ids=lambda case: case["id"]
)
def test_a_function_streams_as_recorded(stack: Stack, case: dict[str, Any]) -> None:
    said = case["lambda"]
    answer = ask_function(stack, {"metadata": said["metadata"], "chunks": said["chunks"]})
    fidelity.assert_response(case, answer.status, answer.headers, answer.body)


def test_the_first_part_of_a_functions_response_comes_before_the_last(stack: Stack) -> None:
    # The function is ended by its timeout before it sends the last part.
    asked = {"metadata": {"statusCode": 200}, "chunks": ["first", "last"], "pause": 600_000}
    with Wire(stack.url) as wire:
        wire.send(_post(wire.host, json.dumps(asked).encode()))
        assert "Transfer-Encoding: chunked" in read_head(wire)
        assert read_chunk(wire) == b"first"
        assert wire.is_closed()


def test_a_streamed_response_may_be_larger_than_a_buffered_one(stack: Stack) -> None:
    asked = {"metadata": {"statusCode": 200}, "chunks": ["x" * 1_000_000] * 3}
    body = ask_function(stack, asked).body
    assert len(body) == 3_000_000


def test_the_first_part_of_a_proxied_response_comes_before_the_last(stack: Stack, backend: Backend) -> None:
    backend.chunks, backend.pause = [b"first", b"last"], 1
    with Wire(stack.url) as wire:
        wire.send(b"GET /test/proxy HTTP/1.1\r\nHost: h\r\n\r\n")
        read_head(wire)
        assert [read_chunk(wire) for _ in range(3)] == [b"first", b"last", b""]
