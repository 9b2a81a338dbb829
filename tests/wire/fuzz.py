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
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.memory import tree
from homeport.contract.stack import Stack, running_stack
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
    """How many files and sockets a stack's processes have open."""

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


class Range:
    """One stack, and a connection to it that is kept as long as the server keeps it."""

    def __init__(self, name: str, made: Made, stack: Stack, root: Path, seed: int) -> None:
        self.name = name
        self.stack = stack
        self._flavor = made.flavor
        self._wire: Wire | None = None
        prefix = "" if made.stage_name is None else f"/{made.stage_name}"
        host = stack.url.split("/")[2]
        self._shooter = Shooter(Aim(prefix, host, _tokens(root)), seed)

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

    def open(self) -> Open:
        """What the stack has open now."""
        found = [_open_files(pid) for pid in tree(self.stack.process.pid)]
        return Open(sum(found), sum(1 for count in found if count))

    def _whole(self, shot: Shot) -> list[int]:
        wire = self._wire or Wire(self.stack.url, patience=_PATIENCE)
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
        with Wire(self.stack.url, patience=_PATIENCE) as wire, suppress(ConnectionResetError, BrokenPipeError):
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


def campaign(requests: int, seed: int, *, progress: bool = False) -> Tally:
    """Fire so many requests at all stacks in turn. Raises AssertionError, with the shot, where something is wrong."""
    tally = Tally()
    with _ranges(seed) as ranges:
        before: dict[str, Open] = {}
        for number in range(requests):
            if number == requests // 2:
                before = {one.name: one.open() for one in ranges}
            ranges[number % len(ranges)].fire(tally)
            if progress and (number + 1) % 5000 == 0:
                print(f"{number + 1} requests", flush=True)
        for one in ranges:
            one.close()
        time.sleep(0.5)
        for one in ranges:
            _check(one, before, tally)
    return tally


def _check(one: Range, before: dict[str, Open], tally: Tally) -> None:
    printed = one.stack.printed()
    for word in ("Traceback", "a fault of", "starting it again"):
        assert word not in printed, f"{one.name}: {printed[max(0, printed.index(word) - 500) :][:3000]}"
    assert one.stack.process.poll() is None
    with Wire(one.stack.url) as wire:
        assert wire.ask("GET", "/items/1").status in (200, 403, 404)
    then, now = before[one.name], one.open()
    tally.open[one.name] = (then, now)
    started = max(0, now.processes - then.processes)
    assert now.files <= then.files + started * _FILES_OF_AN_ENVIRONMENT + _SPARE_FILES, f"{one.name}: {tally.open}"


@contextmanager
def _ranges(seed: int) -> Iterator[list[Range]]:
    with ExitStack() as opened, tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        ranges = []
        for number, (name, made) in enumerate(fuzzed_projects().items()):
            root = write_project(Path(folder) / name, made)
            signing_key(root / FOLDER)
            stack = opened.enter_context(running_stack(root, ("--no-data", "--dynamodb", "none")))
            ranges.append(Range(name, made, stack, root, seed * 1000 + number))
        yield ranges


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
    options = parser.parse_args()
    started = time.monotonic()
    tally = campaign(options.requests, options.seed, progress=True)
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
