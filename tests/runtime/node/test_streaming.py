"""Streaming handlers: awslambda.streamifyResponse."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from tests.support.runtime_api import NodeEnvironment, Posted, node_environment
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

CASES = """
    import { Readable } from 'node:stream';
    import { pipeline } from 'node:stream/promises';

    const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
    const cases = {
      async parts(stream) {
        stream.setContentType('text/plain');
        stream.write('one ');
        await pause();
        stream.write(Buffer.from('two '));
        stream.write({ three: 3 });
        stream.end();
      },
      async nothing(stream) { stream.end(); },
      async piped(stream) { await pipeline(Readable.from(['a', 'b', 'c']), stream); },
      async http(stream) {
        const metadata = { statusCode: 201, headers: { 'x-a': 'b' }, cookies: ['c=d'] };
        const response = awslambda.HttpResponseStream.from(stream, metadata);
        response.write('body');
        response.end();
      },
      async large(stream) {
        for (let i = 0; i < 100; i += 1) {
          if (!stream.write('é'.repeat(50000))) await new Promise((resolve) => stream.once('drain', resolve));
        }
        stream.end();
      },
      async fails(stream) { stream.write('begun'); await pause(); throw new RangeError('half way'); },
      async failsAtOnce() { throw new Error('at once'); },
      async tooLate(stream) { stream.write('x'); await pause(); stream.setContentType('text/plain'); },
      async members(stream) { stream.end(JSON.stringify([stream.writableFinished, stream.writableEnded])); },
    };

    export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
      const { awsRequestId } = context;
      if (!awsRequestId) throw new Error('no context');
      return cases[event.case](stream);
    });
    export const sync = awslambda.streamifyResponse(() => {});
"""


@pytest.fixture(scope="module", params=["nodejs22.x", "nodejs24.x"])
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeEnvironment]:
    folder = tmp_path_factory.mktemp("cases")
    with node_environment(folder, {"index.mjs": CASES}, runtime=request.param) as environment:
        yield environment


def invoke(environment: NodeEnvironment, case: str) -> Posted:
    posted = environment.invoke({"case": case})
    assert posted.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert posted.kind == "response"
    return posted


def test_parts_are_sent_as_they_are_written(cases: NodeEnvironment) -> None:
    posted = invoke(cases, "parts")
    assert (posted.headers["content-type"], posted.body) == ("text/plain", b'one two {"three":3}')
    assert posted.trailers == {}


def test_a_response_may_be_empty(cases: NodeEnvironment) -> None:
    posted = invoke(cases, "nothing")
    assert (posted.headers["content-type"], posted.body) == ("application/octet-stream", b"")


def test_a_pipeline_ends_the_response(cases: NodeEnvironment) -> None:
    assert invoke(cases, "piped").body == b"abc"


def test_http_metadata_comes_before_the_body(cases: NodeEnvironment) -> None:
    posted = invoke(cases, "http")
    metadata, _, body = posted.body.partition(b"\0" * 8)
    assert posted.headers["content-type"] == "application/vnd.awslambda.http-integration-response"
    assert json.loads(metadata) == {"statusCode": 201, "headers": {"x-a": "b"}, "cookies": ["c=d"]}
    assert body == b"body"


def test_a_writer_can_wait_for_the_reader(cases: NodeEnvironment) -> None:
    assert invoke(cases, "large").body == "é".encode() * 5_000_000


@pytest.mark.parametrize(
    ("case", "body", "kind", "message"),
    [
        ("fails", b"begun", "RangeError", "half way"),
        ("failsAtOnce", b"", "Error", "at once"),
        ("tooLate", b"x", "Runtime.InvalidStreamingOperation", "Cannot set content-type, too late."),
    ],
)
def test_an_error_is_in_the_trailers(cases: NodeEnvironment, case: str, body: bytes, kind: str, message: str) -> None:
    posted = invoke(cases, case)
    error = json.loads(base64.b64decode(posted.trailers["lambda-runtime-function-error-body"]))
    assert posted.body == body
    assert posted.trailers["lambda-runtime-function-error-type"] == kind
    assert (error["errorType"], error["errorMessage"]) == (kind, message)
    assert eventually(lambda: f'\tERROR\tInvoke Error \t{{"errorType":"{kind}"' in cases.output())


def test_a_streaming_handler_has_to_be_async(tmp_path_factory: pytest.TempPathFactory) -> None:
    with node_environment(tmp_path_factory.mktemp("sync"), {"index.mjs": CASES}, handler="index.sync") as environment:
        posted = environment.invoke()
        error = json.loads(base64.b64decode(posted.trailers["lambda-runtime-function-error-body"]))
        assert error["errorMessage"] == "Streaming does not support non-async handlers."
