"""What the pages stand on: the fault board at a real switch, and requests sent to a real server."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.inspector.faults import FaultBoard, FaultRule
from homeport.inspector.send.sender import send
from homeport.project.load import load_project
from homeport.project.model import Resources
from homeport.runtime.control import ControlError, send_faults, serve_control
from homeport.runtime.faults import Fault, FaultError, Faults, parse_fault
from tests.support.project import notes_project

ONE, TWO = "NotesTable.PutItem=ThrottlingException", "NotesTable=latency:200ms@0.5"


class Gateway:
    """Takes orders as the gateway does."""

    def __init__(self, path: Path, *texts: str) -> None:
        self.now = Faults(tuple(map(parse_fault, texts)), seed=7)
        serve_control(path, self)

    def set_faults(self, faults: Faults) -> None:
        self.now = faults

    def faults(self) -> Faults:
        return self.now

    def set_holds(self, address: str, holds: tuple[Fault, ...]) -> None:
        raise AssertionError(holds)

    def renew_environments(self) -> None:
        raise AssertionError

    def flush_log(self) -> None:
        raise AssertionError

    @property
    def texts(self) -> list[str]:
        return [fault.text for fault in self.now.faults]


@pytest.fixture
def switch() -> Iterator[Path]:
    # A socket's path is at most about 100 bytes long.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "faults"


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    return load_project(notes_project(tmp_path), "local").resources


def test_faults_are_turned_on_and_off_and_stay_at_hand(switch: Path, resources: Resources) -> None:
    gateway, board = Gateway(switch), FaultBoard(switch)
    assert board.rules() == ()
    board.switch(ONE, True, resources)
    board.switch(TWO, True, resources)
    assert (gateway.texts, gateway.now.seed) == ([ONE, TWO], 7)
    board.switch(ONE, False, resources)
    assert gateway.texts == [TWO]
    assert board.rules() == (FaultRule(ONE, False), FaultRule(TWO, True))
    board.forget(TWO)
    assert gateway.texts == []
    assert board.rules() == (FaultRule(ONE, False),)


def test_all_faults_are_switched_off_at_once_and_stay_at_hand(switch: Path) -> None:
    gateway, board = Gateway(switch, ONE, TWO), FaultBoard(switch)
    board.switch_all_off()
    assert (gateway.texts, gateway.now.seed) == ([], 7)
    assert board.rules() == (FaultRule(ONE, False), FaultRule(TWO, False))


def test_faults_that_others_switched_are_shown(switch: Path) -> None:
    Gateway(switch, TWO)
    board = FaultBoard(switch)
    assert board.rules() == (FaultRule(TWO, True),)
    send_faults(switch, [ONE])
    assert board.rules() == (FaultRule(TWO, False), FaultRule(ONE, True))


@pytest.mark.parametrize("text", ["nonsense", "NoTable=timeout", "NotesTable/none=timeout", "NotesTable=timeout@2"])
def test_a_fault_that_the_project_can_not_have_is_rejected(switch: Path, resources: Resources, text: str) -> None:
    gateway = Gateway(switch)
    with pytest.raises(FaultError):
        FaultBoard(switch).switch(text, True, resources)
    assert gateway.texts == []


def test_a_missing_gateway_is_reported(switch: Path) -> None:
    with pytest.raises(ControlError, match="does it still run"):
        FaultBoard(switch).rules()


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it got, as it got it."""

    protocol_version = "HTTP/1.1"

    def do_PURGE(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        got = f"{self.requestline}\n{self.headers}".encode() + body
        self.send_response(207)
        self.send_header("Content-Length", str(len(got)))
        self.end_headers()
        self.wfile.write(got)

    do_GET = do_PURGE

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_request_goes_out_as_it_is_written(echo: str) -> None:
    headers = (("X-Odd-CASE", "1"), ("x-odd-case", "zwei ü"), ("Host", "api.example.com"), ("Cookie", "a=b"))
    answer = send(f"{echo}/v1", "PURGE", "/a%2Fb/../c?x=%20&x", headers, b"\x00\xff")
    assert answer.status == 207
    lines = answer.body.split(b"\r\n" if b"\r\n" in answer.body else b"\n")
    assert lines[0] == b"PURGE /v1/a%2Fb/../c?x=%20&x HTTP/1.1"
    assert answer.body.endswith(b"\x00\xff")
    text = answer.body.decode("latin-1")
    assert text.lower().count("host:") == 1
    assert "X-Odd-CASE: 1" in text
    assert "Host: api.example.com" in text
    assert "Content-Length: 2" in text


def test_a_request_without_a_body_has_no_content_length(echo: str) -> None:
    assert b"Content-Length" not in send(echo, "GET", "/", (), b"").body


def test_an_api_that_is_gone_is_reported() -> None:
    with pytest.raises(HomeportError, match="does homeport dev still run"):
        send("http://127.0.0.1:1", "GET", "/", (), b"")
