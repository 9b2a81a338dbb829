"""A real embedded engine for tests, and factories for its tables."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.dynamodb.client import dynamodb_client
from homeport.dynamodb.embedded_process import EmbeddedProcess
from homeport.dynamodb.engine import EngineOptions, start_engine
from homeport.environment import read_environment
from homeport.errors import EngineError
from homeport.project.model import Source, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Stand:
    """What a supervisor holds: the port, the lifeline, and the engine that it started last."""

    options: EngineOptions
    listener: socket.socket
    lifeline: tuple[int, int]
    said: list[str] = field(default_factory=list)
    engine: EmbeddedProcess | None = None
    cache: Path = field(default_factory=lambda: read_environment().cache_dir)

    @property
    def endpoint(self) -> str:
        host, port = self.listener.getsockname()
        return f"http://{host}:{port}"

    @property
    def warnings(self) -> list[str]:
        return [word for word in self.said if word.startswith("warning: ")]

    @property
    def process_id(self) -> int:
        assert self.engine is not None
        return self.engine.process.pid

    def client(self, region: str = "us-east-1") -> DynamoDBClient:
        return dynamodb_client(self.endpoint, region)

    def start(self, *, wait: bool = True) -> None:
        self.engine = start_engine(
            self.options,
            listener=self.listener.fileno(),
            lifeline=self.lifeline[0],
            cache=self.cache,
            say=self.said.append,
        )
        if wait:
            self._wait_until_ready(self.engine)

    def _wait_until_ready(self, engine: EmbeddedProcess) -> None:
        """Read the engine's status lines as the supervisor does. Raises EngineError if it ends before it is ready."""
        with os.fdopen(engine.status, "rb") as lines:
            if not any(engine.take(line) for line in lines):
                raise EngineError(f"the engine ended: exit status {engine.process.wait()}")

    def kill(self) -> None:
        """kill -9 the engine and what it may have forked."""
        assert self.engine is not None
        os.killpg(self.process_id, signal.SIGKILL)
        self.engine.stop()

    def kill_and_restart(self) -> None:
        self.kill()
        self.start()

    def close(self) -> None:
        if self.engine is not None:
            self.engine.stop()
        self.listener.close()
        for end in self.lifeline:
            with contextlib.suppress(OSError):
                os.close(end)


def make_stand(data: Path | None = None, listener: socket.socket | None = None, **options: Any) -> Stand:
    listener = listener or socket.create_server(("127.0.0.1", 0))
    return Stand(EngineOptions(data=data, **options), listener, os.pipe())


@contextlib.contextmanager
def running_engine(data: Path | None = None, listener: socket.socket | None = None, **options: Any) -> Iterator[Stand]:
    stand = make_stand(data, listener, **options)
    try:
        stand.start()
        yield stand
    finally:
        stand.close()


def make_table(logical_id: str = "ItemsTable", **properties: Any) -> Table:
    """A table with the string key ``itemId``, billed by request, unless told otherwise."""
    plain = {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "itemId", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "itemId", "AttributeType": "S"}],
    }
    return Table(logical_id, logical_id, {**plain, **properties}, Source("deploy/resources.yaml", 7))


def name_tables(tables: Mapping[str, Table], name_of: Callable[[str], str]) -> dict[str, Table]:
    """The tables with the names that ``name_of`` gives them."""
    return {logical_id: replace(table, name=name_of(logical_id)) for logical_id, table in tables.items()}


def make_index(name: str, *keys: str, projection: str = "ALL", **properties: Any) -> Any:
    """An index by one or two attributes, as CloudFormation writes it."""
    schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": projection}, **properties}


def define(**types: str) -> Any:
    """Attribute definitions: ``define(itemId="S")``."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def create_items_table(client: DynamoDBClient, name: str = "items") -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "itemId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "itemId", "AttributeType": "S"}],
    )
