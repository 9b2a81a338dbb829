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
from homeport.gateway.steps.usage import Quotas
from homeport.project.load import Project, load_project
from homeport.project.model import LOCAL_ACCOUNT, Stage
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
    reloaded end on the pipeline that they started on. ``debugging`` says that functions may be held by a debugger, and
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
        debugging: bool = False,
        exchange_log: Path | None = None,
        recorder: Path | None = None,
    ) -> None:
        """Load the project. Raises HomeportError for what is wrong with it."""
        self._root, self._stage, self._dynamodb, self._debugging = root, stage, dynamodb, debugging
        project = self._load()
        log_files = RotatingLogWriter()
        self._console = Console(sys.stdout, palette_of(sys.stdout), logs=not debugging)
        self._access_log = AccessLogFile(project.stage, project.data_dir / "access.log", log_files)
        self._exchange_log = ExchangeLog(exchange_log) if exchange_log else None
        self._recorder_client = RecorderClient(recorder) if recorder else None
        self._function_logs = FunctionLogFiles(project.data_dir, log_files)
        self._quotas = Quotas(project.data_dir / "usage.json")
        self._functions = self._configs(project)
        self._runtime = make_runtime(self._functions, project)
        self._faults = Faults()
        self._fault_rules: Mapping[str, Any] | None = None
        self._settings, self._resources = project.stage, project.resources
        self._pipeline = self._build(project)

    def handle(self, request: Request) -> tuple[Exchange, Reply]:
        """Return the reply to a request (``Pipeline.handle``)."""
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
        """Build the API from the project's files as they are now.

        Where they can't be read as an API, the routes stay as they were, but functions start from their files anew. The
        supervisor, which reads the same files first, has printed what is wrong.
        """
        with contextlib.suppress(HomeportError):
            project = self._load()
            functions, pipeline = self._configs(project), self._build(project)
            self._functions, self._pipeline, self._resources = functions, pipeline, project.resources
            self._apply_faults(project.stage)
        self._runtime.replace(self._functions)

    def set_faults(self, faults: Faults) -> None:
        """Inject these faults, and no others, from the next request on. Raises FaultError for an unknown table."""
        check_faults(faults, self._resources)
        self._faults = faults
        self._apply_faults(self._settings)

    def faults(self) -> Faults:
        """Return the faults that are injected now."""
        return self._faults

    def close(self) -> None:
        """End every function."""
        self._runtime.close()
        self._console.flush()
        if self._recorder_client is not None:
            self._recorder_client.close()

    def _apply_faults(self, stage: Stage) -> None:
        self._settings = stage
        rules = fault_rules(self._faults, stage)
        if rules != self._fault_rules:
            self._fault_rules = rules
            self._runtime.set_faults(rules)

    def _load(self) -> Project:
        return load_project(self._root, self._stage)

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
