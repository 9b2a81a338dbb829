"""Requests for a gateway to survive: well-formed ones of every sort, mutated ones, and what is no request at all."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeport.http_headers import Header
from tests.support.fuzz_stacks import API_KEY
from tests.support.fuzz_words import KINDS, METHODS, NAMES, PATHS, PIECES, SCALARS, VALUES
from tests.support.wire import request_bytes


@dataclass(frozen=True)
class Shot:
    """Bytes to send.

    ``whole``: exactly one answer must come, without a body if it is for ``head``, and with an end of the connection if
    it ``ends``. ``free``: the function may say anything.
    """

    kind: str
    data: bytes
    whole: bool = False
    head: bool = False
    ends: bool = False
    free: bool = False


@dataclass(frozen=True)
class Aim:
    """What the shots are at: the stage's path, the Host header, tokens that are good for it."""

    prefix: str
    host: str
    tokens: tuple[str, ...]


class Shooter:
    """Makes shots; the same seed makes the same ones, but for the tokens in them."""

    def __init__(self, aim: Aim, seed: int) -> None:
        self._aim = aim
        self._random = random.Random(seed)
        self._kinds: tuple[tuple[Callable[[], Shot], int], ...] = (
            (self._request, 50),
            (self._answer, 20),
            (self._mutated, 20),
            (self._framed, 6),
            (self._noise, 4),
        )

    def next(self) -> Shot:
        """The next shot."""
        makers, weights = zip(*self._kinds, strict=True)
        maker: Callable[[], Shot] = self._random.choices(makers, weights)[0]
        return maker()

    def _request(self) -> Shot:
        method, headers = self._pick(METHODS), self._headers()
        body = self._body() if self._random.random() < 0.5 else None
        kind = self._pick(KINDS) if body is not None else None
        if kind is not None:
            headers.append(("Content-Type", kind))
        return self._shot("request", method, self._target(), headers, body)

    def _answer(self) -> Shot:
        """A function's answer of any sort: what becomes of it must be HTTP whatever it holds."""
        answer = self._reply() if self._random.random() < 0.8 else self._json(3)
        body = json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Accept", self._pick(VALUES))]
        return self._shot("answer", "POST", f"{self._aim.prefix}/answer", headers, body)

    def _mutated(self) -> Shot:
        shot = self._request() if self._random.random() < 0.7 else self._answer()
        data = bytearray(shot.data)
        for _ in range(self._random.randint(1, 6)):
            self._mutate(data)
        return Shot("mutated", bytes(data))

    def _framed(self) -> Shot:
        """Lengths and chunks, right and wrong."""
        r = self._random
        chunks = [
            r.choice((b"3\r\nabc\r\n", b"1;x=y\r\na\r\n", b"0a\r\n0123456789\r\n", b"zz\r\n", b"-1\r\n", b"3\nabc\n"))
        ]
        end = r.choice((b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"0\r\n", b""))
        framing = r.choice(
            (
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 4",
                "Transfer-Encoding: chunked, chunked",
                "transfer-encoding: CHUNKED",
                "Transfer-Encoding: gzip",
                "Content-Length: 5",
                "Content-Length: 5\r\nContent-Length: 5",
                "Content-Length: 99999999999999999999",
                "Content-Length: 1e3",
                "Content-Length: +3",
                "Expect: 100-continue\r\nContent-Length: 3",
            )
        )
        head = f"POST {self._aim.prefix}/items HTTP/1.{r.choice('019')}\r\nHost: a\r\n{framing}\r\n\r\n".encode()
        return Shot("framed", head + b"".join(chunks * r.randint(0, 3)) + end)

    def _noise(self) -> Shot:
        r = self._random
        data = r.randbytes(r.randint(1, 400))
        return Shot("noise", data + r.choice((b"", b"\r\n\r\n", b" HTTP/1.1\r\n\r\n")))

    def _shot(self, kind: str, method: str, target: str, headers: list[Header], body: bytes | None) -> Shot:
        data = request_bytes(method, target, headers, body, host=self._aim.host)
        ends = any(name.lower() == "connection" and value.lower() == "close" for name, value in headers)
        return Shot(kind, data, whole=True, head=method == "HEAD", ends=ends, free="answer" in target)

    def _target(self) -> str:
        r = self._random
        path = self._pick(PATHS)
        if r.random() < 0.4:
            path += "/" + "".join(self._pick(PIECES) for _ in range(r.randint(1, 8)))
        prefix = self._aim.prefix if r.random() < 0.9 else self._pick(("", "/other", f"/{self._aim.prefix}"))
        target = (prefix + path) or "/"
        if r.random() < 0.5:
            pairs = (f"{self._pick(('q', 'a', 'é', '%20'))}={self._pick(PIECES)}" for _ in range(r.randint(0, 5)))
            target += "?" + self._pick(("&", ";")).join(pairs)
        # What a request line can't hold as it stands; mutation puts it there.
        return target.replace(" ", "%20")

    def _headers(self) -> list[Header]:
        r = self._random
        headers = []
        for _ in range(r.randint(0, 8)):
            name = self._pick(NAMES)
            if name not in ("Content-Length", "Expect", "Trailer"):
                headers.append((name, self._pick(VALUES)))
        if r.random() < 0.4:
            headers.append(("Authorization", self._token()))
        if r.random() < 0.2:
            headers.append(("x-api-key", API_KEY))
        return headers

    def _token(self) -> str:
        token: str = self._pick(self._aim.tokens)
        if self._random.random() < 0.5:
            data = bytearray(token, "ascii")
            self._mutate(data)
            token = "".join(chr(byte) for byte in data if byte not in b"\r\n\x00" and (byte == 9 or byte >= 32))
        scheme: str = self._pick(("", "Bearer ", "bearer ", "Basic "))
        return scheme + token

    def _body(self) -> bytes:
        r = self._random
        if r.random() < 0.5:
            return json.dumps(self._json(3)).encode()
        return r.choice(
            (b"", b"{", b"a" * r.randint(1, 5000), r.randbytes(r.randint(1, 300)), b'{"a": 1}', b"[" * 2000)
        )

    def _reply(self) -> dict[str, Any]:
        r = self._random
        answer: dict[str, Any] = {}
        for key in ("statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded", "extra"):
            if r.random() < 0.5:
                answer[key] = self._json(2)
        if r.random() < 0.7:
            answer["statusCode"] = self._pick((200, 201, 204, 304, 404, 500, "200", 100, 600))
        if r.random() < 0.5:
            answer["headers"] = {
                self._pick((*NAMES, "é", "a b", "a:b", "", "\n")): self._pick((*VALUES, "a\r\nb: c", "\u2615"))
                for _ in range(3)
            }
        if r.random() < 0.3:
            answer["body"] = self._pick(("", "text", "aGk=", "é", "not base64!", "a" * 10000))
        return answer

    def _json(self, depth: int) -> Any:
        r = self._random
        if depth == 0 or r.random() < 0.5:
            return self._pick(SCALARS)
        if r.random() < 0.5:
            return [self._json(depth - 1) for _ in range(r.randint(0, 3))]
        return {self._pick(("a", "b", "statusCode", "é", "")): self._json(depth - 1) for _ in range(r.randint(0, 3))}

    def _mutate(self, data: bytearray) -> None:
        r = self._random
        at = r.randrange(len(data) + 1)
        change = r.randrange(5)
        if change == 0 and data:
            data[at % len(data)] = r.randrange(256)
        elif change == 1:
            del data[at : at + r.randint(1, 20)]
        elif change == 2:
            data[at:at] = r.choice((b"\r", b"\n", b"\r\n", b"\x00", b" ", b":", b"\t", b"\xff", b"\r\n\r\n", b"\x0b"))
        elif change == 3:
            data[at:at] = data[at : at + r.randint(1, 50)]
        else:
            data[at:at] = r.randbytes(r.randint(1, 10))

    def _pick(self, among: tuple[Any, ...]) -> Any:
        return self._random.choice(among)
