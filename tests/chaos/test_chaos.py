"""The campaign's short form, as ``make chaos SHORT=1`` runs it, and the ledger that it goes by."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.campaign import add_undocumented, find_undocumented
from tests.chaos.case import FAILED, NOTHING, Outcome
from tests.chaos.ledger import Answer, Ledger, spread
from tests.support.chaos_project import FUNCTION_TIMEOUT

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(1800)
def test_each_fault_ends_in_a_documented_answer_and_loses_nothing() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--short"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1700, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill -9 supervisor" in done.stdout and "\n0 broken, " in done.stdout
    for line in done.stdout.splitlines():
        if line.startswith("skipped"):
            print(line)


def make_ledger() -> Ledger:
    return Ledger(acknowledged={"a": 3}, attempted={"a": 4})


@pytest.mark.parametrize(("status", "body"), [(200, b"3"), (200, b"4"), (500, b"")])
def test_a_read_that_is_new_enough_is_right(status: int, body: bytes) -> None:
    ledger = make_ledger()
    ledger.saw("a", status, body, at_least=3)
    assert ledger.wrong == []


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"2", "a reads 2, acknowledged was 3, tried 4"),
        (200, b"5", "a reads 5, acknowledged was 3, tried 4"),
        (404, b"0", "a is gone, though 3 was acknowledged"),
    ],
)
def test_a_lost_write_is_found(status: int, body: bytes, message: str) -> None:
    ledger = make_ledger()
    ledger.saw("a", status, body, at_least=3)
    assert ledger.wrong == [message]


def make_answer(status: int, what: str = "") -> Answer:
    return Answer(0.0, 0.5, status, what)


def test_an_answer_that_is_not_documented_is_found() -> None:
    good = [make_answer(204), make_answer(409), make_answer(500, '{"message":"Internal Server Error"}')]
    assert list(find_undocumented(good, FAILED)) == []
    assert list(find_undocumented([make_answer(0), make_answer(500, "oops")], FAILED)) == [
        "a client got no answer () after 0.50 s",
        "500 says 'oops'",
    ]


def test_answers_are_counted_by_status() -> None:
    assert spread([make_answer(204), make_answer(0), make_answer(204)]) == "no answer: 1, 204: 2"


@pytest.mark.parametrize(
    ("slowness", "faults"), [(1.0, ["recovered after 2.50 s, more than 2.0 s times 1.0"]), (1.5, [])]
)
def test_a_recovery_is_judged_by_the_slowness_beside_it(slowness: float, faults: list[str]) -> None:
    outcome = Outcome("a case", recovered=2.5)
    outcome.judge_recovery(2.0, slowness)
    assert outcome.wrong == faults
    assert outcome.is_merely_slow is bool(faults)


def test_a_lost_write_is_not_excused_by_a_slow_machine() -> None:
    outcome = Outcome("a case", recovered=9, wrong=["key-1 is gone, though 3 was acknowledged"])
    outcome.judge_recovery(2.0, 3.0)
    assert len(outcome.wrong) == 2
    assert not outcome.is_merely_slow


def test_an_answer_that_a_function_had_no_time_for_is_about_time_alone() -> None:
    outcome = Outcome("a case")
    late = Answer(0.0, FUNCTION_TIMEOUT + 0.1, 503, '{"message":"Service Unavailable"}')
    add_undocumented(outcome, [late], NOTHING)
    assert outcome.is_merely_slow
    add_undocumented(outcome, [Answer(0.0, 0.1, 503, late.what)], NOTHING)
    assert not outcome.is_merely_slow
