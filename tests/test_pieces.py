"""Background work is done in pieces, all of it."""

from __future__ import annotations

from collections import deque

import pytest

from homeport.pieces import pieces


@pytest.fixture(autouse=True)
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    rested: list[float] = []
    monkeypatch.setattr("homeport.pieces.time.sleep", rested.append)
    return rested


def taken(count: int) -> list[int]:
    waiting = deque(range(count))
    sizes = []
    for size in pieces(waiting):
        sizes.append(size)
        for _ in range(size):
            waiting.popleft()
    return sizes


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (5, [5]), (12, [5, 5, 2])])
def test_few_are_taken_a_few_at_a_time(count: int, sizes: list[int], rests: list[float]) -> None:
    assert taken(count) == sizes
    assert len(rests) == len(sizes)


def test_the_more_wait_the_larger_a_piece_is() -> None:
    sizes = taken(5000)
    assert sizes[0] == 250
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == 5000
    assert len(sizes) < 100


def test_what_comes_meanwhile_is_taken_as_well() -> None:
    waiting = deque([1])
    sizes = []
    for size in pieces(waiting):
        sizes.append(size)
        waiting.popleft()
        if len(sizes) < 3:
            waiting.append(1)
    assert sizes == [1, 1, 1]
