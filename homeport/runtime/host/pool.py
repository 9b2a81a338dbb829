"""A runtime whose invocations are seen by someone else as well, whoever asked for them.

The local Lambda: a pool of execution environments for each function, within Lambda's concurrency limits.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from homeport.runtime.api import Invocation, RequestTooLarge, Runtime, Unavailable
from homeport.runtime.config import FunctionConfig
from homeport.runtime.faults import InvocationFaults
from homeport.runtime.host.environment import Environment, EnvironmentLost, EnvironmentSettings, InvocationRequest
from homeport.runtime.host.parent_client import ParentClient
from homeport.runtime.host.scheduler import CpuLoad, EnvironmentScheduler, count_cores

Configs = Mapping[str, FunctionConfig]


class ReplaceableRuntime(Runtime, Protocol):
    """A runtime that can take up changed functions, and faults on demand."""

    def replace(self, configs: Configs) -> None:
        """Serve the next requests with these functions; running ones end undisturbed."""
        ...

    def set_faults(self, order: Mapping[str, Any] | None) -> None:
        """What is to go wrong in the next invocations (``faults.fault_rules``); None: nothing."""
        ...


class ObservedRuntime:
    """Passes everything on to ``runtime``; ``seen`` gets each function's name and invocation when that has ended."""

    def __init__(self, runtime: ReplaceableRuntime, seen: Callable[[str, Invocation], None]) -> None:
        self._runtime = runtime
        self._seen = seen

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """InvocationRequest ``function`` with a JSON event and wait for its end. Raises InvokeError."""
        invocation = self._runtime.invoke(function, event, trace_id=trace_id)
        self._seen(function, invocation)
        return invocation

    def replace(self, configs: Configs) -> None:
        """Serve the next requests with these functions."""
        self._runtime.replace(configs)

    def set_faults(self, order: Mapping[str, Any] | None) -> None:
        """What is to go wrong in the next invocations."""
        self._runtime.set_faults(order)

    def close(self) -> None:
        """End every environment."""
        self._runtime.close()


# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ACCOUNT_CONCURRENCY = 1000
MAX_EVENT = 6 << 20
# An idle environment is kept this long, in seconds.
KEEP_IDLE = 300.0
# A process may die between its check and its request, but not over and over.
_ATTEMPTS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Environments:
    """A function's environments: those that wait, and those that run an invocation."""

    idle: int
    busy: int


class PoolRuntime:
    """Runs functions in workers of the parent that listens at ``socket_path``.

    ``scratch`` is a folder for the environments' own. ``account_concurrency`` is AWS's limit for an account: what no
    function has reserved is shared by those that reserved nothing. ``cores`` is how many workers may compute at once,
    None: as many as this process may use.
    """

    def __init__(
        self,
        configs: Mapping[str, FunctionConfig],
        socket_path: Path,
        scratch: Path,
        *,
        account_concurrency: int = ACCOUNT_CONCURRENCY,
        keep_idle: float = KEEP_IDLE,
        new_id: Callable[[], str] | None = None,
        settings: EnvironmentSettings | None = None,
        cores: int | None = None,
    ) -> None:
        self._scratch = scratch
        self._keep_idle = keep_idle
        self._new_id = new_id or _new_request_id
        self._settings = settings or EnvironmentSettings()
        self._scheduler = EnvironmentScheduler(
            configs, account_concurrency, self._new_environment, cores or count_cores(), CpuLoad()
        )
        self._faults = InvocationFaults()
        self._parent = ParentClient(socket_path)
        self._closing = threading.Event()
        self._janitor = threading.Thread(target=self._retire_idle, name="idle-environments", daemon=True)
        self._janitor.start()

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """InvocationRequest ``function`` with a JSON event and wait for its end.

        Raises Throttled, RequestTooLarge or Unavailable, and KeyError for a function that there is not.
        """
        check_event(event)
        trace = trace_id or new_trace_id(self._settings.clock())
        call = InvocationRequest(self._new_id(), event, trace, self._faults.of_next())
        for attempt in range(_ATTEMPTS):
            try:
                return self._with_environment(
                    function, lambda environment: environment.invoke(call), fresh=attempt > 0, faults=call.faults
                )
            except EnvironmentLost:
                continue
        raise Unavailable("workers end before they can take the request")

    def warm(self, functions: Iterable[str]) -> None:
        """Initialise an environment of each function that has none, before it is asked for. Raises Unavailable."""
        for function in functions:
            self._with_environment(function, lambda _: None)

    def replace(self, configs: Mapping[str, FunctionConfig]) -> None:
        """Serve the next requests from new environments with these settings; running invocations end undisturbed."""
        self._parent.follow()
        for environment in self._scheduler.replace(configs):
            environment.close()

    def set_faults(self, order: Mapping[str, Any] | None) -> None:
        """What is to go wrong in the next invocations (``faults.fault_rules``), counted from 1 again; None: nothing."""
        self._faults.set(order)

    def environments(self, function: str) -> Environments:
        """How many environments a function has at this moment."""
        return Environments(*self._scheduler.count(function))

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

    def _with_environment(
        self,
        function: str,
        use: Callable[[Environment], T],
        *,
        fresh: bool = False,
        faults: Mapping[str, Any] | None = None,
    ) -> T:
        """What ``use`` gives of an initialised environment; after an exception that is not used again."""
        lease = self._scheduler.acquire(function, fresh=fresh)
        usable = False
        try:
            if lease.starts:
                lease.environment.initialise(faults)
                self._scheduler.started(lease)
            given = use(lease.environment)
            usable = True
            return given
        finally:
            self._scheduler.release(lease, usable=usable)

    def _new_environment(self, config: FunctionConfig) -> Environment:
        day = time.strftime("%Y/%m/%d", time.gmtime(self._settings.clock()))
        name = secrets.token_hex(16)
        stream = f"{day}/[$LATEST]{name}"
        return Environment(config, self._parent, self._scratch / name, stream, self._settings)

    def _retire_idle(self) -> None:
        while not self._closing.wait(min(self._keep_idle / 4, 10.0)):
            for environment in self._scheduler.retire(time.monotonic() - self._keep_idle):
                environment.close()


def _new_request_id() -> str:
    return str(uuid.uuid4())


def check_event(event: bytes) -> None:
    """Raise RequestTooLarge for an event that Lambda would not take."""
    if len(event) > MAX_EVENT:
        raise RequestTooLarge(f"Request must be smaller than {MAX_EVENT} bytes for the InvokeFunction operation")


def new_trace_id(now: float) -> str:
    """The trace header of an invocation that came without one.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    root = f"1-{int(now):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"
