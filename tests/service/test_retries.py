"""service/retries.py."""

from __future__ import annotations

import itertools
import math

from service.retries import LONGEST_CALL, MOST_TURNS, turns


def pauses_of(deadline: float, chance: float = 1.0) -> list[float]:
    """The pauses that are made until no turn is left, by a clock that only pauses move."""
    made: list[float] = []
    taken = list(turns(deadline, clock=lambda: sum(made), sleep=made.append, chance=lambda: chance))
    assert taken == list(range(len(made) + 1))
    return made


def test_pauses_double_up_to_the_last_turn() -> None:
    assert pauses_of(math.inf) == [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]
    assert len(pauses_of(math.inf)) == MOST_TURNS - 1


def test_pauses_are_as_short_as_chance_has_it() -> None:
    assert pauses_of(math.inf, 0.5) == [pause / 2 for pause in pauses_of(math.inf)]
    assert pauses_of(math.inf, 0.0) == [0.0] * (MOST_TURNS - 1)


def test_the_first_turn_is_taken_whatever_the_time() -> None:
    assert pauses_of(-1.0) == []


def test_another_turn_has_to_end_before_the_deadline() -> None:
    for count, needed in enumerate(itertools.accumulate(pauses_of(math.inf)), start=1):
        assert len(pauses_of(needed + LONGEST_CALL + 1e-9)) >= count
        assert len(pauses_of(needed + LONGEST_CALL - 1e-9)) == count - 1
