"""Run the cases one after the other under load, and compare every answer with the ledger."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterable, Iterator, Sequence

from homeport.contract.fixtures.stack import running_stack
from tests.chaos.case import TIMED_OUT, Case, Outcome, Unable
from tests.chaos.ground import Ground, processes
from tests.chaos.ledger import Answer, Caller, Ledger, Load, audit, spread
from tests.support.chaos_project import FUNCTION_TIMEOUT
from tests.support.waiting import SlownessMeter, eventually

LIMIT = 2.0
# A traceback of the kit itself: the logs of functions are indented.
_TRACEBACK = re.compile(r"^(Traceback|Exception).{0,600}", re.MULTILINE | re.DOTALL)
_CLIENTS = 6
# A child that ends five times in 20 s is given up, which is another promise: kills keep their distance.
_PAUSE = 5.5
_WAIT_FOR_ENVIRONMENTS = 0.5


def run(ground: Ground, cases: Sequence[Case], limit: float) -> Iterator[Outcome]:
    """Run the cases. A slow recovery gets a second try, since other programs may have had the machine."""
    with Load(ground.stack.url, ground.ledger, _CLIENTS, "key"):
        assert eventually(lambda: len(ground.ledger.acknowledged) == _CLIENTS), "the load does not get going"
        time.sleep(_WAIT_FOR_ENVIRONMENTS)
        ground.files, ground.environments = ground.open_files(), len(ground.workers())
        last: dict[str, float] = {}
        for case in cases:
            time.sleep(max(0.0, last.get(case.name, 0.0) + _PAUSE - time.monotonic()))
            outcome = _outcome(ground, case, limit)
            if outcome.is_merely_slow:
                time.sleep(_PAUSE)
                first, outcome = outcome.recovered, _outcome(ground, case, limit)
                outcome.note += f"; {first:.2f} s at the first try"
            last[case.name] = time.monotonic()
            yield outcome
    yield Outcome("the ledger", wrong=audit(ground.stack.url, ground.ledger), note=_sums(ground.ledger))


def _outcome(ground: Ground, case: Case, limit: float) -> Outcome:
    outcome, begun = Outcome(case.name), time.monotonic()
    known, printed = len(ground.ledger.wrong), len(ground.stack.read_output())
    with SlownessMeter() as meter:
        try:
            outcome.note = case.inflict(ground)
        except Unable as reason:
            outcome.skipped = str(reason)
            return outcome
        except AssertionError as error:
            outcome.wrong.append(str(error))
        outcome.recovered = recovery(ground.stack.url, ground.ledger, time.monotonic())
    answers = ground.ledger.since(begun)
    outcome.answers = spread(answers)
    outcome.wrong += ground.ledger.wrong[known:]
    add_undocumented(outcome, answers, case.answers)
    outcome.wrong += _left_behind(ground)
    if found := _TRACEBACK.search(ground.stack.read_output()[printed:]):
        outcome.wrong.append(f"a traceback in the output: {found.group()}")
    outcome.judge_recovery(limit, meter.worst)
    return outcome


def add_undocumented(outcome: Outcome, answers: Sequence[Answer], documented: frozenset[int]) -> None:
    """Add the answers that are not documented. Those for which a function had no time are about time."""
    late = [answer for answer in answers if answer.status in TIMED_OUT and answer.took >= FUNCTION_TIMEOUT]
    outcome.add_slow(*some(find_undocumented(late, documented)))
    outcome.wrong += some(find_undocumented([answer for answer in answers if answer not in late], documented))


def some(faults: Iterable[str]) -> list[str]:
    """Return the first three different ones."""
    return list(dict.fromkeys(faults))[:3]


def recovery(url: str, ledger: Ledger, over: float) -> float:
    """Wait until a request is answered after which none fails. Return the seconds since ``over``."""
    caller = Caller(url)

    def answers() -> bool:
        asked = time.monotonic()
        status, body = caller.ask("GET", "/counters/key-0")
        ledger.answers.append(Answer(asked, time.monotonic(), status, body.decode(errors="replace")[:80]))
        return 200 <= status < 300

    eventually(answers)
    caller.close()
    # Requests that were made during the harm may still fail of it: the next case must not be blamed.
    eventually(lambda: all(asked > over for asked in list(ledger.asking.values())))
    time.sleep(_WAIT_FOR_ENVIRONMENTS)
    asked_later = [answer for answer in ledger.since(over) if answer.asked >= over]
    last_bad = max((answer.asked for answer in asked_later if not answer.good), default=over)
    first_good = min((answer.ended for answer in asked_later if answer.good and answer.asked >= last_bad), default=None)
    return (time.monotonic() if first_good is None else first_good) - over


def find_undocumented(answers: Sequence[Answer], documented: frozenset[int]) -> Iterator[str]:
    """Yield the answers that the documentation does not promise."""
    for answer in answers:
        if answer.status == 409 or answer.good:
            continue
        if answer.status not in documented:
            yield f"a client got {answer.status or 'no answer'} ({answer.what}) after {answer.took:.2f} s"
        elif answer.status and not _has_message(answer.what):
            yield f"{answer.status} says {answer.what!r}"


def _has_message(body: str) -> bool:
    try:
        return list(json.loads(body)) == ["message"]
    except ValueError:
        return False


def _left_behind(ground: Ground) -> Iterator[str]:
    if not eventually(lambda: not ground.zombies()):
        yield f"a zombie: {ground.zombies()[0]}"
    if not eventually(lambda: not ground.leaked_files()):
        yield from ground.leaked_files()
    homes = [home.name for home in ground.scratch.glob("homeport-*")]
    if len(homes) != 1:
        yield f"temporary folders: {homes}"


def kill_supervisor(ground: Ground, limit: float) -> Outcome:
    """kill -9 of the supervisor: everything ends, and the next start is whole."""
    outcome = Outcome("kill -9 supervisor")
    with Load(ground.stack.url, ground.ledger, _CLIENTS, "last") as load, SlownessMeter() as meter:
        assert eventually(
            lambda: len([key for key in ground.ledger.acknowledged if key.startswith("last")]) == _CLIENTS
        )
        pids = [each.pid for each in ground.processes()]
        killed = time.monotonic()
        os.kill(ground.stack.process.pid, signal.SIGKILL)
        ground.stack.process.wait()
        gone = eventually(lambda: not _alive(pids))
        outcome.recovered = time.monotonic() - killed
        load.stop()
    if not gone:
        outcome.wrong.append(f"after {outcome.recovered:.1f} s these still run: {_alive(pids)}")
    else:
        outcome.judge_recovery(limit, meter.worst, "everything ended")
    begun = time.monotonic()
    with running_stack(ground.root, ground.options, state=ground.root / ".homeport") as stack:
        outcome.note = f"next start ready in {time.monotonic() - begun:.1f} s"
        outcome.wrong += audit(stack.url, ground.ledger)
        pids = [each.pid for each in ground.processes()]
        homes = [home.name for home in ground.scratch.glob("homeport-*")]
        if len(homes) != 1:
            outcome.wrong.append(f"temporary folders after the next start: {homes}")
    outcome.wrong += _after_the_end(ground, pids)
    return outcome


def _after_the_end(ground: Ground, pids: Sequence[int]) -> Iterator[str]:
    if left := _alive(pids):
        yield f"processes after the end: {left}"
    if left_files := [file.name for file in ground.scratch.iterdir()]:
        yield f"files left in the temporary folder: {left_files}"


def _alive(pids: Sequence[int]) -> list[str]:
    return [f"{each.pid} {each.command}" for each in processes() if each.pid in set(pids) and each.state[0] != "Z"]


def _sums(ledger: Ledger) -> str:
    return f"{sum(ledger.acknowledged.values())} writes acknowledged, {len(ledger.answers)} answers"
