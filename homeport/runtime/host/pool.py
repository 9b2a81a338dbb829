"""The local Lambda: execution environments for each function, within Lambda's concurrency limits.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from homeport.random_bytes import RandomBytes
from homeport.runtime.api import (
    FunctionResponse,
    Invocation,
    InvokeError,
    RequestTooLarge,
    Runtime,
    Sink,
    Unavailable,
    WholeResponse,
)
from homeport.runtime.faults import InvocationFaults
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.execution_environment import (
    Environment,
    EnvironmentLost,
    EnvironmentSettings,
    InvocationRequest,
)
from homeport.runtime.host.function_pool import Lease, LeaseRequest
from homeport.runtime.host.parent_client import ParentClient
from homeport.runtime.host.resources import CpuLoad, count_cores
from homeport.runtime.host.scheduler import EnvironmentScheduler
from homeport.runtime.worker.limits import MAX_EVENT

if TYPE_CHECKING:
    from homeport.runtime.front.environment_calls import FrontCalls
    from homeport.runtime.front.server import AwsFront

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ACCOUNT_CONCURRENCY = 1000
# Seconds for which a function's last idle environment is kept, and those beside it.
KEEP_IDLE, KEEP_EXTRA = 300.0, 30.0
# A process may end between the check that it is there and its request, but not again and again.
_ATTEMPTS = 3

Configs = Mapping[str, FunctionConfig]
T = TypeVar("T")


class ReplaceableRuntime(Runtime, Protocol):
    """A runtime that can take up changed functions, and faults on demand."""

    def replace(self, configs: Configs) -> None:
        """Serve the next requests with these functions; running ones end undisturbed."""
        ...

    def is_outdated(self) -> bool:
        """Return whether the packages that functions run on have been replaced since ``replace``."""
        ...

    def set_faults(self, rules: Mapping[str, Any] | None) -> None:
        """Inject these faults (``faults.fault_rules``, None for no faults) into the next invocations."""
        ...


@dataclass(frozen=True, slots=True)
class EnvironmentCount:
    """The number of a function's environments that wait, and of those that run an invocation."""

    idle: int
    busy: int


class PoolRuntime:
    """Runs functions in workers of the parent that listens at ``socket_path``.

    ``scratch`` is the folder of the environments' own folders. ``account_concurrency`` is AWS's limit for an account:
    functions that reserved nothing share what no function has reserved. A function's last environment is closed after
    ``keep_idle`` seconds without a request, further ones sooner. A start waits up to ``parent_timeout`` seconds for a
    parent that is not there.
    """

    def __init__(
        self,
        configs: Configs,
        socket_path: Path,
        scratch: Path,
        *,
        account_concurrency: int = ACCOUNT_CONCURRENCY,
        keep_idle: float = KEEP_IDLE,
        new_id: Callable[[], str] | None = None,
        settings: EnvironmentSettings | None = None,
        parent_timeout: float = 2.0,
    ) -> None:
        self._configs = configs
        self._scratch = scratch
        self._keep_idle = keep_idle
        self._new_id = new_id or RandomBytes().new_uuid
        self._front: AwsFront | None = None
        self._front_lock = threading.Lock()
        chosen = settings or EnvironmentSettings()
        self._settings = replace(chosen, open_calls=chosen.open_calls or self._open_calls)
        self._scheduler = EnvironmentScheduler(
            configs,
            account_concurrency,
            self._new_environment,
            start=self._start_elsewhere,
            cores=count_cores(),
            has_spare_core=CpuLoad().has_spare_core,
        )
        self._faults = InvocationFaults()
        self._parent = ParentClient(socket_path, parent_timeout)
        self._closing = threading.Event()
        self._janitor = threading.Thread(target=self._close_idle, name="idle-environments", daemon=True)
        self._janitor.start()
        threading.Thread(target=self._scheduler.keep_serving, name="waiting-requests", daemon=True).start()

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call ``function`` with a JSON event and wait for its end.

        Raises Throttled, RequestTooLarge or Unavailable, and KeyError for an unknown function.
        """
        return self._respond(function, event, trace_id, None).invocation()

    def respond(self, function: str, event: bytes, *, trace_id: str | None = None) -> FunctionResponse:
        """Call ``function`` as ``invoke`` does, and return its response (``PromptRuntime``)."""
        return self._respond(function, event, trace_id, None)

    def invoke_streaming(self, function: str, event: bytes, sink: Sink, *, trace_id: str | None = None) -> Invocation:
        """Call ``function`` as ``invoke`` does; ``sink`` gets its response as it comes (``StreamingRuntime``)."""
        return self._respond(function, event, trace_id, sink).invocation()

    def _respond(self, function: str, event: bytes, trace_id: str | None, sink: Sink | None) -> FunctionResponse:
        check_event(event)
        if (config := self._configs[function]).fault:
            return WholeResponse(not_run(config, self._new_id(), self._settings.clock()))
        trace = trace_id or new_trace_id(self._settings.clock())
        request = InvocationRequest(self._new_id(), event, trace, self._faults.of_next(), sink)
        for attempt in range(_ATTEMPTS):
            lease = self._scheduler.acquire(
                function,
                fresh=attempt > 0,
                faults=request.faults,
                begin=lambda environment: environment.begin(request),
            )
            try:
                return self._use(lease, lambda environment: environment.invoke(request), request.faults)
            except EnvironmentLost:
                continue
        raise Unavailable("workers end before they can take the request")

    def replace(self, configs: Configs) -> None:
        """Serve the next requests from new environments with these settings; running invocations end undisturbed."""
        self._parent.follow()
        self._configs = configs
        for environment in self._scheduler.replace(configs):
            environment.close()

    def is_outdated(self) -> bool:
        """Return whether another worker parent listens now."""
        return self._parent.is_replaced()

    def set_faults(self, rules: Mapping[str, Any] | None) -> None:
        """Inject these faults (``faults.fault_rules``, None for none) into invocations, counted from 1 again."""
        self._faults.set(rules)

    def environments(self, function: str) -> EnvironmentCount:
        """Return how many environments a function has at this moment."""
        return EnvironmentCount(*self._scheduler.count(function))

    def _open_calls(self, config: FunctionConfig) -> FrontCalls:
        """Register the calls of an environment whose SDK is not Python's."""
        # Most projects have no such function, and would wait for these imports at the start.
        from homeport.runtime.front.server import AwsFront

        with self._front_lock:
            self._front = self._front or AwsFront()
            return self._front.open(config)

    def close(self) -> None:
        """End every environment."""
        self._closing.set()
        self._janitor.join()
        idle, busy = self._scheduler.close()
        for environment in busy:
            environment.kill()
        for environment in idle:
            environment.close()
        self._parent.close()
        with self._front_lock:
            if self._front is not None:
                self._front.close()

    def _use(self, lease: Lease, use: Callable[[Environment], T], faults: Mapping[str, Any] | None = None) -> T:
        """Return the result of ``use`` on an initialised environment. After an exception it serves no other request."""
        usable = False
        try:
            if lease.starts:
                lease.environment.initialise(faults)
                self._scheduler.mark_started(lease)
            result = use(lease.environment)
            usable = True
            return result
        finally:
            self._scheduler.release(lease, usable=usable)

    def _start_elsewhere(self, lease: Lease, request: LeaseRequest) -> None:
        """Initialise an environment in a thread of its own (``EnvironmentScheduler``'s ``start``)."""
        threading.Thread(
            target=self._initialise, args=(lease, request.faults), name="environment-start", daemon=True
        ).start()

    def _initialise(self, lease: Lease, faults: Mapping[str, Any] | None) -> None:
        failure: InvokeError | None = None
        try:
            lease.environment.initialise(faults)
        except InvokeError as error:
            failure = error
        except Exception as error:
            failure = Unavailable(f"no worker can be started: {error}")
        self._scheduler.add_started(lease, failure)

    def _new_environment(self, config: FunctionConfig) -> Environment:
        day = time.strftime("%Y/%m/%d", time.gmtime(self._settings.clock()))
        name = secrets.token_hex(16)
        stream = f"{day}/[{config.version}]{name}"
        return Environment(config, self._parent, self._scratch / name, stream, self._settings)

    def _close_idle(self) -> None:
        while not self._closing.wait(min(self._keep_idle / 4, 10.0)):
            for environment in self._scheduler.retire(self._keep_idle, min(self._keep_idle, KEEP_EXTRA)):
                environment.close()


def not_run(config: FunctionConfig, request_id: str, now: float) -> Invocation:
    """Return the invocation of a function that can't be run here: a failure, with the reason in its log."""
    payload = json.dumps({"errorMessage": config.fault, "errorType": "Homeport.NotRun", "requestId": request_id})
    log = f"homeport: {config.name} was not run: {config.fault}\n".encode()
    return Invocation(payload.encode(), "Unhandled", request_id, 0.0, None, log, log_times=((0, now),))


def check_event(event: bytes) -> None:
    """Raise RequestTooLarge for an event that Lambda would not take."""
    if len(event) > MAX_EVENT:
        raise RequestTooLarge(f"Request must be smaller than {MAX_EVENT} bytes for the InvokeFunction operation")


def new_trace_id(now: float) -> str:
    """Return the trace header of an invocation that came without one.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    root = f"1-{int(now):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"
