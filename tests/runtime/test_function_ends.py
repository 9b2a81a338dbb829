"""Every way an invocation can end, with real processes. The next request after each is fine."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from homeport.runtime.api import Invocation, RequestTooLarge
from homeport.runtime.execution import Settings
from tests.support.runtime import Deploy, Deployed, alive, eventually

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


def error_of(invocation: Invocation) -> dict[str, Any]:
    assert invocation.error == "Unhandled"
    payload = json.loads(invocation.payload)
    assert isinstance(payload, dict)
    return payload


def exit_error(invocation: Invocation, reason: str) -> dict[str, str]:
    return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {invocation.request_id} Error: {reason}"}


def last_line(invocation: Invocation) -> str:
    return invocation.log.decode().splitlines()[-1]


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


def test_what_sys_exit_prints_is_in_the_log(deploy: Deploy) -> None:
    assert b"\nwords\n" in deploy(ENDS).invoke({"do": "exit", "status": "words"}).log


@pytest.mark.parametrize("hold", [0, 20])
def test_more_memory_than_the_function_has_ends_it(deploy: Deploy, hold: int) -> None:
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


def check_init_error(function: Deployed, kind: str, message: str) -> Invocation:
    invocation = function.invoke()
    error = error_of(invocation)
    assert (error["errorType"], error["requestId"]) == (kind, "")
    assert error["errorMessage"].startswith(message)
    assert error_of(function.invoke()) == error
    return invocation


def test_a_handler_name_without_a_module_is_malformed(deploy: Deploy) -> None:
    message = "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"
    check_init_error(deploy("", handler="handler"), "Runtime.MalformedHandlerName", message)


def test_a_missing_module_is_an_import_error_whose_cure_is_in_the_log(deploy: Deploy) -> None:
    code = "import flask\ndef handler(event, context): pass"
    function = deploy(code)
    message = f"Unable to import module '{function.module}': No module named 'flask'"
    invocation = check_init_error(function, "Runtime.ImportModuleError", message)
    assert (
        f"[ERROR] Runtime.ImportModuleError: {message}\nTraceback (most recent call last):\n" in invocation.log.decode()
    )
    assert b"homeport: flask is not in the function's bundle: add it to service/requirements.txt\n" in invocation.log
    assert "\tStatus: error\tError Type: Runtime.ImportModuleError" in last_line(invocation)


def test_a_missing_handler_is_named(deploy: Deploy) -> None:
    function = deploy("other = 1")
    message = f"Handler 'handler' missing on module '{function.module}'"
    check_init_error(function, "Runtime.HandlerNotFound", message)


def test_a_syntax_error_says_where(deploy: Deploy) -> None:
    function = deploy("def handler(event, context)\n    pass\n")
    module = function.module
    invocation = check_init_error(
        function, "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': expected ':'"
    )
    [trace] = json.loads(invocation.payload)["stackTrace"]
    assert trace == (
        f'  File "{function.parent.setup.project.resolve()}/{module.replace(".", "/")}.py" Line 1\n'
        "    def handler(event, context)\n"
    )


def test_an_exception_in_the_module_shows_its_frames(deploy: Deploy) -> None:
    function = deploy("raise RuntimeError('at import')")
    invocation = check_init_error(function, "RuntimeError", "at import")
    trace = json.loads(invocation.payload)["stackTrace"]
    assert trace[-1].endswith("line 1, in <module>\n    raise RuntimeError('at import')\n")
    assert not any("homeport/runtime" in frame for frame in trace)
    assert last_line(invocation).endswith("\tStatus: error\tError Type: Runtime.Unknown")


def test_an_exit_in_the_module_is_an_exit_error(deploy: Deploy) -> None:
    invocation = deploy("import sys; sys.exit(4)").invoke()
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: exit status 4")


def test_a_failed_init_is_tried_again_within_the_invocation(deploy: Deploy, tmp_path: Path) -> None:
    code = f"""
        import pathlib
        mark = pathlib.Path({str(tmp_path / "mark")!r})
        if not mark.exists():
            mark.touch()
            raise RuntimeError("not the first time")
        def handler(event, context): return "second"
    """
    invocation = deploy(code).invoke()
    assert invocation.payload == b'"second"'
    assert invocation.init_ms is None
    log = invocation.log.decode()
    assert "\tPhase: init\tStatus: error\tError Type: Runtime.Unknown\nSTART" in log


def test_an_init_that_takes_too_long_is_done_again_under_the_functions_timeout(deploy: Deploy) -> None:
    code = """
        import time
        time.sleep(0.6)
        def handler(event, context): return "late"
    """
    invocation = deploy(code, {"settings": Settings(init_timeout=0.3)}, timeout=5).invoke()
    assert invocation.payload == b'"late"'
    assert invocation.duration_ms > 600
    assert "ms\tPhase: init\tStatus: timeout\nSTART" in invocation.log.decode()


def test_an_init_that_never_ends_is_a_timeout_of_the_function(deploy: Deploy) -> None:
    code = "while True: pass"
    invocation = deploy(code, {"settings": Settings(init_timeout=0.2)}, timeout=1).invoke()
    assert error_of(invocation)["errorType"] == "Sandbox.Timedout"
    log = invocation.log.decode()
    places = [
        log.index(text) for text in ("Phase: init\tStatus: timeout", "Phase: invoke\tStatus: timeout", "\nSTART ")
    ]
    assert places == sorted(places)


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


def test_what_a_function_started_ends_with_it(deploy: Deploy) -> None:
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
