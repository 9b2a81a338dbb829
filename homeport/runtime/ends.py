"""How an invocation can end, and what the caller gets then: Lambda's own error payloads."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import dataclass
from typing import Literal

# Go's names of the signals, in which Lambda words the end of a process.
_SIGNALS = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGQUIT: "quit",
    signal.SIGILL: "illegal instruction",
    signal.SIGTRAP: "trace/breakpoint trap",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGKILL: "killed",
    signal.SIGUSR1: "user defined signal 1",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGUSR2: "user defined signal 2",
    signal.SIGPIPE: "broken pipe",
    signal.SIGALRM: "alarm clock",
    signal.SIGTERM: "terminated",
}
_REPORTED = re.compile(r"(Runtime|Function)\.[A-Z][A-Za-z]+")
OUT_OF_MEMORY = "Runtime.OutOfMemory"


@dataclass(frozen=True, slots=True)
class End:
    """``payload`` is the answer as JSON; ``failed`` says that it is an error payload (``Unhandled``).

    ``status`` and ``error_type`` are the platform's view, which counts an exception that the runtime reported as
    success. ``reason`` is set when the process ended by itself: ``Runtime exited with error: exit status 1``.
    """

    payload: bytes
    failed: bool = False
    status: Literal["success", "error", "timeout"] = "success"
    error_type: str | None = None
    reason: str | None = None


def answered(payload: bytes, error_type: str | None) -> End:
    """The handler returned, or raised (``error_type``)."""
    return End(payload, failed=error_type is not None)


def init_failed(payload: bytes, error_type: str) -> End:
    """The module or the handler can't be loaded; ``payload`` is the runtime's."""
    return End(payload, failed=True, status="error", error_type=reported_type(error_type))


def timed_out(request_id: str, seconds: int) -> End:
    """The function took longer than it may."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return End(_payload("Sandbox.Timedout", message), failed=True, status="timeout")


def exited(request_id: str, code: int | None) -> End:
    """The process ended; ``code`` is its exit status, a signal's negative number, None where nobody knows."""
    reason = exit_reason(code)
    payload = _payload("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")
    return End(payload, failed=True, status="error", error_type="Runtime.ExitError", reason=reason)


def out_of_memory(request_id: str) -> End:
    """The process held more memory than the function may."""
    killed = exited(request_id, -signal.SIGKILL)
    return End(killed.payload, failed=True, status="error", error_type=OUT_OF_MEMORY, reason=killed.reason)


def too_large(limit: int) -> End:
    """The result is over Lambda's limit."""
    kind = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return End(_payload(kind, message), failed=True, status="error", error_type=kind)


def exit_reason(code: int | None) -> str:
    """The end of a process in Lambda's words."""
    if not code:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    return f"Runtime exited with error: signal: {_SIGNALS.get(signal.Signals(-code), f'signal {-code}')}"


def reported_type(error_type: str) -> str:
    """The error type as a REPORT line has it: only Lambda's own names pass."""
    return error_type if _REPORTED.fullmatch(error_type) else "Runtime.Unknown"


def _payload(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()
