"""Processes that die or stop, a DynamoDB that fails, a disk that is full, a clock that jumps."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenRequest, mint
from homeport.runtime.control import send_faults
from tests.chaos.case import ENDED, FAILED, Case, Unable
from tests.chaos.ground import Ground
from tests.chaos.ledger import Caller
from tests.support.waiting import eventually

_HOUR = 3600


def _kill(name: str) -> Callable[[Ground], str]:
    def inflict(ground: Ground) -> str:
        pid = ground.child(name)
        os.kill(pid, signal.SIGKILL)
        return f"pid {pid}"

    return inflict


def _kill_worker(ground: Ground) -> str:
    pid = ground.chance.choice(ground.workers())
    os.kill(pid, signal.SIGKILL)
    return f"pid {pid}"


def _stop_dynamodb(ground: Ground) -> str:
    pid = ground.child("DynamoDB")
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(ground.lasts)
    finally:
        os.kill(pid, signal.SIGCONT)
    return f"for {ground.lasts} s"


def _faults(*faults: str) -> Callable[[Ground], str]:
    def inflict(ground: Ground) -> str:
        send_faults(ground.switch, faults, ground.chance.randrange(1000))
        try:
            time.sleep(ground.lasts)
        finally:
            send_faults(ground.switch, ())
        return f"{', '.join(faults)} for {ground.lasts} s"

    return inflict


def _fill_disk(ground: Ground) -> str:
    if ground.mount is None:
        return _limit_files(ground)
    filler = ground.mount / "filler"
    try:
        size = _fill(filler)
        time.sleep(ground.lasts)
    finally:
        filler.unlink()
    return f"ENOSPC after {size >> 20} MB, for {ground.lasts} s"


def _fill(filler: os.PathLike[str]) -> int:
    descriptor, size = os.open(filler, os.O_WRONLY | os.O_CREAT, 0o600), 0
    try:
        for block in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    size += os.write(descriptor, bytes(block))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break
    finally:
        os.close(descriptor)
    return size


def _limit_files(ground: Ground) -> str:
    """For a user who may not mount: no file of these processes may grow."""
    if sys.platform != "linux":
        raise Unable("neither may this user mount a small file system, nor can limits of a running process be set here")
    import resource

    journals = ground.root.glob(".homeport/data/journal-*")
    size = max((journal.stat().st_size for journal in journals), default=0) + 100
    before = {}
    for name, most in {"DynamoDB": size, "gateway": 1, "recorder": 1}.items():
        pid = ground.child(name)
        before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, before[pid][1]))
    time.sleep(ground.lasts)
    for pid, limits in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    return f"EFBIG by RLIMIT_FSIZE, for {ground.lasts} s"


def _jump(ground: Ground) -> str:
    request = TokenRequest("someone", lifetime=_HOUR)
    token = mint(request, signing_key(ground.root / FOLDER), now=time.time(), token_id="1")
    caller, seen = Caller(ground.stack.url), []
    jumps = (0, 2 * _HOUR, 0, -_HOUR, 240 * _HOUR, 0)
    try:
        for jump in jumps:
            ground.clock.write_text(str(jump))
            # The clients of the load go on in each of these times.
            time.sleep(0.3)
            caller.close()
            seen.append(caller.ask("GET", "/guarded", token=token)[0])
    finally:
        ground.clock.write_text("0")
        caller.close()
    # A token that was issued in the future is refused as one that has ended.
    expected = [204 if jump == 0 else 401 for jump in jumps]
    assert seen == expected, f"a token of one hour got {seen}, not {expected}"
    _logs_go_on(ground)
    return "hours " + ", ".join(f"{jump // _HOUR:+d}" for jump in jumps[1:]) + "; a token of 1 h counts in its hour"


def _logs_go_on(ground: Ground) -> None:
    files = [ground.root / ".homeport" / name for name in ("access.log", "logs/put-counter.log")]
    before = [file.stat().st_size for file in files]

    def still() -> list[Path]:
        return [file for file, size in zip(files, before, strict=True) if file.stat().st_size <= size]

    assert eventually(lambda: not still()), f"after the clock's jumps nothing is logged in {still()}"


KILLS = (
    Case("kill -9 gateway", _kill("gateway"), ENDED, repeats=4),
    Case("kill -9 worker parent", _kill("worker parent"), FAILED, repeats=4),
    Case("kill -9 worker", _kill_worker, FAILED, repeats=8),
    Case("kill -9 DynamoDB", _kill("DynamoDB"), FAILED, repeats=4),
    Case("kill -9 recorder", _kill("recorder"), repeats=4),
    Case("kill -9 inspector", _kill("inspector"), repeats=2),
)
FAULTS = (
    Case("DynamoDB stopped", _stop_dynamodb, FAILED),
    Case("DynamoDB slow", _faults("*=latency:300ms")),
    Case("DynamoDB throttles", _faults("*=ProvisionedThroughputExceeded@0.7"), FAILED),
    Case("DynamoDB answers get lost", _faults("*.PutItem=lost@0.3"), FAILED),
    Case("disk full: data and logs", _fill_disk, FAILED),
    Case("clock jumps", _jump, ENDED),
)
