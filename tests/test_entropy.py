from __future__ import annotations

import threading

from homeport.entropy import LARGEST, Entropy


def test_no_bytes_come_twice_whoever_asks() -> None:
    entropy = Entropy()
    drawn: list[bytes] = []

    def draw() -> None:
        drawn.extend(entropy(16) for _ in range(1000))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == len(drawn) == 4000
    assert {len(piece) for piece in drawn} == {16}


def test_as_many_bytes_as_asked_for() -> None:
    assert len(Entropy()(LARGEST)) == LARGEST
    assert len(Entropy()(1)) == 1
