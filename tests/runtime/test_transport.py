"""botocore over the short way, and over its own: the same to the server, the same to the function."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.httpsession import URLLib3Session

from homeport.dev.sockets import listen_by_name, name_of
from homeport.runtime.worker import transport
from homeport.runtime.worker.transport import install, reach
from tests.support.runtime import Deploy

FOUND = b'{"Item":{"id":{"S":"1"}}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 25\r\n\r\n" + FOUND
CLOSING = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
SECRETLY_CLOSING = OK.replace(b"\r\n\r\n", b"\r\nX-Note: Connection: close\r\n\r\n")
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n" + FOUND + b"\r\n0\r\n\r\n"
REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\nx-amzn-requestid: R1\r\nContent-Length: 76\r\n\r\n"
    b'{"__type":"com.amazon.coral.validate#ValidationException","message":"Wrong"}'
)


class Server:
    """Answers each request with what ``answer`` gives; None hangs up. ``requests`` are the bytes that came."""

    def __init__(self, answer: Callable[[int], bytes | None], sock: socket.socket | None = None) -> None:
        self._answer = answer
        self._sock = sock or socket.create_server(("127.0.0.1", 0))
        self.url = "" if sock else f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # Closing alone would leave the thread waiting in accept.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._sock.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            while request := _read_request(connection):
                self.requests.append(request)
                answer = self._answer(len(self.requests))
                if answer is None:
                    return
                connection.sendall(answer)
                if b"Connection: close" in answer:
                    return


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while not (b"\r\n\r\n" in data and len(data.partition(b"\r\n\r\n")[2]) >= _length(data)):
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    return data


def _length(data: bytes) -> int:
    lines = data.lower().partition(b"\r\n\r\n")[0].split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)


@contextlib.contextmanager
def serving(answer: Callable[[int], bytes | None], sock: socket.socket | None = None) -> Iterator[Server]:
    server = Server(answer, sock)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def short_way() -> Iterator[None]:
    usual = URLLib3Session.send, URLLib3Session.close
    install()
    yield
    type.__setattr__(URLLib3Session, "send", usual[0])
    type.__setattr__(URLLib3Session, "close", usual[1])


@contextlib.contextmanager
def client(url: str, **settings: Any) -> Iterator[Any]:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=0.5, **settings)
    session = boto3.session.Session("key", "secret", region_name="eu-west-1")
    made = session.client("dynamodb", endpoint_url=url, config=config)
    try:
        yield made
    finally:
        made.close()


def get(dynamodb: Any) -> Any:
    return dynamodb.get_item(TableName="t", Key={"id": {"S": "ü"}})


def essence(request: bytes) -> tuple[bytes, set[bytes], bytes]:
    """The request line, the header lines but for those of the time and its signature, and the body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    moving = (b"x-amz-date", b"authorization", b"amz-sdk-invocation-id")
    return first, {line for line in lines if not line.lower().startswith(moving)}, body


def test_the_server_is_sent_the_same_as_by_botocore_alone(request: pytest.FixtureRequest) -> None:
    with serving(lambda _: OK) as server:
        with client(server.url) as dynamodb:
            usual = get(dynamodb)
        request.getfixturevalue("short_way")
        with client(server.url) as dynamodb:
            short = get(dynamodb)
    assert essence(server.requests[0]) == essence(server.requests[1])
    assert short == usual


@pytest.mark.usefixtures("short_way")
def test_a_connection_is_used_again() -> None:
    with serving(lambda _: OK) as server, client(server.url) as dynamodb:
        for _ in range(5):
            assert get(dynamodb)["Item"] == {"id": {"S": "1"}}
        assert server.connections == 1


@pytest.mark.usefixtures("short_way")
@pytest.mark.parametrize("answer", [IN_CHUNKS, CLOSING])
def test_other_ways_to_end_a_body_are_understood(answer: bytes) -> None:
    with serving(lambda _: answer) as server, client(server.url) as dynamodb:
        for _ in range(3):
            assert get(dynamodb)["Item"] == {"id": {"S": "1"}}


@pytest.mark.usefixtures("short_way")
def test_an_error_of_the_service_arrives_as_such() -> None:
    with (
        serving(lambda _: REFUSED) as server,
        client(server.url) as dynamodb,
        pytest.raises(dynamodb.exceptions.ClientError, match="ValidationException"),
    ):
        get(dynamodb)


@pytest.mark.usefixtures("short_way")
def test_a_connection_that_was_closed_while_it_waited_is_replaced() -> None:
    with (
        serving(lambda count: SECRETLY_CLOSING if count == 1 else OK) as server,
        client(server.url) as dynamodb,
    ):
        get(dynamodb)
        threading.Event().wait(0.2)
        assert get(dynamodb)["Item"] == {"id": {"S": "1"}}
        assert server.connections == 2


@pytest.mark.usefixtures("short_way")
def test_threads_of_a_function_share_a_client() -> None:
    found = []
    with serving(lambda _: OK) as server, client(server.url, max_pool_connections=2) as dynamodb:
        threads = [threading.Thread(target=lambda: found.append(get(dynamodb)["Item"])) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [{"id": {"S": "1"}}] * 20


@pytest.mark.usefixtures("short_way")
@pytest.mark.parametrize(("answer", "error"), [(None, ConnectionClosedError), (b"", ReadTimeoutError)])
def test_a_server_that_hangs_up_or_says_nothing_is_told_apart(answer: bytes | None, error: type[Exception]) -> None:
    with serving(lambda _: answer) as server, client(server.url) as dynamodb, pytest.raises(error):
        get(dynamodb)


@pytest.mark.usefixtures("short_way")
def test_nobody_at_the_port_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with client(f"http://127.0.0.1:{port}") as dynamodb, pytest.raises(EndpointConnectionError):
        get(dynamodb)


@pytest.mark.usefixtures("short_way")
def test_a_host_that_nobody_knows_is_no_connection() -> None:
    with client("http://no-such-host.invalid") as dynamodb, pytest.raises(EndpointConnectionError):
        get(dynamodb)


@pytest.mark.usefixtures("short_way")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a full backlog wait")
def test_a_connection_that_nobody_accepts_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as sock, contextlib.ExitStack() as waiting:
        for _ in range(4):
            other = waiting.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(sock.getsockname())
        port = sock.getsockname()[1]
        with client(f"http://127.0.0.1:{port}") as dynamodb, pytest.raises(ConnectTimeoutError):
            get(dynamodb)


@pytest.mark.usefixtures("short_way")
def test_urllib3_logs_when_it_is_asked_to(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    with serving(lambda _: OK) as server, client(server.url) as dynamodb:
        get(dynamodb)
    assert '"POST / HTTP/1.1" 200' in caplog.text


@pytest.mark.usefixtures("short_way")
def test_a_proxy_is_used_where_one_is_set() -> None:
    with serving(lambda _: OK) as proxy, client("http://dynamodb.test", proxies={"http": proxy.url}) as dynamodb:
        get(dynamodb)
    assert proxy.requests[0].startswith(b"POST http://dynamodb.test/ HTTP/1.1")


@pytest.mark.usefixtures("short_way")
def test_a_header_cannot_smuggle_another_one_in() -> None:
    def smuggle(request: Any, **_rest: Any) -> None:
        request.headers["X-Trick"] = "a\r\nX-Other: b"

    with serving(lambda _: OK) as server, client(server.url) as dynamodb:
        dynamodb.meta.events.register("before-send", smuggle)
        with pytest.raises(Exception, match=r"(?i)header"):
            get(dynamodb)
        assert server.requests == []


@pytest.fixture
def by_name(short_way: None, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A socket with a name, and nothing known of it yet."""
    monkeypatch.setattr(transport, "_NAMES", {})
    sock = listen_by_name()
    if sock is None:
        pytest.skip("only Linux has sockets with a name in no folder")
    return sock


def test_an_engine_with_a_name_is_asked_there(by_name: socket.socket) -> None:
    with serving(lambda _: None) as tcp, serving(lambda _: OK, by_name) as named:
        reach(tcp.url, name_of(by_name))
        with client(tcp.url) as dynamodb, client(tcp.url.replace("127.0.0.1", "localhost")) as other:
            for _ in range(2):
                assert get(dynamodb)["Item"] == {"id": {"S": "1"}}
            with pytest.raises(ConnectionClosedError):
                get(other)
        assert (named.connections, tcp.connections) == (1, 1)
        assert named.requests[0].startswith(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:")


def test_where_nobody_listens_at_the_name_tcp_is_taken(by_name: socket.socket) -> None:
    name = name_of(by_name)
    by_name.close()
    with serving(lambda _: OK) as tcp, client(tcp.url) as dynamodb:
        reach(tcp.url, name)
        assert get(dynamodb)["Item"] == {"id": {"S": "1"}}


def test_an_engine_with_a_name_may_be_slow_as_well(by_name: socket.socket) -> None:
    with serving(lambda _: b"", by_name), client("http://127.0.0.1:1") as dynamodb:
        reach("http://127.0.0.1:1", name_of(by_name))
        with pytest.raises(ReadTimeoutError):
            get(dynamodb)


CODE = """
    import boto3

    client = boto3.client("dynamodb")

    def handler(event, context):
        return client.get_item(TableName="t", Key={"id": {"S": "1"}})["Item"]
"""


def test_a_function_finds_the_engine_by_its_name(deploy: Deploy, by_name: socket.socket) -> None:
    with serving(lambda _: OK, by_name) as named:
        url = "http://127.0.0.1:1"
        environment = {"AWS_ENDPOINT_URL_DYNAMODB": url}
        function = deploy(
            CODE, rights={"*": ["GetItem"]}, environment=environment, unsigned=url, shortcut=name_of(by_name)
        )
        assert function.result({}) == {"id": {"S": "1"}}
        assert named.connections == 1
