"""Concurrency, reuse and loss of environments, with real processes."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from homeport.runtime.api import Throttled
from homeport.runtime.host.pool import PoolRuntime
from tests.support.runtime import COUNTS, Deploy, RunningParent, alive, call_gate, in_parallel, make_config, pid_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack


def test_requests_one_after_the_other_share_one_environment(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    first, second = function.invoke(), function.invoke()
    assert json.loads(second.payload) == {"pid": pid_of(first), "calls": 2}
    assert first.init_ms is not None
    assert second.init_ms is None


def test_requests_at_the_same_time_get_an_environment_each(deploy: Deploy) -> None:
    function = deploy(COUNTS, timeout=60)
    with call_gate() as gate, ThreadPoolExecutor(5) as threads:
        running = [threads.submit(function.result, gate.event) for _ in range(5)]
        gate.wait_for(5)
        gate.open()
        results = [future.result() for future in running]
    assert len({result["pid"] for result in results}) == 5
    assert {result["calls"] for result in results} == {1}


def test_requests_that_wait_for_an_environment_get_their_own_responses(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    return [event, context.aws_request_id]\n")
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda number: function.result({"number": number}), range(320)))
    assert [event["number"] for event, _ in found] == [*range(320)]
    assert len({request_id for _, request_id in found}) == 320


def test_over_the_reserved_concurrency_a_request_is_throttled(deploy: Deploy) -> None:
    function = deploy(COUNTS, reserved_concurrency=2, timeout=60)
    with call_gate() as gate, ThreadPoolExecutor(2) as threads:
        running = [threads.submit(function.result, gate.event) for _ in range(2)]
        gate.wait_for(2)
        throttled = in_parallel(4, function.result)
        gate.open()
        assert [future.result()["calls"] for future in running] == [1, 1]
    assert [(type(result), str(result)) for result in throttled] == [(Throttled, "Rate Exceeded.")] * 4
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
        with call_gate() as gate, ThreadPoolExecutor(1) as thread:
            running = thread.submit(runtime.invoke, "one", json.dumps(gate.event).encode())
            gate.wait_for(1)
            with pytest.raises(Throttled):
                runtime.invoke("other", b"{}")
            assert runtime.invoke("reserved", b"{}").error is None
            gate.open()
            assert running.result().error is None
        assert runtime.invoke("other", b"{}").error is None
    finally:
        runtime.close()


def test_idle_environments_are_retired_with_their_processes_and_folders(deploy: Deploy) -> None:
    function = deploy(COUNTS, {"keep_idle": 0.2})
    scratch = function.parent.setup.scratch
    before = set(scratch.iterdir())
    pid = function.result()["pid"]
    [folder] = set(scratch.iterdir()) - before
    assert eventually(lambda: not alive(pid) and not folder.exists())


def test_a_thousand_invocations_leak_neither_descriptors_nor_processes(deploy: Deploy) -> None:
    function = deploy(COUNTS)
    function.invoke()
    descriptors, threads = len(os.listdir("/dev/fd")), threading.active_count()  # noqa: PTH208
    pids = {function.result()["pid"] for _ in range(1000)}
    assert len(pids) == 1
    assert len(os.listdir("/dev/fd")) == descriptors  # noqa: PTH208
    # One of an earlier test may have ended meanwhile.
    assert threading.active_count() <= threads


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
    config = make_config(parent.add_handler(COUNTS), timeout=60)
    runtime = PoolRuntime({config.name: config}, parent.setup.socket_path, parent.setup.scratch)
    pid = pid_of(runtime.invoke(config.name, b"{}"))
    with call_gate() as gate, ThreadPoolExecutor(1) as thread:
        running = thread.submit(runtime.invoke, config.name, json.dumps(gate.event).encode())
        gate.wait_for(1)
        runtime.close()
        assert running.result().error == "Unhandled"
    assert eventually(lambda: not alive(pid))


def test_replace_serves_new_code_next_and_lets_running_invocations_end(parent: RunningParent, deploy: Deploy) -> None:
    code = COUNTS.replace('"calls": calls', '"calls": calls, "version": 1')
    parent.write("handlers/reloaded.py", code)
    function = deploy("", handler="service.handlers.reloaded.handler", timeout=60)
    with call_gate() as gate, ThreadPoolExecutor(1) as thread:
        running = thread.submit(function.result, gate.event)
        gate.wait_for(1)
        # The same second, the same size: Python's own bytecode cache would miss it.
        parent.write("handlers/reloaded.py", code.replace('"version": 1', '"version": 2'))
        function.runtime.replace({function.name: function.config})
        assert function.result()["version"] == 2
        gate.open()
        assert running.result()["version"] == 1
    assert [function.result()["version"] for _ in range(3)] == [2, 2, 2]


def test_an_unknown_function_is_a_key_error(deploy: Deploy) -> None:
    with pytest.raises(KeyError):
        deploy(COUNTS).runtime.invoke("other", b"{}")
