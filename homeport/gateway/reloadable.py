"""The API that is being served: built from the project's files, and built anew when they change."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from homeport.entropy import Entropy
from homeport.errors import HomeportError
from homeport.gateway.assembly import LOCAL_ACCOUNT, PipelineDependencies, build_pipeline
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.observers.access_log import AccessLogFile
from homeport.gateway.observers.console import Console
from homeport.gateway.observers.exchange_log import LARGEST, Recorder
from homeport.gateway.observers.recorder_client import RecorderClient
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.stages.throttle import Quotas
from homeport.project.load import load_project
from homeport.project.model import Stage
from homeport.project.project import Project
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation
from homeport.runtime.config import function_configs
from homeport.runtime.faults import Faults, check_faults, fault_rules
from homeport.runtime.host.pool import Configs, ObservedRuntime, ReplaceableRuntime
from homeport.runtime.log_files import FunctionLogFiles
from homeport.terminal import palette_of


class ReloadableApi:
    """One project in one stage. ``make_runtime`` is called once, with the functions of the first load.

    Requests that are on their way when the API is reloaded end on what they started on. ``debugging`` says
    that a debugger may hold a function, and that it writes to this terminal itself. ``record`` is the folder that keeps
    every call, ``recorder`` the socket of the recorder that is told of every call; None: none does.
    """

    def __init__(
        self,
        root: Path,
        stage: str,
        dynamodb: str | None,
        make_runtime: Callable[[Configs, Project], ReplaceableRuntime],
        *,
        debugging: bool = False,
        record: Path | None = None,
        recorder: Path | None = None,
    ) -> None:
        """Raises HomeportError for what is wrong with the project."""
        self._root, self._stage, self._dynamodb, self._debugging = root, stage, dynamodb, debugging
        self._entropy = Entropy()
        self._untold = threading.local()
        # As many as requests are on their way; a deque counts without a lock.
        self._on_their_way: deque[None] = deque()
        project = self._load()
        files = RotatingLogWriter()
        self._console = Console(sys.stdout, palette_of(sys.stdout), logs=not debugging, busy=self._is_busy)
        self._access = AccessLogFile(project.stage, project.data_dir / "access.log", files)
        self._record = Recorder(record, RotatingLogWriter(LARGEST)) if record else None
        self._recorder_client = RecorderClient(recorder) if recorder else None
        self._quotas = Quotas(project.data_dir / "usage.json")
        self._functions = self._configs(project)
        self._logs = FunctionLogFiles(project.data_dir, files, time.time)
        self._runtime = ObservedRuntime(make_runtime(self._functions, project), self._invoked)
        self._faults = Faults()
        self._fault_order: Mapping[str, Any] | None = None
        self._settings, self._resources = project.stage, project.resources
        self._pipeline = self._build(project)

    def handle(self, request: Request) -> Reply:
        """The reply to a request."""
        self._on_their_way.append(None)
        try:
            return self._pipeline.handle(request)
        finally:
            self._on_their_way.pop()

    def handle_unreadable(self, error: GatewayError, request: Request) -> Reply:
        """The reply to what never became a request."""
        return self._pipeline.handle_unreadable(error, request)

    def tell(self) -> None:
        """Show and keep what this thread has replied last; once the client has it, since it need not wait for that."""
        untold, self._untold.exchange = getattr(self._untold, "exchange", None), None
        if untold is None:
            return
        exchange, reply = untold
        self._console.on_reply(exchange, reply)
        self._access.on_reply(exchange, reply)
        if self._record is not None:
            self._record.on_reply(exchange, reply)
        if self._recorder_client is not None:
            self._recorder_client.on_reply(exchange, reply)

    def reload(self) -> None:
        """Take up the project's files as they are now.

        Where they can't be read as an API, the routes stay as they were, but functions start from their files anew. The
        supervisor, which reads the same files first, has said what is wrong.
        """
        with contextlib.suppress(HomeportError):
            project = self._load()
            functions, pipeline = self._configs(project), self._build(project)
            self._functions, self._pipeline, self._resources = functions, pipeline, project.resources
            self._order_faults(project.stage)
        self._runtime.replace(self._functions)

    def set_faults(self, faults: Faults) -> None:
        """Have these go wrong from the next request on, and no others. Raises FaultError for an unknown table."""
        check_faults(faults, self._resources)
        self._faults = faults
        self._order_faults(self._settings)

    def faults(self) -> Faults:
        """What is to go wrong now."""
        return self._faults

    def close(self) -> None:
        """End every function."""
        self._runtime.close()
        self._console.flush()
        if self._recorder_client is not None:
            self._recorder_client.close()

    def _is_busy(self) -> bool:
        return bool(self._on_their_way)

    def _order_faults(self, stage: Stage) -> None:
        self._settings = stage
        order = fault_rules(self._faults, stage)
        if order != self._fault_order:
            self._fault_order = order
            self._runtime.set_faults(order)

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
        around = PipelineDependencies(
            project=project.root,
            runtime=self._runtime,
            clock=time.time,
            ticks=time.monotonic,
            entropy=self._entropy,
            quotas=self._quotas,
            on_reply=self._on_reply,
            debugging=self._debugging,
        )
        return build_pipeline(project.api, project.stage, around)

    def _on_reply(self, exchange: Exchange, reply: Reply) -> None:
        self._untold.exchange = (exchange, reply)

    def _invoked(self, function: str, invocation: Invocation) -> None:
        self._logs.append(function, invocation)
        if self._record is not None:
            self._record.invoked(function, invocation)
