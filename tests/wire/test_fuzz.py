"""A short fuzz of the wire; ``python -m tests.wire.fuzz`` is the long one."""

from __future__ import annotations

import pytest

from tests.support.fuzz_shots import Aim, Shooter
from tests.wire.fuzz import campaign

REQUESTS = 2000


def test_the_same_seed_makes_the_same_shots() -> None:
    aim = Aim("/prod", "localhost", ("a.b.c",))
    first, second, other = Shooter(aim, 1), Shooter(aim, 1), Shooter(aim, 2)
    shots = [first.next() for _ in range(200)]
    assert shots == [second.next() for _ in range(200)]
    assert shots != [other.next() for _ in range(200)]
    assert {shot.kind for shot in shots} == {"request", "answer", "mutated", "framed", "noise"}


@pytest.mark.slow
def test_nothing_hangs_raises_or_answers_in_the_wrong_words() -> None:
    tally = campaign(REQUESTS, seed=7, connections=2)
    assert sum(tally.kinds.values()) == REQUESTS
    assert tally.statuses.keys() >= {200, 400, 401, 403, 404, 500, 502}
