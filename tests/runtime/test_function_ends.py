"""Every way an invocation can end, with real processes. The next request after each is fine."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from homeport.runtime.api import RequestTooLarge
from tests.support.runtime import Deploy, alive, error_of, exit_error, last_line
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

ENDS = """
    import ctypes, os, signal, sys, time, decimal

    state = {"calls": 0}

    def handler(event, context):
        state["calls"] += 1
        match event["do"]:
            case "return": return state["calls"]
            case "raise": raise ValueError("boom")
            case "sleep": time.sleep(30)
            case "spin":
                while True: pass
            case "exit": sys.exit(event["status"])
            case "_exit": os._exit(event["status"])
            case "segfault": ctypes.string_at(0)
            case "kill": os.kill(os.getpid(), event["signal"])
            case "set": return {1, 2}
            case "bytes": return b"raw \\xff"
            case "huge": return "x" * event["size"]
            case "surrogate": return "\\ud800"
            case "memory":
                block = bytearray(event["size"])
                time.sleep(event["hold"])
                return len(block)
"""


def test_an_exception_gives_type_message_request_id_and_the_frames_of_the_function(deploy: Deploy) -> None:
    function = deploy(ENDS)
    invocation = function.invoke({"do": "raise"})
    error = error_of(invocation)
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (error["errorMessage"], error["errorType"]) == ("boom", "ValueError")
    assert error["requestId"] == invocation.request_id
    [frame] = error["stackTrace"]
    assert frame.startswith(f'  File "{function.parent.setup.project.resolve()}/service/handlers/')
    assert frame.endswith(', in handler\n    case "raise": raise ValueError("boom")\n')
    assert "Status:" not in last_line(invocation)


def test_module_state_survives_an_exception(deploy: Deploy) -> None:
    function = deploy(ENDS)
    function.invoke({"do": "raise"})
    assert function.result({"do": "return"}) == 2


@pytest.mark.parametrize("stuck", ["sleep", "spin"])
def test_a_function_that_takes_too_long_is_killed_and_reported_as_timed_out(deploy: Deploy, stuck: str) -> None:
    function = deploy(ENDS, timeout=1)
    invocation = function.invoke({"do": stuck})
    message = f"RequestId: {invocation.request_id} Error: Task timed out after 1.00 seconds"
    assert (
        invocation.payload
        == json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message}, separators=(",", ":")).encode()
    )
    assert f"{invocation.request_id} Task timed out after 1.00 seconds\n\nEND" in invocation.log.decode()
    assert "\tDuration: 1000.00 ms\tBilled Duration: " in last_line(invocation)
    assert last_line(invocation).endswith("\tStatus: timeout")
    assert function.result({"do": "return"}) == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"do": "exit", "status": 0}, "Runtime exited without providing a reason"),
        ({"do": "exit", "status": None}, "Runtime exited without providing a reason"),
        ({"do": "exit", "status": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "exit", "status": "words"}, "Runtime exited with error: exit status 1"),
        ({"do": "_exit", "status": 7}, "Runtime exited with error: exit status 7"),
        ({"do": "segfault"}, "Runtime exited with error: signal: segmentation fault"),
        ({"do": "kill", "signal": signal.SIGKILL}, "Runtime exited with error: signal: killed"),
        ({"do": "kill", "signal": signal.SIGTERM}, "Runtime exited with error: signal: terminated"),
        ({"do": "kill", "signal": signal.SIGABRT}, "Runtime exited with error: signal: aborted"),
        ({"do": "surrogate"}, "Runtime exited with error: exit status 1"),
    ],
)
def test_the_end_of_the_process_is_worded_as_lambda_words_it(
    deploy: Deploy, event: dict[str, Any], reason: str
) -> None:
    function = deploy(ENDS)
    invocation = function.invoke(event)
    assert error_of(invocation) == exit_error(invocation, reason)
    assert f"RequestId: {invocation.request_id} Error: {reason}\nRuntime.ExitError\nEND" in invocation.log.decode()
    assert last_line(invocation).endswith("\tStatus: error\tError Type: Runtime.ExitError")
    assert function.result({"do": "return"}) == 1


def test_a_message_of_sys_exit_is_in_the_log(deploy: Deploy) -> None:
    assert b"\nwords\n" in deploy(ENDS).invoke({"do": "exit", "status": "words"}).log


@pytest.mark.parametrize("hold", [0, 20])
def test_a_function_that_exceeds_its_memory_is_ended(deploy: Deploy, hold: int) -> None:
    function = deploy(ENDS, memory=128)
    invocation = function.invoke({"do": "memory", "size": 200 << 20, "hold": hold})
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: signal: killed")
    assert invocation.duration_ms < 5000
    assert "\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t" in last_line(invocation)
    assert last_line(invocation).endswith("\tStatus: error\tError Type: Runtime.OutOfMemory")
    assert function.result({"do": "return"}) == 1


def test_memory_within_the_limit_is_fine(deploy: Deploy) -> None:
    assert deploy(ENDS, memory=256).result({"do": "memory", "size": 100 << 20, "hold": 0}) == 100 << 20


def test_a_result_without_json_is_a_marshal_error(deploy: Deploy) -> None:
    function = deploy(ENDS)
    invocation = function.invoke({"do": "set"})
    assert error_of(invocation) == {
        "errorMessage": "Unable to marshal response: Object of type set is not JSON serializable",
        "errorType": "Runtime.MarshalError",
        "requestId": invocation.request_id,
        "stackTrace": [],
    }
    assert function.result({"do": "return"}) == 2


def test_bytes_go_out_as_they_are(deploy: Deploy) -> None:
    assert deploy(ENDS).invoke({"do": "bytes"}).payload == b"raw \xff"


def test_a_result_over_six_megabytes_is_refused_and_ends_the_process(deploy: Deploy) -> None:
    function = deploy(ENDS)
    invocation = function.invoke({"do": "huge", "size": 6_291_555})
    assert error_of(invocation) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert function.result({"do": "return"}) == 1


def test_a_result_of_just_six_megabytes_passes(deploy: Deploy) -> None:
    assert len(deploy(ENDS).invoke({"do": "huge", "size": 6_291_554}).payload) == 6_291_556


def test_an_event_over_six_megabytes_is_refused_before_the_function_runs(deploy: Deploy) -> None:
    function = deploy(ENDS)
    with pytest.raises(RequestTooLarge, match="smaller than 6291456 bytes"):
        function.runtime.invoke(function.name, b'"' + b"x" * 6_291_455 + b'"')
    assert function.result({"do": "return"}) == 1


def test_an_event_that_is_no_json_is_reported_by_the_runtime(deploy: Deploy) -> None:
    function = deploy(ENDS)
    error = error_of(function.runtime.invoke(function.name, b"{"))
    assert error["errorType"] == "Runtime.UnmarshalError"
    assert error["errorMessage"].startswith("Unable to unmarshal input: Expecting property name")


def test_tmp_outlives_a_timeout_module_state_does_not(deploy: Deploy) -> None:
    code = """
        import pathlib, tempfile, time
        calls = []
        def handler(event, context):
            calls.append(1)
            mark = pathlib.Path(tempfile.gettempdir()) / "mark"
            if event == "stay":
                mark.write_text("here")
                time.sleep(30)
            return [len(calls), mark.exists()]
    """
    function = deploy(code, timeout=1)
    function.invoke("stay")
    assert function.result() == [1, True]


def test_processes_that_a_function_started_end_with_it(deploy: Deploy) -> None:
    code = """
        import subprocess, time
        def handler(event, context):
            print(subprocess.Popen(["sleep", "60"]).pid)
            time.sleep(60)
    """
    lines = deploy(code, timeout=1).invoke().log.decode().splitlines()
    pid = next(int(line) for line in lines if line.isdigit())
    assert eventually(lambda: not alive(pid))


def test_a_forked_child_that_holds_the_workers_socket_does_not_hide_its_end(deploy: Deploy) -> None:
    code = """
        import os, time
        def handler(event, context):
            if os.fork() == 0:
                time.sleep(60)
            os._exit(5)
    """
    function = deploy(code, timeout=20)
    invocation = function.invoke()
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: exit status 5")
    assert invocation.duration_ms < 5000
