"""The results of invocations: the payload of a handler, or the error payload that Lambda answers with."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import dataclass
from typing import Literal

OUT_OF_MEMORY = "Runtime.OutOfMemory"
_REPORTED = re.compile(r"(Runtime|Function)\.[A-Z][A-Za-z]+")


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """The end of an invocation. ``payload`` is the response as JSON, an error payload (``Unhandled``) if ``failed``.

    ``status`` and ``error_type`` are the platform's view, which counts an exception that the runtime reported as
    success. ``reason`` is set when the process ended by itself: ``Runtime exited with error: exit status 1``.
    """

    payload: bytes
    failed: bool = False
    status: Literal["success", "error", "timeout"] = "success"
    error_type: str | None = None
    reason: str | None = None

    @property
    def error(self) -> str | None:
        """The value of ``X-Amz-Function-Error``, None: the function returned."""
        return "Unhandled" if self.failed else None


def handler_ended(payload: bytes, error_type: str | None) -> InvocationResult:
    """Return the result of a handler that returned, or raised (``error_type``)."""
    return InvocationResult(payload, failed=error_type is not None)


def init_failed(payload: bytes, error_type: str) -> InvocationResult:
    """Return the result where the module or the handler can't be loaded; ``payload`` is the runtime's."""
    return InvocationResult(payload, failed=True, status="error", error_type=reported_type(error_type))


def not_executed(request_id: str, error_type: str, message: str) -> InvocationResult:
    """Return the result where the program of a runtime can't be executed."""
    payload = _payload(error_type, f"RequestId: {request_id} Error: {message}")
    return InvocationResult(payload, failed=True, status="error", error_type=error_type)


def time_limit_passed(request_id: str, seconds: int) -> InvocationResult:
    """Return the result that Lambda reports for a function whose timeout is over."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return InvocationResult(_payload("Sandbox.Timedout", message), failed=True, status="timeout")


def process_ended(request_id: str, code: int | None) -> InvocationResult:
    """Return the result for a process by its exit status, a signal's number negative, None where it is unknown."""
    reason = exit_reason(code)
    payload = _payload("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")
    return InvocationResult(payload, failed=True, status="error", error_type="Runtime.ExitError", reason=reason)


def out_of_memory(request_id: str) -> InvocationResult:
    """Return the result for a process that held more memory than the function may."""
    killed = process_ended(request_id, -signal.SIGKILL)
    return InvocationResult(killed.payload, failed=True, status="error", error_type=OUT_OF_MEMORY, reason=killed.reason)


def response_too_large(limit: int) -> InvocationResult:
    """Return the result for a function whose result is over Lambda's limit, in bytes."""
    kind = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return InvocationResult(_payload(kind, message), failed=True, status="error", error_type=kind)


def exit_reason(code: int | None) -> str:
    """Return the result for a process in Lambda's words."""
    if not code:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    # Lambda words it as Go does, which has the C library's names of the first signals.
    name = (signal.strsignal(-code) or "").partition(":")[0].lower() if -code <= signal.SIGTERM else f"signal {-code}"
    return f"Runtime exited with error: signal: {name}"


def reported_type(error_type: str) -> str:
    """Return the error type for a REPORT line, which names only Lambda's own types."""
    return error_type if _REPORTED.fullmatch(error_type) else "Runtime.Unknown"


def _payload(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()
