"""kill -9 of any worker, at any moment, loses no other request; the parent's end loses none at all."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homeport.runtime.api import Unavailable
from homeport.runtime.host.pool import PoolRuntime
from tests.support.runtime import COUNTS, Deploy, Deployed, alive, call_gate, make_config, pid_of, running_parent
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack


def test_a_worker_killed_while_idle_does_not_fail_the_next_request(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    pid = pid_of(function.invoke())
    os.kill(pid, signal.SIGKILL)
    invocation = function.invoke()
    assert json.loads(invocation.payload)["calls"] == 1
    assert invocation.init_ms is not None


def test_any_number_of_workers_killed_while_idle_does_not_fail_the_next_request(deploy: Deploy) -> None:
    function = deploy(COUNTS, timeout=60)
    with call_gate() as gate, ThreadPoolExecutor(6) as threads:
        running = [threads.submit(function.result, gate.event) for _ in range(6)]
        gate.wait_for(6)
        gate.open()
        pids = {future.result()["pid"] for future in running}
    assert len(pids) == 6
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert [function.result()["calls"] for _ in range(2)] == [1, 2]


def test_a_worker_that_ends_between_requests_does_not_fail_the_next_one(deploy: Deploy) -> None:
    code = """
        import os, threading
        def handler(event, context):
            threading.Timer(0.1, os._exit, (1,)).start()
            return os.getpid()
    """
    function = deploy(code)
    first = function.result()
    assert eventually(lambda: not alive(first))
    assert function.result() != first


def test_a_worker_stopped_before_it_reads_the_request_and_then_killed_loses_nothing(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    pid = pid_of(function.invoke())
    os.kill(pid, signal.SIGSTOP)
    killer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
    killer.start()
    assert function.result()["calls"] == 1
    killer.join()


def test_kill_9_of_one_worker_fails_its_own_request_alone(deploy: Deploy) -> None:
    code = """
        import os, time
        def handler(event, context):
            if event == "victim":
                os.kill(os.getpid(), 9)
            time.sleep(0.3)
            return "fine"
    """
    function = deploy(code)
    events = ["victim", None, None, None]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(function.invoke, events))
    assert [result.error for result in results] == ["Unhandled", None, None, None]


def test_killing_workers_at_random_moments_fails_no_request_that_was_not_running_there(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    failures = []
    for number in range(60):
        pid = function.result()["pid"]
        threading.Timer(number % 6 / 1000, os.kill, (pid, signal.SIGKILL)).start()
        time.sleep(number % 5 / 1000)
        invocation = function.invoke()
        if invocation.error is not None:
            failures.append(invocation)
        assert eventually(lambda pid=pid: not alive(pid))  # type: ignore[misc]
    assert all(b"signal: killed" in invocation.payload for invocation in failures)
    assert len(failures) < 20


def test_kill_9_of_the_parent_leaves_running_workers_and_new_ones_come_once_it_is_back(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent:
        config = make_config(parent.add_handler(COUNTS), timeout=60)
        # A busy machine takes its time to start the next parent.
        runtime = PoolRuntime(
            {config.name: config}, parent.setup.socket_path, parent.setup.scratch, parent_timeout=120.0
        )
        function = Deployed(runtime, config, parent)
        try:
            pid = function.result()["pid"]
            parent.process.kill()
            parent.process.wait()
            assert function.result() == {"pid": pid, "calls": 2}
            with call_gate() as gate, ThreadPoolExecutor(2) as threads:
                running = threads.submit(function.result, gate.event)
                gate.wait_for(1)
                waiting = threads.submit(function.result)
                assert eventually(lambda: runtime.environments(config.name).busy == 2)
                parent.start_again()
                assert waiting.result()["calls"] == 1
                gate.open()
                assert running.result()["pid"] == pid
        finally:
            runtime.close()


def test_a_cold_start_without_a_parent_is_unavailable_after_two_seconds(tmp_path: Path) -> None:
    config = make_config("service.handlers.any.handler")
    runtime = PoolRuntime({config.name: config}, tmp_path / "nobody.sock", tmp_path / "scratch")
    try:
        started = time.monotonic()
        with pytest.raises(Unavailable, match="the worker parent is not there"):
            runtime.invoke(config.name, b"{}")
        assert time.monotonic() - started >= 2.0
    finally:
        runtime.close()
