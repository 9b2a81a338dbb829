"""The API that is being served: built from the project's files, and built anew when they change."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from homeport.errors import HomeportError
from homeport.gateway.access_file import AccessFile
from homeport.gateway.build import LOCAL_ACCOUNT, Surroundings, build_pipeline
from homeport.gateway.console import Console
from homeport.gateway.context import Exchange
from homeport.gateway.errors import Refused
from homeport.gateway.message import Reply, Request
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.usage import Quotas
from homeport.runtime.api import Runtime
from homeport.runtime.config import FunctionConfig, function_configs
from homeport.spec.load import load_project
from homeport.spec.project import Project

Configs = Mapping[str, FunctionConfig]


class ReplaceableRuntime(Runtime, Protocol):
    """A runtime that can take up changed functions."""

    def replace(self, configs: Configs) -> None:
        """Serve the next requests with these functions; running ones end undisturbed."""
        ...


class LiveApi:
    """One project in one stage. ``make_runtime`` is called once, with the functions of the first load.

    Requests that are on their way when the API is reloaded end on what they started on.
    """

    def __init__(
        self,
        root: Path,
        stage: str,
        dynamodb: str | None,
        make_runtime: Callable[[Configs, Project], ReplaceableRuntime],
    ) -> None:
        """Raises HomeportError for what is wrong with the project."""
        self._root, self._stage, self._dynamodb = root, stage, dynamodb
        project = self._load()
        self._console = Console(sys.stdout)
        self._access = AccessFile(project.stage, project.data_dir / "logs" / "access.log")
        self._quotas = Quotas(project.data_dir / "usage.json")
        self._functions = self._configs(project)
        self._runtime = make_runtime(self._functions, project)
        self._pipeline = self._build(project)

    def handle(self, request: Request) -> Reply:
        """The reply to a request."""
        return self._pipeline.handle(request)

    def handle_unreadable(self, refused: Refused, request: Request) -> Reply:
        """The reply to what never became a request."""
        return self._pipeline.handle_unreadable(refused, request)

    def reload(self) -> None:
        """Take up the project's files as they are now.

        Where they can't be read as an API, the routes stay as they were, but functions start from their files anew. The
        supervisor, which reads the same files first, has said what is wrong.
        """
        with contextlib.suppress(HomeportError):
            project = self._load()
            functions, pipeline = self._configs(project), self._build(project)
            self._functions, self._pipeline = functions, pipeline
        self._runtime.replace(self._functions)

    def close(self) -> None:
        """End every function."""
        self._runtime.close()

    def _load(self) -> Project:
        return load_project(self._root, self._stage)

    def _configs(self, project: Project) -> Configs:
        return function_configs(
            project.api, project.stage, project.resources, dynamodb_url=self._dynamodb, account_id=LOCAL_ACCOUNT
        )

    def _build(self, project: Project) -> Pipeline:
        around = Surroundings(
            project=project.root,
            runtime=self._runtime,
            clock=time.time,
            ticks=time.monotonic,
            entropy=os.urandom,
            quotas=self._quotas,
            replied=self._replied,
        )
        return build_pipeline(project.api, project.stage, around)

    def _replied(self, exchange: Exchange, reply: Reply) -> None:
        self._console.replied(exchange, reply)
        self._access.replied(exchange, reply)
