"""HTTP over a plain socket: what is sent goes out as it stands, what comes back is read as strictly as HTTP asks."""

from __future__ import annotations

import json
import re
import select
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from homeport.http_headers import Header

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) ([^\r\n]*)")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\r\n\x00]*)")
_LONGEST_HEAD = 1 << 20


class WireFault(AssertionError):
    """What came back is not one whole HTTP response."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; ``headers`` in their order and case."""

    status: int
    reason: str
    headers: tuple[Header, ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        """All values of a header, by name in any case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The values of a header in one text, None without the header."""
        found = self.values(name)
        return ", ".join(found) if found else None

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Wire:
    """One connection. ``patience`` is seconds for each wait."""

    def __init__(self, url: str, *, patience: float = 60.0) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=patience)
        self._rest = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def end_sending(self) -> None:
        """Tell the server that nothing more comes."""
        self._socket.shutdown(socket.SHUT_WR)

    def ask(self, method: str, target: str, headers: Iterable[Header] = (), body: bytes | None = None) -> Answer:
        """Send one request and read the answer."""
        self.send(request_bytes(method, target, headers, body, host=self.host))
        return self.read(head=method == "HEAD")

    def read(self, *, head: bool = False) -> Answer:
        """The next response, interim ones passed over; ``head``: it answers a HEAD request. Raises WireFault."""
        while True:
            answer = _parsed_head(self._until_blank_line())
            if answer.status >= 200:
                break
        if head or answer.status in (204, 304):
            return answer
        return Answer(answer.status, answer.reason, answer.headers, self._exactly(_length(answer)))

    def reads_bytes(self, length: int) -> bytes:
        """The next bytes as they come."""
        return self._exactly(length)

    def glance(self, seconds: float) -> bytes:
        """What comes until the server ends the connection or is silent for so many seconds."""
        found, self._rest = self._rest, b""
        while select.select([self._socket], [], [], seconds)[0]:
            data = self._socket.recv(1 << 16)
            if not data:
                break
            found += data
        return found

    def drain(self) -> bytes:
        """What comes until the server ends the connection. Raises WireFault if it does not."""
        found, self._rest = self._rest, b""
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError as error:
                raise WireFault("the server does not end the connection") from error
            if not data:
                return found
            found += data

    def is_closed(self) -> bool:
        """Whether the server ends the connection without another byte."""
        try:
            return not self._rest and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until_blank_line(self) -> bytes:
        while b"\r\n\r\n" not in self._rest:
            self._receive()
            if len(self._rest) > _LONGEST_HEAD:
                raise WireFault("the response's head does not end")
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head

    def _exactly(self, length: int) -> bytes:
        while len(self._rest) < length:
            self._receive()
        body, self._rest = self._rest[:length], self._rest[length:]
        return body

    def _receive(self) -> None:
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError as error:
            raise WireFault(f"no answer in time; so far {self._rest[:200]!r}") from error
        if not data:
            raise WireFault(f"the connection ended in the middle of a response; so far {self._rest[:200]!r}")
        self._rest += data


def ask(
    url: str, method: str, target: str, headers: Iterable[Header] = (), body: bytes | None = None, patience: float = 60
) -> Answer:
    """One request over a connection of its own; ``url`` gives host and port only, ``target`` goes out as it is."""
    with Wire(url, patience=patience) as wire:
        return wire.ask(method, target, headers, body)


def answers_in(data: bytes, *, head: bool) -> list[Answer]:
    """The whole responses that ``data`` consists of; ``head``: the first answers a HEAD request. Raises WireFault."""
    found: list[Answer] = []
    while data:
        first, end, data = data.partition(b"\r\n\r\n")
        if not end:
            raise WireFault(f"{first[:200]!r} is the start of a response only")
        answer = _parsed_head(first)
        if answer.status < 200:
            continue
        bodiless = answer.status in (204, 304) or (head and not found)
        length = 0 if bodiless else _length(answer)
        if len(data) < length:
            raise WireFault(f"a body of {len(data)} bytes instead of {length}")
        found.append(Answer(answer.status, answer.reason, answer.headers, data[:length]))
        data = data[length:]
    return found


def request_bytes(method: str, target: str, headers: Iterable[Header], body: bytes | None, *, host: str) -> bytes:
    """A request; Host comes first and Content-Length last unless ``headers`` have them."""
    lines = list(headers)
    named = {name.lower() for name, _ in lines}
    if "host" not in named:
        lines.insert(0, ("Host", host))
    if body is not None and not named & {"content-length", "transfer-encoding"}:
        lines.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")


def _parsed_head(head: bytes) -> Answer:
    first, *lines = head.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise WireFault(f"{first!r} is no status line")
    headers = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise WireFault(f"{line!r} is no header line")
        headers.append((field[1].decode("latin-1"), field[2].decode("latin-1")))
    return Answer(int(status[1]), status[2].decode("latin-1"), tuple(headers), b"")


def _length(answer: Answer) -> int:
    lengths = answer.values("content-length")
    if len(lengths) != 1 or not lengths[0].isdecimal() or answer.values("transfer-encoding"):
        raise WireFault(f"no single Content-Length in {answer}")
    return int(lengths[0])
