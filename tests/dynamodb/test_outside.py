"""An endpoint that somebody else runs: waited for, and told apart from one that is no DynamoDB."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from homeport.dynamodb.calls import is_aws
from homeport.dynamodb.client import dynamodb_client
from homeport.dynamodb.tables import wait_until_answers
from homeport.errors import EngineError
from tests.support.dynamodb import running_engine


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.stack
def test_dynamodb_that_answers_is_used() -> None:
    with running_engine() as stand:
        wait_until_answers(stand.endpoint, "eu-central-1", timeout=0)


@pytest.mark.stack
def test_dynamodb_that_comes_later_is_waited_for() -> None:
    naps: list[float] = []
    with ExitStack() as later:
        listener = later.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        host, port = listener.getsockname()

        def start_at_the_second_nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 2:
                listener.listen()
                later.enter_context(running_engine(listener=listener))

        wait_until_answers(f"http://{host}:{port}", "us-east-1", sleep=start_at_the_second_nap)
    assert naps == [0.2, 0.2]


@pytest.mark.stack
def test_a_dynamodb_that_is_not_there_is_reported_with_what_to_do() -> None:
    with pytest.raises(EngineError) as raised:
        wait_until_answers("http://127.0.0.1:1", "us-east-1", timeout=0, sleep=lambda _: None)
    assert raised.value.message.startswith("http://127.0.0.1:1 does not answer as DynamoDB does: Could not connect")
    assert raised.value.hint.startswith("start that DynamoDB (LocalStack: `docker compose up`) or name another")


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, b"<html>not here</html>", "does not list its tables"),
        (400, b'{"__type": "UnrecognizedClientException", "message": "no"}', "does not list its tables.*no"),
        (200, b"hello", "does not answer as DynamoDB does"),
    ],
)
def test_an_endpoint_that_is_no_dynamodb_is_reported(status: int, body: bytes, message: str) -> None:
    with answering(status, body) as endpoint, pytest.raises(EngineError, match=message):
        wait_until_answers(endpoint, "us-east-1", timeout=0, sleep=lambda _: None)


def test_dynamodb_that_is_still_starting_is_asked_again() -> None:
    naps: list[float] = []
    times = iter([0.0, 1.0, 2.0, 31.0])
    with answering(503, b"{}") as endpoint, pytest.raises(EngineError):
        wait_until_answers(endpoint, "us-east-1", clock=lambda: next(times), sleep=naps.append)
    assert len(naps) == 2


@pytest.mark.parametrize(
    ("endpoint", "aws"),
    [
        ("https://dynamodb.eu-central-1.amazonaws.com", True),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn", True),
        ("https://dynamodb.us-east-1.api.aws", True),
        ("http://127.0.0.1:8000", False),
        ("http://localstack:4566", False),
        ("http://amazonaws.com.example:8000", False),
    ],
)
def test_aws_is_distinguished_from_everything_local(endpoint: str, aws: bool) -> None:
    assert is_aws(endpoint) is aws


@pytest.mark.stack
def test_a_local_client_needs_nothing_of_the_developers_setup(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.setenv(name, "missing")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/missing")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    with running_engine() as stand:
        client = dynamodb_client(stand.endpoint, "us-east-1")
        assert client.list_tables()["TableNames"] == []
        assert client._request_signer._credentials.access_key == "test"  # type: ignore[attr-defined]
