"""An execution environment of a function: it initialises, serves one request at a time, and outlives its process.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from homeport.runtime.api import (
    AwsServiceCall,
    DynamoDBRequest,
    PermissionCheck,
    Sink,
    Unavailable,
)
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host import invocation_result
from homeport.runtime.host.built_function import BuiltFunction, FailedBuild, built_function
from homeport.runtime.host.finished_run import MB, NO_NOTES, FinishedRun, FrontNotes, LogPart
from homeport.runtime.host.invocation_result import InvocationResult
from homeport.runtime.host.parent_client import ParentClient
from homeport.runtime.host.process_handle import (
    DeadlinePassed,
    MemoryExceeded,
    NeverStarted,
    ProcessHandle,
    WorkerEnded,
)
from homeport.runtime.host.program_handle import ProgramHandle, listen_on_loopback
from homeport.runtime.host.resources import cpu_seconds, is_runnable, resident_memory
from homeport.runtime.logs import InitReport, Phase, lines_of
from homeport.runtime.worker.limits import MAX_RESULT

# The bytes of an event that a socket takes at once.
_SOON = 1 << 16


class EnvironmentLost(Exception):
    """The environment can't take the request, which was not started: another one can."""


@dataclass(frozen=True, slots=True)
class InvocationRequest:
    """A request to invoke a function: ``event`` is JSON, ``faults`` are the rules for its calls to DynamoDB.

    ``sink`` gets the parts of a streamed response as they come; the result has none of them then.
    """

    request_id: str
    event: bytes
    trace_id: str
    faults: Mapping[str, Any] | None = None
    sink: Sink | None = None


class EnvironmentCalls(Protocol):
    """The calls to AWS of an environment whose runtime is not Python's: a Python worker reports its own.

    ``variables`` has the credentials and endpoints by which they are known.
    """

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables that the environment's process gets."""
        ...

    def begin(self, faults: Mapping[str, Any] | None, request_id: str) -> None:
        """Begin an invocation, or with an empty ``request_id`` the Init phase, whose calls meet these faults."""
        ...

    def take_checks(self) -> Sequence[PermissionCheck]:
        """Return the permission checks since the last call of this method."""
        ...

    def take_requests(self) -> Sequence[DynamoDBRequest]:
        """Return the traced requests since the last call of this method."""
        ...

    def take_service_calls(self) -> Sequence[AwsServiceCall]:
        """Return the traced calls to other services than DynamoDB since the last call of this method."""
        ...

    def take_log(self) -> Sequence[tuple[float, bytes]]:
        """Return the lines for the function's log since the last call of this method, with monotonic times."""
        ...

    def close(self) -> None:
        """Refuse the credentials from now on."""
        ...


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """``init_timeout`` is that of the Init phase, in seconds; ``clock`` gives seconds since the epoch.

    ``open_calls`` registers the calls of an environment with a program; None: they are not followed.
    """

    init_timeout: float = 10.0
    clock: Callable[[], float] = time.time
    open_calls: Callable[[FunctionConfig], EnvironmentCalls] | None = None


class _Begun(NamedTuple):
    """A request that is being run. ``started`` and ``deadline`` are monotonic, ``at`` is seconds since the epoch."""

    request: InvocationRequest
    started: float
    deadline: float
    at: float


class Environment:
    """An execution environment. ``folder`` holds its /tmp, ``stream`` names its log stream."""

    def __init__(
        self, config: FunctionConfig, parent: ParentClient, folder: Path, stream: str, settings: EnvironmentSettings
    ) -> None:
        self._config = config
        self._parent = parent
        self._folder = folder
        self._stream = stream
        self._settings = settings
        self._lines = lines_of(config.log_format)
        self._worker: ProcessHandle | None = None
        self._built: BuiltFunction | FailedBuild = BuiltFunction(config)
        self._initialised = False
        self._init_ms: float | None = None
        # The most memory that its workers held, in bytes.
        self._peak = 0
        self._log: list[LogPart] = []
        self._notes: list[bytes] = []
        open_calls = settings.open_calls if config.program is not None else None
        self._calls = open_calls(config) if open_calls is not None else None
        self._begun: _Begun | None = None
        self.idle_since = 0.0

    def initialise(self, faults: Mapping[str, Any] | None = None) -> None:
        """Run the Init phase, once in an environment's life. Raises Unavailable."""
        if self._initialised:
            return
        self._folder.mkdir(parents=True, mode=0o700)
        self._build()
        region = self._config.arn.split(":")[3]
        self._add_to_log(self._lines.init_start(self._now(), self._config.runtime, region))
        started = time.monotonic()
        failure = self._start_worker("", started + self._settings.init_timeout, "init", faults)
        self._initialised = True
        if failure is None:
            self._init_ms = _milliseconds_since(started)

    def invoke(self, request: InvocationRequest) -> FinishedRun:
        """Run the function. Raises Unavailable, and EnvironmentLost if it has to be run in another environment.

        That is so where the worker ended before it got the event, or a source was saved that nobody follows.
        """
        begun, self._begun = self._begun, None
        if begun is not None and begun.request is request:
            return self._finish(begun, self._receive(request, begun.deadline))
        if self._initialised and isinstance(self._built, FailedBuild):
            self._build()
        self.initialise(request.faults)
        has_ended = self._worker is not None and not self._worker.alive
        if has_ended or (isinstance(self._built, BuiltFunction) and self._built.is_outdated()):
            raise EnvironmentLost
        begun = self._begin_now(request)
        # After a failed Init phase, a timeout or an exit: Lambda initialises again, within the invocation.
        end = None
        if self._worker is None:
            end = self._start_worker(request.request_id, begun.deadline, "invoke", request.faults)
            begun = begun._replace(at=self._now())
        return self._finish(begun, self._run(request, begun.deadline) if end is None else end)

    def begin(self, request: InvocationRequest) -> None:
        """Send the event of a request whose own thread, which waits, will call ``invoke`` with it next.

        The worker need not wait until that thread has been woken. Whatever stands against it is left to ``invoke``.
        """
        worker, built = self._worker, self._built
        if worker is None or self._config.program is not None or len(request.event) > _SOON:
            return
        if not isinstance(built, BuiltFunction) or built.is_outdated():
            return
        begun = self._begin_now(request)
        with suppress(NeverStarted, DeadlinePassed):
            self._send(worker, request, begun.deadline)
            self._begun = begun

    def _begin_now(self, request: InvocationRequest) -> _Begun:
        started = time.monotonic()
        return _Begun(request, started, started + self._config.timeout, self._now())

    def cpu_time(self) -> float | None:
        """Return the seconds of CPU that its process has used, from any thread.

        None while it could continue: it runs, waits for a core, is being made, or has a response that nobody has read.
        """
        worker = self._worker
        if worker is None or worker.has_answered() or is_runnable(worker.pid):
            return None
        return cpu_seconds(worker.pid)

    def kill(self) -> None:
        """Kill the worker, from any thread; a running invocation then ends as one whose process was killed."""
        worker = self._worker
        if worker is not None:
            worker.kill()

    def close(self) -> None:
        """Let the worker end, and remove the folder."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        if self._calls is not None:
            self._calls.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _build(self) -> None:
        """Have the function's code built, if it is to be built. On AWS that is over before a function is called."""
        self._built = built_function(self._config)

    def _start_worker(
        self, request_id: str, deadline: float, phase: Phase, faults: Mapping[str, Any] | None
    ) -> InvocationResult | None:
        """Start a worker and wait until it has imported the handler; return the end if it can't."""
        started = time.monotonic()
        built = self._built
        if isinstance(built, FailedBuild):
            self._add_to_log(built.log if phase == "invoke" else "")
            return invocation_result.init_failed(built.payload, built.error_type)
        spec = built.config.to_worker_spec(self._folder, self._stream)
        if faults:
            faults = {**faults, "call": f"{faults['call']}/init"}
            spec["faults"] = faults
        if self._calls is not None:
            self._calls.begin(faults, "")
        worker = self._worker = self._start_process(spec)
        end = self._await_ready(worker, request_id, deadline)
        self._add_output(worker)
        if end is not None:
            self._drop_worker()
            report = InitReport(phase, _milliseconds_since(started), end.status, end.error_type)
            self._add_to_log(self._lines.init_report(self._now(), report))
        return end

    def _start_process(self, spec: dict[str, Any]) -> ProcessHandle:
        """Start a Python worker, or the program of another runtime. Raises Unavailable."""
        memory = self._config.memory * MB
        if self._config.program is None:
            return self._parent.start(spec, memory)
        listener = listen_on_loopback()
        host, port = listener.getsockname()
        of_calls = self._calls.variables if self._calls is not None else {}
        spec["environment"] = {**spec["environment"], **of_calls, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"}
        try:
            return self._parent.start(spec, memory, partial(ProgramHandle, listener, self._config.arn, MAX_RESULT))
        except Unavailable:
            listener.close()
            raise

    def _await_ready(self, worker: ProcessHandle, request_id: str, deadline: float) -> InvocationResult | None:
        try:
            header, payload = worker.receive(deadline)
        except (DeadlinePassed, MemoryExceeded, WorkerEnded) as exc:
            return self._end_without_response(worker, exc, request_id)
        payload = self._take_notes(header, payload)
        if header["ready"]:
            return None
        if "message" in header:
            return invocation_result.not_executed(request_id, header["error"], header["message"])
        return invocation_result.init_failed(payload, header["error"])

    def _run(self, request: InvocationRequest, deadline: float) -> InvocationResult:
        assert self._worker is not None
        try:
            self._send(self._worker, request, deadline)
        except NeverStarted:
            self._drop_worker()
            raise EnvironmentLost from None
        except DeadlinePassed as exc:
            return self._end_without_response(self._worker, exc, request.request_id)
        return self._receive(request, deadline)

    def _send(self, worker: ProcessHandle, request: InvocationRequest, deadline: float) -> None:
        """Send an event to the worker. Raises NeverStarted or DeadlinePassed."""
        expires = int((self._settings.clock() + deadline - time.monotonic()) * 1000)
        header: dict[str, Any] = {"id": request.request_id, "deadline": expires, "trace": request.trace_id}
        if request.faults:
            header["faults"] = request.faults
        if self._calls is not None:
            self._calls.begin(request.faults, request.request_id)
        worker.sink = request.sink
        worker.send(header, request.event, deadline)

    def _receive(self, request: InvocationRequest, deadline: float) -> InvocationResult:
        """Wait for the response. Raises EnvironmentLost if the worker ended before it had read the event."""
        worker = self._worker
        assert worker is not None
        try:
            header, body = worker.receive(deadline)
        except NeverStarted:
            self._drop_worker()
            raise EnvironmentLost from None
        except (DeadlinePassed, MemoryExceeded, WorkerEnded) as exc:
            return self._end_without_response(worker, exc, request.request_id)
        return self._end_with_response(request.request_id, header, self._take_notes(header, body))

    def _end_with_response(self, request_id: str, header: Mapping[str, Any], payload: bytes) -> InvocationResult:
        if header["peak"] > self._config.memory * MB:
            return invocation_result.out_of_memory(request_id)
        if "too_large" in header:
            return invocation_result.response_too_large(MAX_RESULT)
        return invocation_result.handler_ended(payload, header.get("error"))

    def _end_without_response(self, worker: ProcessHandle, error: Exception, request_id: str) -> InvocationResult:
        if isinstance(error, DeadlinePassed):
            self._peak = max(self._peak, resident_memory(worker.pid))
            worker.kill()
            return invocation_result.time_limit_passed(request_id, self._config.timeout)
        if isinstance(error, MemoryExceeded):
            worker.kill()
            self._peak = self._config.memory * MB
            return invocation_result.out_of_memory(request_id)
        how = worker.wait_exit()
        self._peak = max(self._peak, how.peak if how else 0)
        return invocation_result.process_ended(request_id, how.code if how else None)

    def _take_notes(self, header: Mapping[str, Any], body: bytes) -> bytes:
        """Take the memory and the notes of a worker's frame, and return the rest of its body."""
        self._peak = max(self._peak, header["peak"])
        end = len(body) - header.get("notes", 0)
        if end < len(body):
            self._notes.append(body[end:])
        return body[:end]

    def _drop_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.close()
            self._worker = None

    def _finish(self, begun: _Begun, end: InvocationResult) -> FinishedRun:
        """Return a run with its output; a worker that did not end it as it should is dropped."""
        duration = min(_milliseconds_since(begun.started), self._config.timeout * 1000.0)
        worker, output = self._worker, []
        if worker is not None:
            worker.sink = None
            output = self._take_output(worker)
            if end.status != "success":
                self._drop_worker()
        front = NO_NOTES
        if self._calls is not None:
            front = FrontNotes(self._calls.take_checks(), self._calls.take_requests(), self._calls.take_service_calls())
        log, notes, init = self._log, self._notes, self._init_ms
        self._log, self._notes, self._init_ms = [], [], None
        return FinishedRun(
            config=self._config,
            request_id=begun.request.request_id,
            end=end,
            duration=duration,
            init=init,
            peak=self._peak,
            started_at=begun.at,
            finished_at=self._now(),
            earlier_log=log,
            output=output,
            notes=notes,
            front=front,
        )

    def _add_to_log(self, entry: str) -> None:
        """Add whole lines to the log before the next invocation's start."""
        if entry:
            self._log.append((self._now(), entry.encode()))

    def _add_output(self, worker: ProcessHandle) -> None:
        """Add to that log what the worker has written; the next entry begins a line of its own."""
        output = self._take_output(worker)
        self._log += output
        if output and not output[-1][1].endswith(b"\n"):
            self._log.append((self._now(), b"\n"))

    def _take_output(self, worker: ProcessHandle) -> list[LogPart]:
        """Return what the worker has written since the last call."""
        behind = self._now() - time.monotonic()
        output = worker.take_output()
        if self._calls is not None and (lines := self._calls.take_log()):
            output = sorted([*output, *lines], key=lambda part: part[0])
        return [(at + behind, data) for at, data in output]

    def _now(self) -> float:
        return self._settings.clock()


def _milliseconds_since(started: float) -> float:
    return (time.monotonic() - started) * 1000
