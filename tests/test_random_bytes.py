"""Random bytes that are read in pieces."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from homeport.random_bytes import RandomBytes, uuid_of


@pytest.mark.parametrize("count", [0, 1, 16, 4096, 5000])
def test_as_many_bytes_come_as_were_asked_for(count: int) -> None:
    assert len(RandomBytes()(count)) == count


def test_no_bytes_come_twice_whatever_the_thread() -> None:
    source = RandomBytes()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: source(11), range(5000)))
    assert len(set(found)) == 5000


def test_a_uuid_is_a_random_one() -> None:
    assert UUID(RandomBytes().new_uuid()).version == 4


def test_a_uuid_is_the_one_of_its_bytes() -> None:
    for random in (bytes(16), b"\xff" * 16, bytes(range(16)), *(os.urandom(16) for _ in range(20))):
        assert uuid_of(random) == str(UUID(bytes=random, version=4))
