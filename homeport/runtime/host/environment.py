"""How an invocation can end, and what the caller gets then: Lambda's own error payloads.

One execution environment of a function: initialises, is invoked, one request at a time, and outlives its process.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from homeport.runtime.api import DynamoDBRequest, Invocation, PermissionCheck
from homeport.runtime.config import FunctionConfig
from homeport.runtime.host.parent_client import ParentClient
from homeport.runtime.host.worker_handle import (
    DeadlinePassed,
    MemoryExceeded,
    NeverStarted,
    ProcessEnded,
    WorkerHandle,
    resident_memory,
)
from homeport.runtime.log_lines import InitReport, Phase, Report, RuntimeVersion, lines_of
from homeport.runtime.worker.worker import MAX_RESULT

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


MB = 1 << 20


class EnvironmentLost(Exception):
    """The environment's process is gone; the request was not started, another environment can take it."""


@dataclass(frozen=True, slots=True)
class InvocationRequest:
    """One invocation: ``event`` is JSON. ``faults`` are what is to go wrong with its calls to DynamoDB."""

    request_id: str
    event: bytes
    trace_id: str
    faults: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """``init_timeout`` is the Init phase's, in seconds; ``clock`` gives seconds since the epoch."""

    init_timeout: float = 10.0
    clock: Callable[[], float] = time.time


class Environment:
    """``folder`` is the environment's own: its /tmp lives there. ``stream`` names its log stream."""

    def __init__(
        self, config: FunctionConfig, parent: ParentClient, folder: Path, stream: str, settings: EnvironmentSettings
    ) -> None:
        self._config = config
        self._parent = parent
        self._folder = folder
        self._stream = stream
        self._settings = settings
        self._lines = lines_of(config.log_format)
        self._process: WorkerHandle | None = None
        self._initialised = False
        self._init_ms: float | None = None
        self._used = 0
        self._log: list[bytes] = []
        self._checks: list[PermissionCheck] = []
        self._requests: list[DynamoDBRequest] = []
        self._cpu = self._spent = 0.0
        self.idle_since = 0.0
        # The part of its last invocation in which it needed a core, 0 to 1.
        self.share = 1.0

    def initialise(self, faults: Mapping[str, Any] | None = None) -> None:
        """Run the Init phase, once in an environment's life; ``faults`` as in InvocationRequest. Raises Unavailable."""
        if self._initialised:
            return
        self._folder.mkdir(parents=True, mode=0o700)
        region = self._config.arn.split(":")[3]
        self._note(self._lines.init_start(self._now(), RuntimeVersion(self._config.runtime, region)))
        started = time.monotonic()
        failure = self._start_process("", started + self._settings.init_timeout, "init", faults)
        self._initialised = True
        if failure is None:
            self._init_ms = _elapsed(started)

    def invoke(self, call: InvocationRequest) -> Invocation:
        """Run the function. Raises Unavailable, and EnvironmentLost if the process ended before it got the event."""
        self.initialise(call.faults)
        if self._process is not None and not self._process.alive:
            raise EnvironmentLost
        started = time.monotonic()
        deadline = started + self._config.timeout
        # After a failed Init phase, a timeout or an exit: Lambda initialises again, within the invocation.
        end = None
        if self._process is None:
            end = self._start_process(call.request_id, deadline, "invoke", call.faults)
        if end is None:
            end = self._run(call, deadline)
        else:
            self._note_start(call)
        duration = min(_elapsed(started), self._config.timeout * 1000.0)
        self.share = self._spent * 1000 / duration if duration else 1.0
        return self._finish(call, end, duration)

    def kill(self) -> None:
        """End what runs, from any thread; the invocation then ends as one whose process was killed."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Give everything back."""
        if self._process is not None:
            self._process.close()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start_process(
        self, request_id: str, deadline: float, phase: Phase, faults: Mapping[str, Any] | None
    ) -> End | None:
        """Fork a worker and wait until it has imported the handler; the End if it can't."""
        started = time.monotonic()
        order = self._config.to_worker_spec(self._folder, self._stream)
        if faults:
            order["faults"] = {**faults, "call": f"{faults['call']}/init"}
        self._cpu = 0.0
        process = self._process = self._parent.start(order, self._config.memory * MB)
        end = self._await_ready(process, request_id, deadline)
        self._note(process.take_output())
        if end is not None:
            self._drop_process()
            report = InitReport(phase, _elapsed(started), end.status, end.error_type)
            self._note(self._lines.init_report(self._now(), report))
        return end

    def _await_ready(self, process: WorkerHandle, request_id: str, deadline: float) -> End | None:
        try:
            header, payload = process.receive(deadline)
        except (DeadlinePassed, MemoryExceeded, ProcessEnded) as exc:
            return self._broken(process, exc, request_id)
        self._take_notes(header)
        return None if header["ready"] else init_failed(payload, header["error"])

    def _run(self, call: InvocationRequest, deadline: float) -> End:
        process = self._process
        assert process is not None
        expires = int((self._settings.clock() + deadline - time.monotonic()) * 1000)
        header: dict[str, Any] = {"id": call.request_id, "deadline": expires, "trace": call.trace_id}
        if call.faults:
            header["faults"] = call.faults
        try:
            process.send(header, call.event, deadline)
            self._note_start(call)
            answer, payload = process.receive(deadline)
        except NeverStarted:
            self._drop_process()
            raise EnvironmentLost from None
        except (DeadlinePassed, MemoryExceeded, ProcessEnded) as exc:
            end = self._broken(process, exc, call.request_id)
        else:
            end = self._judge(call.request_id, answer, payload)
        self._note(process.take_output())
        if end.status != "success":
            self._drop_process()
        return end

    def _judge(self, request_id: str, answer: Mapping[str, Any], payload: bytes) -> End:
        self._take_notes(answer)
        if answer["peak"] > self._config.memory * MB:
            return out_of_memory(request_id)
        if "too_large" in answer:
            return too_large(MAX_RESULT)
        return answered(payload, answer.get("error"))

    def _take_notes(self, header: Mapping[str, Any]) -> None:
        self._used = max(self._used, header["peak"])
        self._spent, self._cpu = header["cpu"] - self._cpu, header["cpu"]
        self._checks += [PermissionCheck(*call) for call in header.get("checks", ())]
        self._requests += map(DynamoDBRequest.from_trace, header.get("requests", ()))

    def _broken(self, process: WorkerHandle, error: Exception, request_id: str) -> End:
        if isinstance(error, DeadlinePassed):
            self._used = max(self._used, resident_memory(process.pid))
            process.kill()
            return timed_out(request_id, self._config.timeout)
        if isinstance(error, MemoryExceeded):
            process.kill()
            self._used = self._config.memory * MB
            return out_of_memory(request_id)
        how = process.wait_exit()
        self._used = max(self._used, how.peak if how else 0)
        return exited(request_id, how.code if how else None)

    def _drop_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.close()
            self._process = None

    def _finish(self, call: InvocationRequest, end: End, duration: float) -> Invocation:
        now = self._now()
        if end.status == "timeout":
            self._note(self._lines.timed_out(now, call.request_id, self._config.timeout))
        if end.reason is not None:
            self._note(self._lines.exited(now, call.request_id, end.reason))
        init_ms, self._init_ms = self._init_ms, None
        used = min(-(-self._used // MB), self._config.memory)
        report = Report(call.request_id, duration, self._config.memory, used, init_ms, end.status, end.error_type)
        self._note(self._lines.end(now, report))
        log, self._log = b"".join(self._log), []
        calls, self._checks = tuple(self._checks), []
        requests, self._requests = tuple(self._requests), []
        error = "Unhandled" if end.failed else None
        return Invocation(end.payload, error, call.request_id, duration, init_ms, log, calls, requests)

    def _note(self, entry: str | bytes) -> None:
        """Add to the invocation's log; an entry begins a line of its own."""
        data = entry.encode() if isinstance(entry, str) else entry
        if data:
            self._log.append(data if data.endswith(b"\n") else data + b"\n")

    def _note_start(self, call: InvocationRequest) -> None:
        self._note(self._lines.start(self._now(), call.request_id, self._config.arn))

    def _now(self) -> float:
        return self._settings.clock()


def _elapsed(started: float) -> float:
    return (time.monotonic() - started) * 1000
