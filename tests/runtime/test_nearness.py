"""Who is kept on the gateway's core, and when he is let go."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from homeport.runtime.nearness import Nearness
from tests.support.runtime import Deploy, eventually

HERE, EVERYWHERE = frozenset({1}), frozenset({0, 1, 2})
LONG = 21
AFFINITY = """
    import os, time
    def handler(event, context):
        time.sleep(event)
        return sorted(os.sched_getaffinity(0))
"""


class Placed:
    """An environment that remembers where it is to run."""

    def __init__(self, memory: int = 128) -> None:
        self.memory = memory
        self.cores = EVERYWHERE

    def keep_to(self, cores: frozenset[int]) -> None:
        self.cores = cores


def test_one_that_serves_alone_for_a_while_comes_near() -> None:
    near, environment = Nearness(HERE, EVERYWHERE), Placed()
    for in_turn in range(1, LONG):
        near.place(environment, in_turn)
    assert environment.cores == EVERYWHERE
    near.place(environment, LONG)
    assert environment.cores == HERE


def test_all_are_let_go_when_two_serve_at_once() -> None:
    near, one, other = Nearness(HERE, EVERYWHERE), Placed(), Placed()
    near.place(one, LONG)
    near.place(other, LONG + 1)
    assert one.cores == other.cores == HERE
    near.place(other, 0)
    assert one.cores == other.cores == EVERYWHERE
    near.place(one, LONG)
    assert one.cores == HERE


def test_a_function_with_more_than_one_vcpu_has_every_core() -> None:
    large, near = Placed(1770), Nearness(HERE, EVERYWHERE)
    near.place(large, LONG)
    assert large.cores == EVERYWHERE


def test_one_that_was_closed_is_forgotten() -> None:
    near, closed = Nearness(HERE, EVERYWHERE), Placed()
    near.place(closed, LONG)
    told = weakref.ref(closed)
    del closed
    assert told() is None
    other = Placed()
    near.place(other, LONG + 1)
    near.place(other, 0)
    assert other.cores == EVERYWHERE


def test_where_the_gateway_has_no_core_of_its_own_nobody_is_placed() -> None:
    environment = Placed()
    Nearness().place(environment, LONG)
    assert environment.cores == EVERYWHERE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its cores")
def test_a_worker_follows(deploy: Deploy) -> None:
    everywhere = sorted(os.sched_getaffinity(0))
    here = everywhere[:1]
    function = deploy(AFFINITY, options={"near": Nearness(frozenset(here), frozenset(everywhere))})
    assert [function.result(0) for _ in range(LONG)] == [*[everywhere] * (LONG - 1), here]
    with ThreadPoolExecutor() as threads:
        first = threads.submit(function.result, 0.5)
        assert eventually(function.is_busy)
        assert function.result(0) == everywhere
        assert first.result() == everywhere


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its cores")
def test_a_process_stays_on_one_core() -> None:
    program = (
        "import os; from homeport.runtime.nearness import stay_on_one_core; stay_on_one_core();"
        "print(len(os.sched_getaffinity(0)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "1\n"
