"""The plan of a run: its parts, and the time of each."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from homeport.contract.run.plan import PARTS, RunPlan, duration, make_plan, phases, shard


def options(**given: Any) -> argparse.Namespace:
    plain = {"phases": None, "without_cases": False, "budget": None, "max_examples": None, "max_time": None}
    return argparse.Namespace(**{**plain, "shard": (1, 1), **given})


def test_without_a_budget_the_work_is_the_same_on_every_machine() -> None:
    assert make_plan(options(max_examples=7), in_turn=False) == RunPlan(frozenset(PARTS), 1, 7)


def test_side_by_side_both_parts_have_the_whole_budget_and_in_turn_half_of_it() -> None:
    together, in_turn = (make_plan(options(budget=60.0), in_turn=each) for each in (False, True))
    assert (together.fuzz_seconds, together.check_seconds) == (52, 52.0)
    assert (in_turn.fuzz_seconds, in_turn.check_seconds) == (26, 26.0)


def test_a_larger_budget_has_more_rounds_and_more_examples() -> None:
    small, large = (make_plan(options(budget=seconds), in_turn=False) for seconds in (30.0, 600.0))
    assert small.rounds > 1
    assert (small.examples or 0) < (large.examples or 0)


def test_parts_are_chosen_by_name_and_cases_left_out() -> None:
    assert make_plan(options(phases=["rest", "cases"], without_cases=True), in_turn=False).parts == {"rest"}
    assert phases("document,rest") == ["rest", "document"]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30.0), ("1.5m", 90.0), ("2h", 7200.0)])
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "0s", "5 m", "-1s"])
def test_other_texts_are_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write 30s, 5m or 1h"):
        duration(text)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b"])
def test_a_shard_is_one_of_its_parts(text: str) -> None:
    assert shard("2/4") == (2, 4)
    with pytest.raises(argparse.ArgumentTypeError, match="write 1/4"):
        shard(text)


def test_an_unknown_part_is_rejected() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="fuzz, rest, document, cases"):
        phases("rest,rst")
