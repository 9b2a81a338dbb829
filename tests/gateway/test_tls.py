"""TLS before the server: what clients see of it, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from homeport.dev.certificate import TlsFiles, local_certificate
from homeport.gateway.http import tls
from homeport.gateway.http.message import BodyStream, Reply
from homeport.gateway.http.tls import server_context
from tests.support.echo import Echo, echo_server


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    # Without a PATH there is no mkcert.
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", "")
        return local_certificate(["api.example.com"], tmp_path_factory.mktemp("tls"), lambda line: None)


@pytest.fixture
def echo(files: TlsFiles) -> Iterator[Echo]:
    with echo_server(server_context(str(files.certificate), str(files.key))) as echo:
        yield echo


def trust(files: TlsFiles) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files.certificate))


def connect(echo: Echo, context: ssl.SSLContext, name: str = "localhost") -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(echo.address, timeout=60), server_hostname=name)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "api.example.com"])
def test_certificate_is_good_for_each_of_its_names(echo: Echo, files: TlsFiles, name: str) -> None:
    with connect(echo, trust(files), name) as connection:
        assert connection.version() == "TLSv1.3"


def test_certificate_is_not_good_for_another_name(echo: Echo, files: TlsFiles) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'example\.org'"):
        connect(echo, trust(files), "example.org")


def test_http_1_1_is_what_is_negotiated(echo: Echo, files: TlsFiles) -> None:
    context = trust(files)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connect(echo, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_tls_1_1_is_refused(echo: Echo, files: TlsFiles) -> None:
    context = trust(files)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol version"):
        connect(echo, context)


def test_connection_is_kept_for_large_bodies_both_ways(echo: Echo, files: TlsFiles) -> None:
    echo.reply = Reply(200, (), b"r" * 6_000_000)
    client = http.client.HTTPSConnection(*echo.address, context=trust(files), timeout=60)
    for size in (0, 1, 70_000, 9_000_000):
        client.request("POST", f"/{size}", body=b"b" * size)
        assert client.getresponse().read() == echo.reply.body
    client.close()
    assert [len(request.body) for request in echo.seen] == [0, 1, 70_000, 9_000_000]
    assert {request.source_ip for request in echo.seen} == {"127.0.0.1"}


def test_client_that_waits_for_leave_gets_it(echo: Echo, files: TlsFiles) -> None:
    with connect(echo, trust(files)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")


def test_stream_arrives_part_by_part(echo: Echo, files: TlsFiles) -> None:
    first_arrived = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"first"
        # The second part is made when the client has the first one.
        assert first_arrived.wait(60)
        yield b"second"

    echo.reply = Reply(200, (), stream=BodyStream(chunks(), lambda: None))
    with connect(echo, trust(files)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = b""
        while b"first" not in received:
            received += connection.recv(1000)
        first_arrived.set()
        assert read_all(connection).endswith(b"second\r\n0\r\n\r\n")


def test_client_that_still_sends_sees_why_its_body_is_refused(echo: Echo, files: TlsFiles) -> None:
    # One thread sends and reads: before Python 3.13 two of them in one OpenSSL object can end the process.
    with connect(echo, trust(files)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n")
        connection.setblocking(False)
        part, unsent, answer = b"x" * 65_536, 30_000_000, b""
        while not answer:
            readable, writable, _ = select.select([connection], [connection] if unsent > 0 else [], [], 60)
            assert readable or writable
            with contextlib.suppress(ssl.SSLWantReadError):
                answer = connection.recv(1000)
            if writable and not answer:
                with contextlib.suppress(ssl.SSLWantWriteError):
                    unsent -= connection.send(part)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_end_of_a_connection_is_told_by_tls(echo: Echo, files: TlsFiles) -> None:
    # Without close_notify a client cannot tell an end from a cut: SSLEOFError.
    context = trust(files)
    with context.wrap_socket(
        socket.create_connection(echo.address, timeout=60), server_hostname="localhost", suppress_ragged_eofs=False
    ) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert read_all(connection).endswith(b"\r\n\r\nok")


def test_plain_http_is_told_to_use_https(echo: Echo) -> None:
    answer = echo.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(b"\r\n\r\nthis port speaks HTTPS: write https:// in place of http://\n")


def test_slow_and_silent_clients_hold_nobody_up(echo: Echo, files: TlsFiles) -> None:
    silent = [socket.create_connection(echo.address, timeout=60) for _ in range(20)]
    silent[0].sendall(b"\x16\x03")
    slow = connect(echo, trust(files))
    slow.sendall(b"GET / HTTP/1.1\r\nHo")
    with connect(echo, trust(files)) as quick:
        quick.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert quick.recv(1000).startswith(b"HTTP/1.1 200 OK")
    slow.sendall(b"st: a\r\n\r\n")
    assert slow.recv(1000).startswith(b"HTTP/1.1 200 OK")
    for connection in (*silent, slow):
        connection.close()


def test_client_that_does_not_end_its_handshake_is_dropped(files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_HANDSHAKE_TIME", 0.1)
    with echo_server(server_context(str(files.certificate), str(files.key))) as echo:
        with socket.create_connection(echo.address, timeout=60) as client:
            client.sendall(b"\x16\x03\x01")
            assert client.recv(1) == b""
        assert echo.seen == []


@pytest.mark.parametrize(
    "sent", [b"", b"\0", b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"x" * 70_000, b"SSH-2.0-x\r\n"]
)
def test_bytes_that_are_no_tls_end_their_own_connection_alone(echo: Echo, files: TlsFiles, sent: bytes) -> None:
    with connect(echo, trust(files)) as good:
        with socket.create_connection(echo.address, timeout=60) as bad:
            bad.sendall(sent)
            bad.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                read_all(bad)
        good.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert good.recv(1000).startswith(b"HTTP/1.1 200 OK")
