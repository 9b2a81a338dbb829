"""Fuzzes the wire: ``python -m tests.wire.fuzz --requests 100000 --seed 1``.

Every request gets an answer that its kind of API gives, or, if it was no request, an end of the connection; nothing
hangs, nothing raises, no descriptor is left open.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.memory import tree
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenKind, TokenRequest, mint
from tests.support.fuzz_judge import judge
from tests.support.fuzz_shots import Aim, Shooter, Shot
from tests.support.fuzz_stacks import fuzzed_projects
from tests.support.made_project import Made, write_project
from tests.support.wire import Wire, WireFault, answers_in

# A server that reads on waits for more of what is no whole request; this long is waited for its answer.
_GLANCE = 0.05
_PATIENCE = 15.0
# An environment that was started meanwhile has so many of its own, and some more are open for a moment.
_FILES_OF_AN_ENVIRONMENT = 8
_SPARE_FILES = 4


class Open(NamedTuple):
    """How many files and sockets the processes of a stack have open, and how many processes those are."""

    files: int
    processes: int


@dataclass
class Tally:
    """What was sent and what came back: numbers by kind of shot and by status (0: the connection just ended).

    ``open`` has each stack's open files and its processes, in the middle and at the end.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    open: dict[str, tuple[Open, Open]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count what another one counted."""
        self.kinds += other.kinds
        self.statuses += other.statuses
        self.slowest = max(self.slowest, other.slowest)


@dataclass(frozen=True)
class Target:
    """One stack that is fired at."""

    name: str
    made: Made
    stack: Stack
    tokens: tuple[str, ...]

    def open(self) -> Open:
        """What it has open now."""
        found = [_open_files(pid) for pid in tree(self.stack.process.pid)]
        return Open(sum(found), sum(1 for count in found if count))

    def check(self, then: Open, tally: Tally) -> None:
        """That it is as well as it was ``then``, in the middle."""
        printed = self.stack.read_output()
        for word in ("Traceback", "a fault of", "starting it again"):
            assert word not in printed, f"{self.name}: {printed[max(0, printed.index(word) - 500) :][:3000]}"
        assert self.stack.process.poll() is None
        with Wire(self.stack.url) as wire:
            assert wire.ask("GET", "/items/1").status in (200, 403, 404)
        now = self.open()
        tally.open[self.name] = (then, now)
        started = max(0, now.processes - then.processes)
        assert now.files <= then.files + started * _FILES_OF_AN_ENVIRONMENT + _SPARE_FILES, f"{self.name}: {tally.open}"


class Gun:
    """Fires at a stack over one connection, which is kept as long as the server keeps it."""

    def __init__(self, target: Target, seed: int) -> None:
        self.name = target.name
        self._url = target.stack.url
        self._flavor = target.made.flavor
        self._wire: Wire | None = None
        prefix = "" if target.made.stage_name is None else f"/{target.made.stage_name}"
        self._shooter = Shooter(Aim(prefix, self._url.split("/")[2], target.tokens), seed)

    def fire(self, tally: Tally) -> None:
        """Send the next shot and judge what comes back."""
        shot = self._shooter.next()
        started = time.monotonic()
        try:
            statuses = self._whole(shot) if shot.whole else self._broken(shot)
        except AssertionError as error:
            raise AssertionError(f"{self.name}: {error}\nafter {shot.kind} {shot.data[:3000]!r}") from error
        tally.slowest = max(tally.slowest, time.monotonic() - started)
        tally.kinds[shot.kind] += 1
        tally.statuses.update(statuses)

    def close(self) -> None:
        """End the connection."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _whole(self, shot: Shot) -> list[int]:
        wire = self._wire or Wire(self._url, patience=_PATIENCE)
        self._wire = wire
        wire.send(shot.data)
        answer = wire.read(head=shot.head)
        judge(answer, self._flavor, head=shot.head, may_be_any=shot.free)
        ends = answer.header("Connection") == "close"
        assert ends or not shot.ends, "the client asked for an end"
        if ends:
            assert wire.is_closed(), "said to be closed, and open"
            self.close()
        return [answer.status]

    def _broken(self, shot: Shot) -> list[int]:
        """What may be no request, or several: any number of answers, then an end."""
        received = b""
        with Wire(self._url, patience=_PATIENCE) as wire, suppress(ConnectionResetError, BrokenPipeError):
            wire.send(shot.data)
            received = wire.glance(_GLANCE)
            wire.end_sending()
            received += wire.drain()
        try:
            answers = answers_in(received, head=False)
        except WireFault:
            if not shot.data.lstrip(b"\r\n").startswith(b"HEAD "):
                raise
            answers = answers_in(received, head=True)
        for answer in answers:
            judge(answer, self._flavor, head=True, may_be_any=True)
        return [answer.status for answer in answers] or [0]


def campaign(requests: int, seed: int, *, connections: int = 1) -> Tally:
    """Fire so many requests at all stacks in turn, over so many connections to each at once.

    Raises AssertionError, with the shot, where something is wrong.
    """
    tally = Tally()
    with _targets() as targets, ThreadPoolExecutor(connections) as threads:
        lanes = [
            [Gun(target, seed * 1_000_000 + lane * 1000 + number) for number, target in enumerate(targets)]
            for lane in range(connections)
        ]
        each = requests // connections
        for one in threads.map(lambda guns: _fire(guns, each // 2), lanes):
            tally.add(one)
        middle = [target.open() for target in targets]
        for one in threads.map(lambda guns: _fire(guns, each - each // 2), lanes):
            tally.add(one)
        for gun in (gun for guns in lanes for gun in guns):
            gun.close()
        time.sleep(0.5)
        for target, then in zip(targets, middle, strict=True):
            target.check(then, tally)
    return tally


def _fire(guns: list[Gun], requests: int) -> Tally:
    tally = Tally()
    for number in range(requests):
        guns[number % len(guns)].fire(tally)
    return tally


@contextmanager
def _targets() -> Iterator[list[Target]]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, ExitStack() as opened:
        targets = []
        for name, made in fuzzed_projects().items():
            root = write_project(Path(folder) / name, made)
            tokens = _tokens(root)
            stack = opened.enter_context(running_stack(root, ("--no-data", "--dynamodb", "none")))
            targets.append(Target(name, made, stack, tokens))
        yield targets


def _tokens(root: Path) -> tuple[str, ...]:
    key, now = signing_key(root / FOLDER), time.time()
    kinds: tuple[tuple[TokenKind, str], ...]
    kinds = (("jwt", "app"), ("id", "homeport"), ("access", "homeport"), ("jwt", "other"))
    wanted = [
        TokenRequest("user-1", kind, audience=(audience,), lifetime=lifetime)
        for kind, audience in kinds
        for lifetime in (86_400, -60)
    ]
    return tuple(mint(request, key, now=now, token_id=str(number)) for number, request in enumerate(wanted))


def _open_files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def main() -> None:
    """Run a campaign and print its numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1, help="to each stack at once")
    options = parser.parse_args()
    started = time.monotonic()
    tally = campaign(options.requests, options.seed, connections=options.connections)
    took = time.monotonic() - started
    print(f"{options.requests} requests in {took:.0f} s, seed {options.seed}: nothing hung, nothing raised")
    print("sent:", ", ".join(f"{kind} {count}" for kind, count in tally.kinds.most_common()))
    print("came back:", ", ".join(f"{status} {count}" for status, count in sorted(tally.statuses.items())))
    print(f"slowest answer: {tally.slowest:.2f} s")
    for name, (then, now) in tally.open.items():
        print(
            f"{name}: {then.files} files of {then.processes} processes open in the middle, "
            f"{now.files} of {now.processes} at the end"
        )


if __name__ == "__main__":
    main()
