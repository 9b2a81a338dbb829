"""The API that is being served: built from the project's files, and built anew when they change."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.observers.access_log import AccessLogFile
from homeport.gateway.observers.console import Console
from homeport.gateway.observers.exchange_log import ExchangeLog
from homeport.gateway.observers.recorder_client import RecorderClient
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.source_files import SourceFiles
from homeport.gateway.steps.usage import Quotas
from homeport.project.load import NO_INPUTS, Project, ProjectInputs, load_project
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.validators.generate import write_generated
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation
from homeport.runtime.faults import Faults, check_faults, fault_rules
from homeport.runtime.function_config import function_configs
from homeport.runtime.host.pool import Configs, ReplaceableRuntime
from homeport.runtime.logs import FunctionLogFiles
from homeport.terminal import palette_of


class ReloadableApi:
    """The API of one project in one stage: its pipeline, its functions' runtime and its observers.

    ``make_runtime`` is called once, with the functions of the first load. Requests that are under way when the API is
    reloaded end on the pipeline that they started on. With ``reload`` each request is answered by the project's files
    as they were when it came. ``debugging`` says that functions may be held by a debugger, and
    that they write to this terminal themselves. ``exchange_log`` is the folder of an ``ExchangeLog``, ``recorder`` the
    socket of the recorder; None: there is none.
    """

    def __init__(
        self,
        root: Path,
        stage: str,
        dynamodb: str | None,
        make_runtime: Callable[[Configs, Project], ReplaceableRuntime],
        *,
        inputs: ProjectInputs = NO_INPUTS,
        reload: bool = True,
        debugging: bool = False,
        exchange_log: Path | None = None,
        recorder: Path | None = None,
    ) -> None:
        """Load the project. Raises HomeportError for what is wrong with it."""
        self._root, self._stage, self._inputs = root, stage, inputs
        self._dynamodb, self._debugging = dynamodb, debugging
        self._files = SourceFiles(root, follow=reload)
        self._project = project = self._load()
        self._is_current = True
        self._log_files = RotatingLogWriter()
        self._console = Console(sys.stdout, palette_of(sys.stdout), logs=not debugging)
        self._access_log = self._make_access_log()
        self._exchange_log = ExchangeLog(exchange_log) if exchange_log else None
        self._recorder_client = RecorderClient(recorder) if recorder else None
        self._function_logs = FunctionLogFiles(project.data_dir, self._log_files)
        self._quotas = Quotas(project.data_dir / "usage.json")
        self._functions = self._configs(project)
        self._runtime = make_runtime(self._functions, project)
        self._faults = Faults()
        self._fault_rules: Mapping[str, Any] | None = None
        self._pipeline = self._build(project)

    def handle(self, request: Request) -> tuple[Exchange, Reply]:
        """Return the reply to a request (``Pipeline.handle``)."""
        if self._files.may_have_changed():
            self._apply_file_changes()
        return self._pipeline.handle(request)

    def handle_unreadable(self, error: GatewayError, request: Request) -> tuple[Exchange, Reply]:
        """Return the reply to a malformed request (``Pipeline.handle_unreadable``)."""
        return self._pipeline.handle_unreadable(error, request)

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call a function for the pipeline, and keep what it logged (``Runtime.invoke``)."""
        invocation = self._runtime.invoke(function, event, trace_id=trace_id)
        self._function_logs.append(function, invocation)
        if self._exchange_log is not None:
            self._exchange_log.on_invocation(function, invocation)
        return invocation

    def publish(self, exchange: Exchange, reply: Reply) -> None:
        """Give an exchange to the observers. The reply has been sent: no client waits for them."""
        self._console.on_reply(exchange, reply)
        self._access_log.on_reply(exchange, reply)
        if self._exchange_log is not None:
            self._exchange_log.on_reply(exchange, reply)
        if self._recorder_client is not None:
            self._recorder_client.on_reply(exchange, reply)

    def reload(self) -> None:
        """Apply what the supervisor reports: changed files, or a worker parent with other packages.

        Where the files can't be read as an API, the routes stay as they were, but functions start from their files
        anew. The supervisor, which reads the same files, prints what is wrong.
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

    def close(self) -> None:
        """End every function."""
        self._runtime.close()
        self._console.flush()
        if self._recorder_client is not None:
            self._recorder_client.close()

    def _apply_file_changes(self) -> None:
        """Build the pipeline again and replace the environments, if a source file has changed."""
        with self._files.taking_up() as changes:
            if changes.files:
                if not (self._is_current and changes.only_code):
                    self._load_again()
                # An authorizer may decide otherwise now: a new pipeline has no cached responses.
                self._pipeline = self._build(self._project)
                self._runtime.replace(self._functions)

    def _load_again(self) -> None:
        self._is_current = False
        with contextlib.suppress(HomeportError, OSError):
            project = self._load()
            write_generated(project.root, project.api)
            self._build(project)
            self._project, self._functions, self._is_current = project, self._configs(project), True
            self._access_log = self._make_access_log()
            self._apply_faults()

    def _apply_faults(self) -> None:
        rules = fault_rules(self._faults, self._project.resources.tables)
        if rules != self._fault_rules:
            self._fault_rules = rules
            self._runtime.set_faults(rules)

    def _make_access_log(self) -> AccessLogFile:
        return AccessLogFile(self._project.stage, self._project.data_dir / "access.log", self._log_files)

    def _load(self) -> Project:
        return load_project(self._root, self._stage, inputs=self._inputs)

    def _configs(self, project: Project) -> Configs:
        return function_configs(
            project.api,
            project.stage,
            project.resources,
            dynamodb_url=self._dynamodb,
            account_id=LOCAL_ACCOUNT,
            traced=self._recorder_client is not None,
        )

    def _build(self, project: Project) -> Pipeline:
        dependencies = PipelineDependencies(
            project=project.root,
            runtime=self,
            clock=time.time,
            ticks=time.monotonic,
            random_bytes=os.urandom,
            quotas=self._quotas,
            debugging=self._debugging,
        )
        return build_pipeline(project.api, project.stage, dependencies)
