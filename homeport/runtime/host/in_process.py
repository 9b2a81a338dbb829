"""Functions in the gateway's own process, for debuggers: ``homeport dev --in-process``.

A breakpoint in a handler works and may stay for any time: no function is timed out or killed, and one request runs at a
time. The functions share the kit's interpreter and the state of their modules. Limits that need a process of their own,
such as memory and the read-only file system, are not enforced.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import botocore.session

from homeport.permissions.role import Role
from homeport.runtime.api import AwsServiceCall, DynamoDBRequest, Invocation, PermissionCheck
from homeport.runtime.faults import InvocationFaults
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host import invocation_result
from homeport.runtime.host.invocation_result import InvocationResult
from homeport.runtime.host.own_modules import OwnModules
from homeport.runtime.host.pool import check_event, new_trace_id, not_run
from homeport.runtime.logs import InvocationReport, join_log, lines_of
from homeport.runtime.worker.aws_calls import AwsCalls, install
from homeport.runtime.worker.faults import FaultInjector
from homeport.runtime.worker.invocation import (
    LambdaContext,
    Marshaller,
    call_handler,
    error_payload,
    escapes_non_ascii,
    find_handler,
)
from homeport.runtime.worker.limits import MAX_RESULT
from homeport.runtime.worker.logs import RequestLog
from homeport.runtime.worker.missing_modules import OwnBundle, missing_module_hint
from homeport.runtime.worker.module_finder import PACKAGE, ServiceFinder
from homeport.runtime.worker.preload import ignore_aws_config_files
from homeport.runtime.worker.process_setup import peak_memory
from homeport.runtime.worker.trace import Trace

_OTHER_RUNTIME = "{} has no place in the gateway's own process: start without --in-process"
# The debugger and its child processes need these as they are.
_UNCHANGED = frozenset({"LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PWD", "PYTHONPATH", "TZ"})


class InProcessRuntime:
    """Runs the functions of ``project``; ``packages`` adds the libraries that are not installed beside the kit.

    ``sets`` are the package sets of functions with code of their own. A library that the kit itself has loaded is the
    kit's, also for a function that has another version of it.
    """

    def __init__(
        self,
        configs: Mapping[str, FunctionConfig],
        project: Path,
        *,
        packages: Path | None = None,
        sets: Mapping[str, str] | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._configs = dict(configs)
        self._replacement: dict[str, FunctionConfig] | None = None
        self._project = project
        self._new_id = new_id
        self._clock = clock
        self._lock = threading.Lock()
        if packages is not None:
            sys.path.append(str(packages))
        self._level = logging.WARNING
        self._finder = ServiceFinder(project, None)
        self._finder.install()
        self._own_modules = OwnModules(sets or {})
        ignore_aws_config_files(botocore.session)
        self._calls: AwsCalls | None = None
        self._faults = InvocationFaults()
        install(lambda: self._calls)

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call ``function`` with a JSON event and wait for its end, and for its turn. Raises RequestTooLarge."""
        check_event(event)
        with self._lock:
            if self._replacement is not None:
                self._configs, self._replacement = self._replacement, None
                for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
                    del sys.modules[name]
                self._own_modules.forget()
            config = self._configs[function]
            request_id = self._new_id()
            if config.program is not None:
                config = replace(config, fault=_OTHER_RUNTIME.format(config.runtime))
            if config.fault:
                return not_run(config, request_id, self._clock())
            _set_variables(config, trace_id or new_trace_id(self._clock()))
            output, began = _Copy(sys.stdout, self._clock), self._clock()
            started = time.monotonic()
            with self._capture(output, config.log_format, request_id) as log:
                faults = FaultInjector(log.write, config.function_name)
                faults.set(self._faults.of_next(), request_id)
                trace = Trace(config.bodies) if config.traced else None
                role = Role(
                    config.permissions, config.policies, config.partition_keys, config.principal, config.boundary
                )
                calls = self._calls = AwsCalls(role, config.offline, faults, trace, config.arns)
                end = self._run(config, request_id, event, log)
            duration = (time.monotonic() - started) * 1000
            self._calls = None
            calls.close()
            invocation = self._finish(config, request_id, end, (began, duration), output.parts)
            checks = tuple(PermissionCheck(*check) for check in calls.take_checks())
            requests = map(DynamoDBRequest.from_trace, calls.take_requests())
            services = map(AwsServiceCall.from_trace, calls.take_service_calls())
            return replace(
                invocation, permission_checks=checks, requests=tuple(requests), service_calls=tuple(services)
            )

    def replace(self, configs: Mapping[str, FunctionConfig]) -> None:
        """Import the service again for the next request, with these settings."""
        self._replacement = dict(configs)

    def is_outdated(self) -> bool:
        """Return False: packages stay until the gateway ends."""
        return False

    def set_faults(self, rules: Mapping[str, Any] | None) -> None:
        """Inject these faults (``faults.fault_rules``, None for none) into invocations, counted from 1 again."""
        self._faults.set(rules)

    def close(self) -> None:
        """Stop finding the project's modules."""
        self._own_modules.forget()
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self._finder)

    def _run(self, config: FunctionConfig, request_id: str, event: bytes, log: RequestLog) -> InvocationResult:
        marshaller = Marshaller(escapes_non_ascii(config.environment.get("AWS_EXECUTION_ENV", "")))
        deadline = int((self._clock() + config.timeout) * 1000)
        context = LambdaContext(request_id, config.arn, deadline, os.environ, log.write)
        try:
            answer = self._answer(config, event, context, marshaller, log)
            if isinstance(answer, dict):
                log.error(answer)
                return invocation_result.handler_ended(marshaller.encode(answer).encode(), str(answer["errorType"]))
            payload = answer.encode() if isinstance(answer, str) else answer
        except SystemExit as exc:
            return invocation_result.process_ended(request_id, _exit_code(exc, log))
        except UnicodeEncodeError:
            return invocation_result.process_ended(request_id, 1)
        return (
            invocation_result.response_too_large(MAX_RESULT)
            if len(payload) > MAX_RESULT
            else invocation_result.handler_ended(payload, None)
        )

    def _answer(
        self, config: FunctionConfig, event: bytes, context: LambdaContext, marshaller: Marshaller, log: RequestLog
    ) -> str | bytes | dict[str, object]:
        code = self._own_modules.enter(config)
        try:
            handler = find_handler(config.handler)
        except Exception as exc:
            project = os.open(self._project, os.O_RDONLY)
            bundle = OwnBundle.of(code, self._project, config.handler) if code is not None else None
            if advice := missing_module_hint(exc, project, bundle):
                log.write(advice)
            os.close(project)
            return error_payload(exc)
        return call_handler(handler, event, context, marshaller)

    @contextlib.contextmanager
    def _capture(self, output: TextIO, log_format: str, request_id: str) -> Iterator[RequestLog]:
        """Take stdout, stderr and the root logger, at the level that the functions set, for one invocation."""
        log = RequestLog(output, log_format)
        log.request_id = request_id
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        root.handlers.clear()
        root.setLevel(self._level)
        log.install(os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""))
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                yield log
        finally:
            self._level = root.level
            root.handlers[:] = handlers
            root.setLevel(level)

    def _finish(
        self,
        config: FunctionConfig,
        request_id: str,
        end: InvocationResult,
        times: tuple[float, float],
        output: list[tuple[float, str]],
    ) -> Invocation:
        lines, now, (began, duration) = lines_of(config.log_format), self._clock(), times
        used = min(-(-peak_memory() // (1 << 20)), config.memory)
        report = InvocationReport(request_id, duration, config.memory, used, None, end.status, end.error_type)
        exited = lines.exit(now, request_id, end.reason) if end.reason is not None else ""
        written = [(began, lines.start(began, request_id, config.arn)), *output]
        line_end = "" if written[-1][1].endswith("\n") else "\n"
        written.append((now, f"{line_end}{exited}{lines.end(now, report)}"))
        log, log_times = join_log((at, text.encode(errors="backslashreplace")) for at, text in written)
        error = "Unhandled" if end.failed else None
        return Invocation(end.payload, error, request_id, duration, None, log, log_times=log_times)


class _Copy(io.StringIO):
    """Keeps the output that goes to the terminal, where a debugger prompts, in parts with their times."""

    def __init__(self, terminal: TextIO, clock: Callable[[], float]) -> None:
        super().__init__()
        self._terminal = terminal
        self._clock = clock
        self.parts: list[tuple[float, str]] = []

    def write(self, text: str) -> int:
        self._terminal.write(text)
        self._terminal.flush()
        if text:
            self.parts.append((self._clock(), text))
        return len(text)


def _set_variables(config: FunctionConfig, trace_id: str) -> None:
    # The developer's own AWS settings must not reach a handler.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({name: value for name, value in config.environment.items() if name not in _UNCHANGED})
    os.environ["_X_AMZN_TRACE_ID"] = trace_id


def _exit_code(error: SystemExit, log: RequestLog) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    log.write(str(error.code))
    return 1
