"""The project that is being served: built from its files, and built again when they change."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from homeport.aws.endpoints import ServiceEndpoints
from homeport.aws.services import needs_process, used_services
from homeport.background import BackgroundQueue
from homeport.errors import HomeportError
from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.context import AnsweredCall, Exchange
from homeport.gateway.errors import GatewayError
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.observers.access_log import AccessLogFile
from homeport.gateway.observers.console import Console
from homeport.gateway.observers.exchange_log import ExchangeLog
from homeport.gateway.observers.recorder_client import RecorderClient, RunEntry
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.source_files import SourceFiles
from homeport.gateway.steps.usage import Quotas
from homeport.gateway.trigger_host import TriggerHost
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.project import NO_INPUTS, Project, ProjectInputs
from homeport.project.shared import read_shared
from homeport.project.source_places import SourcePlaces
from homeport.project.triggers.trigger import Triggers
from homeport.random_bytes import RandomBytes
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import (
    FunctionResponse,
    Invocation,
    PromptRuntime,
    Sink,
    StreamingRuntime,
    WholeResponse,
)
from homeport.runtime.failure_hints import failure_hints
from homeport.runtime.faults import Fault, Faults, check_faults, fault_rules
from homeport.runtime.function_config import function_configs
from homeport.runtime.host.pool import Configs, ReplaceableRuntime
from homeport.runtime.lambda_api import LocalFunctions, function_finder, serve_lambda_api
from homeport.runtime.logs import FunctionLogFiles
from homeport.runtime.node.debugger import under_debugger
from homeport.terminal import palette_of

log = logging.getLogger("homeport.gateway")

# Seconds between two deliveries to the observers.
_INTERVAL = 0.02
# Calls that wait for them, and bytes of their bodies; when there are more, the next request delivers them.
_CAPACITY, _MAX_SIZE = 10_000, 64 * 1024 * 1024


class ReloadableProject:
    """The project that is served in a stage: a pipeline for each of its APIs, its functions' runtime and its observers.

    ``names`` are those of the APIs that have a port. At the first one's port, ``NAME.localhost`` is the API ``NAME``.
    ``shared`` is where the supervisor has written the project as it read it. ``dynamodb`` and ``aws`` are the endpoints
    for the functions, ``aws`` that of all services but DynamoDB; ``functions`` is a listening socket for Lambda's API
    (-1: there is none). ``outside_aws``: they are another's process. ``make_runtime`` is called once, with the
    functions of the first load. Requests that are under way when the project is reloaded end on the pipeline that they
    started on. With ``reload`` each request is answered by the project's files as they were when it came. With
    ``in_process`` functions write to this terminal themselves, and a debugger may hold them; it may hold those in
    Node.js with ``debugger_port``, the first one's port. ``exchange_log`` is the folder of an ``ExchangeLog``, with the
    bodies of requests to DynamoDB if ``record_bodies``, ``recorder`` the socket of the recorder; None: there is none.
    """

    def __init__(
        self,
        root: Path,
        stage: str,
        dynamodb: str | None,
        make_runtime: Callable[[Configs, Project], ReplaceableRuntime],
        *,
        inputs: ProjectInputs = NO_INPUTS,
        shared: Path | None = None,
        aws: str | None = None,
        outside_aws: bool = False,
        functions: int = -1,
        names: tuple[str, ...] = ("",),
        reload: bool = True,
        in_process: bool = False,
        debugger_port: int | None = None,
        exchange_log: Path | None = None,
        record_bodies: bool = False,
        recorder: Path | None = None,
    ) -> None:
        """Load the project. Raises HomeportError for what is wrong with it."""
        self._root, self._stage, self._inputs = root, stage, inputs
        self._dynamodb, self._aws, self._debugger_port = dynamodb, aws, debugger_port
        self._debugging = in_process or debugger_port is not None
        self._lambda_api = socket.socket(fileno=functions) if functions >= 0 else None
        known = read_shared(shared) if shared else None
        places = known.project.source_places if known is not None else self._first_places()
        self._files = SourceFiles(root, places=places, follow=reload)
        # A file may have been saved just before it was followed.
        project = known.project if known is not None and known.is_current() else self._load()
        self._project = project
        self._files.look_at(project.source_places)
        self._names = names
        self._is_current = True
        self._log_files = RotatingLogWriter()
        self._console = Console(sys.stdout, palette_of(sys.stdout), logs=not in_process, hints=self._hints)
        self._access_logs = self._make_access_logs(project)
        self._exchange_log = ExchangeLog(exchange_log) if exchange_log else None
        self._record_bodies = record_bodies
        self._recorder_client = RecorderClient(recorder) if recorder else None
        self._function_logs = FunctionLogFiles(project.data_dir, self._log_files)
        # Made after the observers, so that at the end of the process it is delivered before them.
        self._answered: BackgroundQueue[AnsweredCall] = BackgroundQueue(
            self._observe,
            name="observers",
            interval=_INTERVAL,
            capacity=_CAPACITY,
            size=attrgetter("size"),
            max_size=_MAX_SIZE,
        )
        self._quotas = Quotas(project.data_dir / "usage.json")
        self._functions = self._configs(project)
        self._runtime = make_runtime(self._functions, project)
        self._prompt_runtime = self._runtime if isinstance(self._runtime, PromptRuntime) else None
        self._faults = Faults()
        self._random_bytes = RandomBytes()
        self._holds: dict[str, tuple[Fault, ...]] = {}
        self._fault_rules: Mapping[str, Any] | None = None
        self._pipelines = self._build(project)
        self._trigger_host = TriggerHost(
            self, aws, dynamodb, project.stage.region, project.data_dir, self._function_names, outside=outside_aws
        )
        if self._lambda_api is not None:
            find = function_finder(self._function_names)
            later = self._trigger_host.invoke_later
            serve_lambda_api(self._lambda_api, LocalFunctions(find, self._invoke_for_api, later))

    def handle(self, request: Request, api: str = "") -> tuple[Exchange, Reply]:
        """Return the reply to a request (``Pipeline.handle``) at the port of an API."""
        if self._files.may_have_changed():
            self._apply_file_changes()
        return self._pipeline_for(request, api).handle(request)

    def handle_unreadable(self, error: GatewayError, request: Request, api: str = "") -> tuple[Exchange, Reply]:
        """Return the reply to a malformed request (``Pipeline.handle_unreadable``) at the port of an API."""
        return self._pipeline_for(request, api).handle_unreadable(error, request)

    def _pipeline_for(self, request: Request, api: str) -> Pipeline:
        pipelines = self._pipelines
        if len(self._names) == 1:
            # It may have got another name since the start.
            return next(iter(pipelines.values()))
        if api == self._names[0] and (host := _name_in_host(request)):
            return next((found for name, found in pipelines.items() if name.lower() == host), pipelines[api])
        return pipelines[api]

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call a function for the pipeline, and keep what it logged (``Runtime.invoke``)."""
        return self._keep(function, self._runtime.invoke(function, event, trace_id=trace_id))

    def respond(self, function: str, event: bytes, *, trace_id: str | None = None) -> FunctionResponse:
        """Call a function for the pipeline (``PromptRuntime``); ``_observe`` keeps what it logged."""
        if self._prompt_runtime is not None:
            return self._prompt_runtime.respond(function, event, trace_id=trace_id)
        return WholeResponse(self._runtime.invoke(function, event, trace_id=trace_id))

    def invoke_streaming(self, function: str, event: bytes, sink: Sink, *, trace_id: str | None = None) -> Invocation:
        """Call a function whose response is streamed, and keep what it logged (``StreamingRuntime``)."""
        if not isinstance(self._runtime, StreamingRuntime):
            return self.invoke(function, event, trace_id=trace_id)
        return self._keep(function, self._runtime.invoke_streaming(function, event, sink, trace_id=trace_id))

    def _keep(self, function: str, invocation: Invocation) -> Invocation:
        self._function_logs.append(function, invocation)
        if self._exchange_log is not None:
            self._exchange_log.on_invocation(function, invocation)
        return invocation

    def invoke_for(self, origin: str, function: str, event: bytes, *, cause: str = "") -> Invocation:
        """Call a function for an event of ``origin`` (``sqs jobs``), with the files as they are now (``Invoker``)."""
        if self._files.may_have_changed():
            self._apply_file_changes()
        started = time.time()
        invocation = self.invoke(function, event)
        self._console.on_event(origin, function, invocation)
        if self._recorder_client is not None:
            self._recorder_client.on_run(RunEntry(origin, function, event, invocation, started, cause))
        return invocation

    def invoke_later(self, function: str, event: bytes) -> str:
        """Take an event for an asynchronous invocation (``AsyncRuntime``)."""
        return self._trigger_host.invoke_later(function, event)

    def _invoke_for_api(self, function: str, event: bytes, cause: str) -> Invocation:
        """Call a function for the Lambda API; a service says in ``cause`` what called it."""
        return self.invoke_for(cause.partition(":")[0] or "invoke", function, event, cause=cause)

    def _function_names(self) -> dict[str, str]:
        """Return the kit's names of functions by AWS's."""
        return {config.function_name: config.name for config in self._functions.values()}

    def triggers(self) -> Triggers:
        """Return the triggers of the project as it was read last (``Invoker``)."""
        return self._project.triggers

    def function_arn(self, function: str) -> str:
        """Return the ARN of a function (``Invoker``)."""
        name = self._functions[function].function_name
        return f"arn:aws:lambda:{self._project.stage.region}:{LOCAL_ACCOUNT}:function:{name}"

    def warn(self, line: str) -> None:
        """Show what does not work (``Invoker``)."""
        self._console.on_warning(line)

    def start_triggers(self) -> None:
        """Poll queues and streams from now on."""
        self._trigger_host.update()

    def publish(self, exchange: Exchange, reply: Reply) -> None:
        """Have the observers get an exchange soon. The reply has been sent: no client waits for them."""
        call = AnsweredCall(exchange, reply, time.time(), time.monotonic())
        if not self._answered.put(call):
            self._answered.flush()
            self._answered.put(call)

    def _observe(self, calls: list[AnsweredCall]) -> None:
        """Give calls to the observers. Raises nothing, so that no call is lost by a fault at another one."""
        for call in calls:
            try:
                self._observe_call(call)
            except Exception:
                log.exception("an observer failed, please report it")

    def _observe_call(self, call: AnsweredCall) -> None:
        exchange, trace = call.exchange, call.exchange.trace
        trace.complete()
        if trace.response is not None and trace.invocation is not None:
            self._keep((exchange.match and exchange.match.operation.function) or "", trace.invocation)
        self._console.on_reply(call)
        # An API that was saved under another name meanwhile has no log any more.
        if (access_log := self._access_logs.get(exchange.context.deployment.name)) is not None:
            access_log.on_reply(call)
        if self._exchange_log is not None:
            self._exchange_log.on_reply(call)
        if self._recorder_client is not None:
            self._recorder_client.on_reply(call)

    def _hints(self, function: str, invocation: Invocation) -> Iterable[str]:
        """Return what to do about a function that failed, by the project's files as they are now."""
        return failure_hints(self._project, function, invocation.permission_checks, invocation.log)

    def reload(self) -> None:
        """Apply what the supervisor reports: changed files, or a worker parent with other packages.

        Where the files can't be read as an API, the routes stay as they were, but functions start from their files
        again. The supervisor, which reads the same files, prints what is wrong.
        """
        self._apply_file_changes()
        if self._runtime.is_outdated():
            self._runtime.replace(self._functions)

    def set_faults(self, faults: Faults) -> None:
        """Inject these faults, and no others, from the next request on. Raises FaultError for an unknown table."""
        check_faults(faults, self._project.resources)
        self._faults = faults
        self._apply_faults()

    def faults(self) -> Faults:
        """Return the faults that are injected now."""
        return self._faults

    def set_holds(self, address: str, holds: tuple[Fault, ...]) -> None:
        """Hold the calls that these faults match for who listens at ``address``, from the next request on.

        Raises FaultError for an unknown table.
        """
        check_faults(Faults(holds), self._project.resources)
        others = {place: kept for place, kept in self._holds.items() if place != address}
        self._holds = {**others, address: holds} if holds else others
        self._apply_faults()

    def renew_environments(self) -> None:
        """Serve the next requests from new environments; running ones end undisturbed."""
        self._runtime.replace(self._functions)

    def flush_log(self) -> None:
        """Write what waits for the exchange log."""
        self._answered.flush()
        if self._exchange_log is not None:
            self._exchange_log.flush()

    def close(self) -> None:
        """End every function."""
        self._trigger_host.close()
        self._runtime.close()
        self._answered.close()
        self._console.flush()
        if self._recorder_client is not None:
            self._recorder_client.close()

    def _apply_file_changes(self) -> None:
        """Build the pipeline again and replace the environments, if a source file has changed."""
        with self._files.taking_up() as changes:
            if changes.files:
                only_code = changes.only_contents and all(map(self._project.is_only_code, changes.files))
                if not (self._is_current and only_code):
                    self._load_again()
                # An authorizer may decide otherwise now: a new pipeline has no cached responses.
                built = self._build(self._project)
                # One of several ports serves its API as it was when that is gone, or has another name now.
                self._pipelines = built if len(self._names) == 1 else {**self._pipelines, **built}
                self._runtime.replace(self._functions)
                self._trigger_host.update()

    def _load_again(self) -> None:
        self._is_current = False
        with contextlib.suppress(HomeportError, OSError):
            project = self._load()
            # The readers are imported where they are needed: with a project that is shared, that is after a change.
            from homeport.project.validators.generate import renew_generated

            renew_generated(project)
            self._build(project)
            self._files.look_at(project.source_places)
            self._project, self._functions, self._is_current = project, self._configs(project), True
            self._access_logs = {**self._access_logs, **self._make_access_logs(project)}
            self._apply_faults()

    def _apply_faults(self) -> None:
        # A call is held before anything else happens to it.
        holds = (hold for held in self._holds.values() for hold in held)
        every = Faults((*holds, *self._faults.faults), self._faults.seed)
        rules = fault_rules(every, self._project.resources.tables)
        if rules != self._fault_rules:
            self._fault_rules = rules
            self._runtime.set_faults(rules)

    def _make_access_logs(self, project: Project) -> Mapping[str, AccessLogFile]:
        file = project.data_dir / "access.log"
        return {each.api.name: AccessLogFile(each.stage, file, self._log_files) for each in project.every_api}

    def _load(self) -> Project:
        from homeport.project.load import load_project

        return load_project(self._root, self._stage, inputs=self._inputs)

    def _first_places(self) -> SourcePlaces:
        from homeport.project.load import first_places

        return first_places(self._root, self._inputs)

    def _configs(self, project: Project) -> Configs:
        configs = function_configs(
            project.api,
            project.stage,
            project.resources,
            dynamodb_url=self._dynamodb,
            aws_url=self._aws if needs_process(project) else None,
            functions_url=self._functions_url(project),
            account_id=LOCAL_ACCOUNT,
            traced=self._recorder_client is not None or self._exchange_log is not None,
            bodies=self._record_bodies,
        )
        return configs if self._debugger_port is None else under_debugger(configs, self._debugger_port)

    def _endpoints(self, project: Project) -> ServiceEndpoints:
        """Return the endpoints of the services that integrations can call."""
        aws = self._aws if needs_process(project) else None
        return ServiceEndpoints(self._dynamodb, aws, self._functions_url(project))

    def _functions_url(self, project: Project) -> str | None:
        """Return the URL of Lambda's API, None where there is none or no function uses it."""
        if self._lambda_api is None or "lambda" not in used_services(project):
            return None
        return f"http://127.0.0.1:{self._lambda_api.getsockname()[1]}"

    def _build(self, project: Project) -> Mapping[str, Pipeline]:
        dependencies = PipelineDependencies(
            project=project.root,
            runtime=self,
            clock=time.time,
            ticks=time.monotonic,
            random_bytes=self._random_bytes,
            quotas=self._quotas,
            debugging=self._debugging,
            service_url=self._endpoints(project).url,
            recorded=self._recorder_client is not None,
        )
        return {each.api.name: build_pipeline(each.api, each.stage, dependencies) for each in project.every_api}


def _name_in_host(request: Request) -> str:
    """Return ``ordersapi`` of the header ``Host: OrdersApi.localhost:8080``, ``""`` for another host."""
    host = (request.header("host") or "").partition(":")[0].lower()
    return host.removesuffix(".localhost") if host.endswith(".localhost") else ""
