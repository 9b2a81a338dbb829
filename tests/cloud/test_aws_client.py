"""The one place that calls AWS: what it says when nothing there answers as AWS does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from homeport.cloud.aws.bucket import Bucket
from homeport.cloud.aws.client import AwsClient
from homeport.cloud.errors import CloudError
from tests.support.cloud import pointed_at


@contextlib.contextmanager
def server(status: int, body: bytes) -> Iterator[str]:
    """One that answers everything alike, in place of AWS."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            return

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    try:
        with pointed_at(f"http://127.0.0.1:{running.server_address[1]}"):
            yield str(running.server_address[1])
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def error(code: str, message: str) -> bytes:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return body.encode()


def test_a_bucket_of_another_account_is_named() -> None:
    with server(403, b""), pytest.raises(CloudError, match="homeport-1-eu-west-1 belongs to another account"):
        Bucket(AwsClient("eu-west-1"), "1").make()


def test_an_expired_session_is_explained() -> None:
    with server(403, error("ExpiredToken", "expired")), pytest.raises(CloudError, match="the AWS session has expired"):
        AwsClient("eu-west-1").call("sts", "GetCallerIdentity")


def test_a_missing_permission_is_explained_with_its_action() -> None:
    body = error("AccessDenied", "User: a is not authorized to perform: cloudformation:DescribeStacks on resource: x")
    with server(403, body), pytest.raises(CloudError, match="these credentials may not cloudformation:DescribeStacks"):
        AwsClient("eu-west-1").call("cloudformation", "DescribeStacks", StackName="x")


def test_missing_credentials_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with pointed_at("http://127.0.0.1:1"):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with pytest.raises(CloudError, match=r"there are no AWS credentials \(set AWS_PROFILE"):
            AwsClient("eu-west-1").call("sts", "GetCallerIdentity")


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pointed_at("http://127.0.0.1:1"):
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with pytest.raises(CloudError, match="nobody"):
            AwsClient("eu-west-1")


def test_an_endpoint_without_a_listener_is_named() -> None:
    with (
        pointed_at("http://127.0.0.1:1"),
        pytest.raises(CloudError, match="sts does not answer in eu-west-1") as recorded,
    ):
        AwsClient("eu-west-1").call("sts", "GetCallerIdentity")
    assert recorded.value.hint == "check AWS_ENDPOINT_URL (http://127.0.0.1:1)"


def test_a_response_that_is_not_awss_is_explained() -> None:
    with server(400, b"Bad gateway"), pytest.raises(CloudError, match="got an answer that is not AWS's"):
        AwsClient("eu-west-1").call("sts", "GetCallerIdentity")
