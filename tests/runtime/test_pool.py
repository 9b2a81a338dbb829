"""Concurrency, reuse and loss of environments, with real processes."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.runtime.api import Invocation, Throttled, Unavailable
from homeport.runtime.pool import PoolRuntime
from tests.support.runtime import Deploy, Deployed, RunningParent, alive, eventually, make_config, running_parent

COUNTS = """
    import os, time
    calls = 0
    def handler(event, context):
        global calls
        calls += 1
        time.sleep((event or {}).get("sleep", 0))
        return {"pid": os.getpid(), "calls": calls}
"""


def in_parallel(count: int, call: Callable[[], Any]) -> list[Any]:
    """What ``count`` calls at the same time gave; an exception counts as a result."""

    def attempt(_: int) -> Any:
        try:
            return call()
        except Exception as exc:
            return exc

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(attempt, range(count)))


def pid_of(invocation: Invocation) -> int:
    pid = json.loads(invocation.payload)["pid"]
    assert isinstance(pid, int)
    return pid


def test_requests_one_after_the_other_share_one_environment(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    first, second = function.invoke(), function.invoke()
    assert json.loads(second.payload) == {"pid": pid_of(first), "calls": 2}
    assert first.init_ms is not None
    assert second.init_ms is None


def test_requests_at_the_same_time_get_an_environment_each(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    results = in_parallel(5, lambda: function.result({"sleep": 0.5}))
    assert len({result["pid"] for result in results}) == 5
    assert {result["calls"] for result in results} == {1}


def test_over_the_reserved_concurrency_a_request_is_throttled(deploy: Deploy) -> None:
    function = deploy(COUNTS, reserved_concurrency=2)
    results = in_parallel(6, lambda: function.result({"sleep": 0.5}))
    throttled = [result for result in results if isinstance(result, Throttled)]
    assert [str(result) for result in throttled] == ["Rate Exceeded."] * 4
    assert function.result()["calls"] == 2


def test_a_reserved_concurrency_of_zero_turns_the_function_off(deploy: Deploy) -> None:
    with pytest.raises(Throttled):
        deploy(COUNTS, reserved_concurrency=0).invoke()


def test_functions_that_reserved_nothing_share_what_is_left_of_the_account(parent: RunningParent) -> None:
    handler = parent.add_handler(COUNTS)
    configs = {
        "reserved": replace(make_config(handler), name="reserved", reserved_concurrency=2),
        "one": replace(make_config(handler), name="one"),
        "other": replace(make_config(handler), name="other"),
    }
    runtime = PoolRuntime(configs, parent.setup.socket_path, parent.setup.scratch, account_concurrency=3)
    try:
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(runtime.invoke, "one", b'{"sleep": 1}')
            assert eventually(lambda: runtime.environments("one").busy == 1)
            with pytest.raises(Throttled):
                runtime.invoke("other", b"{}")
            assert runtime.invoke("reserved", b"{}").error is None
            assert running.result().error is None
        assert runtime.invoke("other", b"{}").error is None
    finally:
        runtime.close()


def test_a_worker_killed_while_idle_does_not_fail_the_next_request(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    pid = pid_of(function.invoke())
    os.kill(pid, signal.SIGKILL)
    invocation = function.invoke()
    assert json.loads(invocation.payload)["calls"] == 1
    assert invocation.init_ms is not None


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


def test_idle_environments_are_retired_with_their_processes_and_folders(deploy: Deploy) -> None:
    code = """
        import os, tempfile
        def handler(event, context): return [os.getpid(), tempfile.gettempdir()]
    """
    pid, folder = deploy(code, {"keep_idle": 0.2}).result()
    assert eventually(lambda: not alive(pid) and not Path(folder).exists())


def test_a_thousand_invocations_leak_neither_descriptors_nor_processes(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    function.invoke()
    descriptors, threads = len(os.listdir("/dev/fd")), threading.active_count()  # noqa: PTH208
    pids = {function.result()["pid"] for _ in range(1000)}
    assert len(pids) == 1
    assert (len(os.listdir("/dev/fd")), threading.active_count()) == (descriptors, threads)  # noqa: PTH208


def test_environments_that_ended_leave_no_descriptor_behind(deploy: Deploy) -> None:
    code = """
        import os
        def handler(event, context): os._exit(1)
    """
    function = deploy(code)
    function.invoke()
    descriptors = len(os.listdir("/dev/fd"))  # noqa: PTH208
    for _ in range(20):
        function.invoke()
    assert eventually(lambda: len(os.listdir("/dev/fd")) <= descriptors)  # noqa: PTH208


def test_close_ends_running_invocations_and_every_process(parent: RunningParent) -> None:
    config = make_config(parent.add_handler(COUNTS))
    runtime = PoolRuntime({config.name: config}, parent.setup.socket_path, parent.setup.scratch)
    pid = pid_of(runtime.invoke(config.name, b"{}"))
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(runtime.invoke, config.name, b'{"sleep": 30}')
        assert eventually(lambda: runtime.environments(config.name).busy == 1)
        runtime.close()
        assert running.result().error == "Unhandled"
    assert eventually(lambda: not alive(pid))


def test_replace_serves_new_code_next_and_lets_running_invocations_end(parent: RunningParent, deploy: Deploy) -> None:
    parent.write("handlers/reloaded.py", "import time\ndef handler(event, context):\n    time.sleep(event); return 1\n")
    function = deploy("", handler="service.handlers.reloaded.handler")
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(function.result, 1)
        assert eventually(function.is_busy)
        time.sleep(0.3)
        # The same second, the same size: what Python's own bytecode cache would miss.
        parent.write(
            "handlers/reloaded.py", "import time\ndef handler(event, context):\n    time.sleep(event); return 2\n"
        )
        function.runtime.replace({function.name: function.config})
        assert function.result(0) == 2
        assert running.result() == 1
    assert [function.result(0) for _ in range(3)] == [2, 2, 2]


def test_warm_initialises_ahead_and_the_first_report_still_says_so(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    function.runtime.warm([function.name])
    started = time.perf_counter()
    invocation = function.invoke()
    assert time.perf_counter() - started < 0.05
    assert invocation.init_ms is not None
    assert invocation.log.startswith(b"INIT_START")


def test_an_unknown_function_is_a_key_error(deploy: Deploy) -> None:
    with pytest.raises(KeyError):
        deploy(COUNTS).runtime.invoke("other", b"{}")


def test_kill_9_of_the_parent_leaves_running_workers_and_new_ones_come_once_it_is_back(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent:
        config = make_config(parent.add_handler(COUNTS))
        runtime = PoolRuntime({config.name: config}, parent.setup.socket_path, parent.setup.scratch)
        function = Deployed(runtime, config, parent)
        try:
            pid = function.result()["pid"]
            parent.process.kill()
            parent.process.wait()
            assert function.result() == {"pid": pid, "calls": 2}
            with ThreadPoolExecutor(2) as threads:
                running = threads.submit(function.result, {"sleep": 1.2})
                assert eventually(lambda: runtime.environments(config.name).busy == 1)
                waiting = threads.submit(function.result)
                time.sleep(0.2)
                parent.start_again()
                assert running.result()["pid"] == pid
                assert waiting.result()["calls"] == 1
        finally:
            runtime.close()


def test_without_a_parent_a_cold_start_is_unavailable_after_two_seconds(tmp_path: Path) -> None:
    config = make_config("service.handlers.any.handler")
    runtime = PoolRuntime({config.name: config}, tmp_path / "nobody.sock", tmp_path / "scratch")
    try:
        started = time.monotonic()
        with pytest.raises(Unavailable, match="the worker parent is not there"):
            runtime.invoke(config.name, b"{}")
        assert 1.9 < time.monotonic() - started < 4
    finally:
        runtime.close()
