"""The clients' ledger: an acknowledged write must be there, and a read must be at least as new."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# A client gives up after so many seconds: longer than any answer that the gateway has (a function's 3 s, 29 s at most).
TIMEOUT = 12.0
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer that a client got, or NO_ANSWER if the connection ended; times are ``time.monotonic``'s."""

    asked: float
    ended: float
    status: int
    what: str

    @property
    def took(self) -> float:
        """The seconds that the client waited."""
        return self.ended - self.asked

    @property
    def good(self) -> bool:
        """True if the request was carried out."""
        return 200 <= self.status < 300


@dataclass
class Ledger:
    """Each key has one writer, which writes 1, 2, 3, …; ``wrong`` says where the API broke its word."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    attempted: dict[str, int] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    asking: dict[str, float] = field(default_factory=dict)
    """Since when each client waits for an answer."""

    def saw(self, key: str, status: int, body: bytes, at_least: int) -> None:
        """Check a read; ``at_least`` is what had been acknowledged when it was asked for."""
        if status == 404 and at_least:
            self.wrong.append(f"{key} is gone, though {at_least} was acknowledged")
        if status != 200:
            return
        count = int(body)
        if not at_least <= count <= self.attempted.get(key, 0):
            self.wrong.append(f"{key} reads {count}, acknowledged was {at_least}, tried {self.attempted.get(key, 0)}")

    def since(self, moment: float) -> list[Answer]:
        """The answers to what was asked then or later."""
        return [answer for answer in list(self.answers) if answer.asked >= moment or answer.ended >= moment]


class Caller:
    """A connection, made again when it ends."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)

    def ask(self, method: str, path: str, body: str | None = None, token: str = "") -> tuple[int, bytes]:
        """The status and the body; NO_ANSWER if the connection ended instead."""
        headers = {"Content-Type": "text/plain"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return NO_ANSWER, type(error).__name__.encode()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class Load:
    """Clients that write and read all the time, until it is told to stop."""

    def __init__(self, url: str, ledger: Ledger, clients: int, prefix: str) -> None:
        self._url, self._ledger = url, ledger
        self._keys = [f"{prefix}-{number}" for number in range(clients)]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(key,), daemon=True) for key in self._keys]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop and wait for the answers that are due."""
        self._over.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 5)

    def _work(self, own: str) -> None:
        caller = Caller(self._url)
        other = self._keys[(self._keys.index(own) + 1) % len(self._keys)]
        while not self._over.is_set():
            for good in (self._write(caller, own), self._read(caller, own, own), self._read(caller, own, other)):
                if not good:
                    self._over.wait(0.02)
        caller.close()
        self._ledger.asking.pop(own, None)

    def _write(self, caller: Caller, key: str) -> bool:
        count = self._ledger.attempted.get(key, 0) + 1
        self._ledger.attempted[key] = count
        answer = self._time_request(caller, key, "PUT", key, str(count))
        if answer.good:
            self._ledger.acknowledged[key] = count
        return answer.good

    def _read(self, caller: Caller, client: str, key: str) -> bool:
        return self._time_request(caller, client, "GET", key, None).good

    def _time_request(self, caller: Caller, client: str, method: str, key: str, body: str | None) -> Answer:
        at_least, asked = self._ledger.acknowledged.get(key, 0), time.monotonic()
        self._ledger.asking[client] = asked
        status, data = caller.ask(method, f"/counters/{key}", body)
        message = data.decode(errors="replace")
        # Before its first write a key is not there.
        if method == "GET" and status == 404 and not at_least:
            status = 200
        elif method == "GET":
            self._ledger.saw(key, status, data, at_least)
        answer = Answer(asked, time.monotonic(), status, message[:80])
        self._ledger.answers.append(answer)
        return answer


def audit(url: str, ledger: Ledger) -> list[str]:
    """Read every key that was written; what is wrong with them."""
    caller = Caller(url)
    wrong = []
    for key, count in ledger.acknowledged.items():
        status, body = caller.ask("GET", f"/counters/{key}")
        if status != 200 or not count <= int(body) <= ledger.attempted[key]:
            wrong.append(f"{key}: {status} {body[:40]!r}, though {count} was acknowledged")
    caller.close()
    return wrong


def spread(answers: Iterable[Answer]) -> str:
    """``204: 120, no answer: 3``."""
    counted = Counter(answer.status for answer in answers)
    return ", ".join(f"{status or 'no answer'}: {count}" for status, count in sorted(counted.items()))
