from __future__ import annotations

import signal

import pytest

from homeport.runtime.host.environment import (
    End,
    answered,
    exit_reason,
    exited,
    init_failed,
    out_of_memory,
    timed_out,
    too_large,
)

KILLED = (
    b'{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: signal: killed"}'
)


def test_ends_as_whole_values() -> None:
    assert answered(b"1", None) == End(b"1")
    assert answered(b"{}", "ValueError") == End(b"{}", failed=True)
    assert init_failed(b"{}", "Runtime.HandlerNotFound") == End(
        b"{}", failed=True, status="error", error_type="Runtime.HandlerNotFound"
    )
    assert timed_out("r", 3) == End(
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds"}',
        failed=True,
        status="timeout",
    )
    reason = "Runtime exited with error: signal: killed"
    assert exited("r", -9) == End(KILLED, failed=True, status="error", error_type="Runtime.ExitError", reason=reason)
    assert out_of_memory("r") == End(
        KILLED, failed=True, status="error", error_type="Runtime.OutOfMemory", reason=reason
    )
    assert too_large(6_291_556).payload == (
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
def test_exit_reasons(code: int | None, reason: str) -> None:
    assert exit_reason(code) == reason


def test_a_report_names_only_lambdas_own_error_types() -> None:
    types = ["Runtime.ImportModuleError", "Function.Anything", "ValueError", "Runtime.lower", "Runtime.With.Dot"]
    reported = [init_failed(b"", kind).error_type for kind in types]
    assert reported == [*types[:2], "Runtime.Unknown", "Runtime.Unknown", "Runtime.Unknown"]
