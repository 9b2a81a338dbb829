from __future__ import annotations

import signal

import pytest

from homeport.runtime.host.invocation_result import (
    InvocationResult,
    exit_reason,
    handler_ended,
    init_failed,
    out_of_memory,
    process_ended,
    response_too_large,
    time_limit_passed,
)

KILLED = (
    b'{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: signal: killed"}'
)


def test_each_end_has_lambdas_payload_and_status() -> None:
    assert handler_ended(b"1", None) == InvocationResult(b"1")
    assert handler_ended(b"{}", "ValueError") == InvocationResult(b"{}", failed=True)
    assert init_failed(b"{}", "Runtime.HandlerNotFound") == InvocationResult(
        b"{}", failed=True, status="error", error_type="Runtime.HandlerNotFound"
    )
    assert time_limit_passed("r", 3) == InvocationResult(
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds"}',
        failed=True,
        status="timeout",
    )
    reason = "Runtime exited with error: signal: killed"
    assert process_ended("r", -9) == InvocationResult(
        KILLED, failed=True, status="error", error_type="Runtime.ExitError", reason=reason
    )
    assert out_of_memory("r") == InvocationResult(
        KILLED, failed=True, status="error", error_type="Runtime.OutOfMemory", reason=reason
    )
    assert response_too_large(6_291_556).payload == (
        b'{"errorType":"Function.ResponseSizeTooLarge",'
        b'"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}'
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0, "Runtime exited without providing a reason"),
        (None, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-signal.SIGSEGV, "Runtime exited with error: signal: segmentation fault"),
        (-signal.SIGSTOP, f"Runtime exited with error: signal: signal {signal.SIGSTOP.value}"),
    ],
)
def test_an_exit_status_is_worded_as_lambda_words_it(code: int | None, reason: str) -> None:
    assert exit_reason(code) == reason


def test_a_report_names_only_lambdas_own_error_types() -> None:
    types = ["Runtime.ImportModuleError", "Function.Anything", "ValueError", "Runtime.lower", "Runtime.With.Dot"]
    reported = [init_failed(b"", kind).error_type for kind in types]
    assert reported == [*types[:2], "Runtime.Unknown", "Runtime.Unknown", "Runtime.Unknown"]
