"""Background work is done in pieces, all of it."""

from __future__ import annotations

import pytest

from homeport.pieces import pieces


@pytest.fixture(autouse=True)
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    rested: list[float] = []
    monkeypatch.setattr("homeport.pieces.time.sleep", rested.append)
    return rested


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (5, [5]), (12, [5, 5, 2]), (100, [5] * 20)])
def test_few_are_taken_a_few_at_a_time(count: int, sizes: list[int], rests: list[float]) -> None:
    assert list(pieces(count)) == sizes
    assert len(rests) == len(sizes)


@pytest.mark.parametrize("count", [101, 400, 4999, 5000])
def test_many_are_taken_in_so_many_pieces(count: int) -> None:
    sizes = list(pieces(count))
    assert len(sizes) <= 20
    assert sum(sizes) == count
