"""The service in this process, on a running stack's DynamoDB, with what its calls consume."""

from __future__ import annotations

import importlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

from bench.report import ROOT
from homeport.contract.fixtures.stack import Stack
from homeport.project.load import load_project

_WRITES = frozenset(("DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"))


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a client, and its operation."""

    operation: str
    method: str = "GET"
    path: str = "/items"
    item_id: str | None = None
    query: str = ""
    body: Any = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """The cost of a request: its calls of DynamoDB, their read and write units, milliseconds of CPU and in all.

    ``logged`` is the bytes of its log.
    """

    status: int
    body: Any
    calls: tuple[str, ...]
    reads: float
    writes: float
    cpu_ms: float
    ms: float
    logged: int


class RecordedContext:
    """Lambda's context, as far as the handlers use it."""

    aws_request_id = str(uuid.UUID(int=0))

    def get_remaining_time_in_millis(self) -> int:
        """As many as a function has by default."""
        return 10_000


class RecordedService:
    """The items service: what it asks of DynamoDB is noted."""

    def __init__(self) -> None:
        self._store = importlib.import_module("service.store")
        self._calls: list[tuple[str, Any]] = []
        events = self._store.items._client.meta.events
        events.register("provide-client-params.dynamodb", _ask)
        events.register("after-call.dynamodb", self._note)

    def __call__(self, request: Request) -> Recording:
        """Have a request answered."""
        handler = importlib.import_module(f"service.handlers.{request.operation}").handler
        event = _event(request)
        self._calls.clear()
        log = StringIO()
        cpu, wall = time.process_time(), time.perf_counter()
        with redirect_stdout(log):
            answer = handler(event, RecordedContext())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        units = [(name, _units(consumed)) for name, consumed in self._calls]
        return Recording(
            status=answer["statusCode"],
            body=json.loads(answer["body"] or "null"),
            calls=tuple(name for name, _ in units),
            reads=sum(unit for name, unit in units if name not in _WRITES),
            writes=sum(unit for name, unit in units if name in _WRITES),
            cpu_ms=cpu * 1000,
            ms=wall * 1000,
            logged=len(log.getvalue().encode()),
        )

    def _note(self, model: Any, parsed: Any, **_: Any) -> None:
        self._calls.append((model.name, parsed.get("ConsumedCapacity")))


def recorded_service(stack: Stack, stage: str = "local") -> RecordedService:
    """The service on the tables of a running stack, once a process: it takes its settings from the environment."""
    project = load_project(ROOT, stage)
    tables = {table.variable: table.name for table in project.resources.tables.values()}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": project.stage.region}
    os.environ.update({"AWS_ENDPOINT_URL_DYNAMODB": str(stack.dynamodb), **keys, **tables})
    return RecordedService()


def _ask(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "ReturnConsumedCapacity": "INDEXES"}


def _units(consumed: Any) -> float:
    listed = consumed if isinstance(consumed, list) else [consumed] if consumed else []
    return float(sum(each["CapacityUnits"] for each in listed))


def _event(request: Request) -> dict[str, Any]:
    path = request.path if request.item_id is None else f"{request.path}/{request.item_id}"
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": {name.lower(): value for name, value in (request.headers or {}).items()},
        "requestContext": {"http": {"method": request.method, "path": path}},
        "isBase64Encoded": False,
    }
    if request.item_id is not None:
        event["pathParameters"] = {"itemId": request.item_id}
    return event if request.body is None else {**event, "body": json.dumps(request.body)}
