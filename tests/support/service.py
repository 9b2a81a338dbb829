"""The items service in this process, on a real DynamoDB; and factories of the events that it gets."""

from __future__ import annotations

import base64
import importlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from uuid import uuid4

import pytest

from homeport.dynamodb.table_requests import create_table_request
from homeport.project.load import load_project
from homeport.project.validators.generate import write_validators
from tests.support.dynamodb import running_engine

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
OUTSIDE = "HOMEPORT_TEST_DYNAMODB_URL"
"""The variable that names another DynamoDB to test the store with."""

ENGINES = ["embedded", "outside"] if OUTSIDE in os.environ else ["embedded"]
NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
REQUEST_ID = "5e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0"

Event = dict[str, Any]
EventFactory = Callable[..., Event]


def write_service_validators() -> None:
    """Make ``service/_validators.py``, without which ``service`` can't be imported."""
    write_validators(ROOT, load_project(ROOT).api)


def create_tables(client: Any, items: str = "items", receipts: str = "receipts") -> None:
    """Make the tables of deploy/resources.yaml under these names."""
    tables = load_project(ROOT).resources.tables
    client.create_table(**create_table_request(tables["ItemsTable"], items))
    client.create_table(**create_table_request(tables["IdempotencyTable"], receipts))


@contextmanager
def engine_endpoint() -> Iterator[str]:
    """The URL of an embedded engine with the tables ``items`` and ``receipts``."""
    with running_engine() as stand:
        create_tables(stand.client(REGION))
        yield stand.endpoint


@contextmanager
def service_environment(endpoint: str) -> Iterator[None]:
    """The variables that Lambda would give a function, with the engine at ``endpoint``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("ITEMS_TABLE", "items")
        patch.setenv("IDEMPOTENCY_TABLE", "receipts")
        yield


@dataclass(frozen=True)
class Context:
    """As much of Lambda's context as the handlers use."""

    aws_request_id: str = REQUEST_ID

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


@dataclass(frozen=True)
class Reply:
    """A handler's answer, its body parsed; ``text`` is the body as it was."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text, parse_float=Decimal)


@dataclass(frozen=True)
class Api:
    """Calls the handlers with events of one payload format."""

    make_event: EventFactory

    def __call__(self, operation: str, **request: Any) -> Reply:
        module = importlib.import_module(f"service.handlers.{operation}")
        answer = module.handler(self.make_event(**request), Context())
        return Reply(answer["statusCode"], answer["headers"], answer["body"])


def make_body(body: Any, as_form: bool) -> tuple[str | None, bool]:
    """``body`` (text, bytes, or what becomes JSON) as API Gateway passes it on, and whether in base64."""
    if body is None:
        return None, False
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    if isinstance(raw, bytes) or as_form:
        return base64.b64encode(raw if isinstance(raw, bytes) else raw.encode()).decode(), True
    return raw, False


def make_event_v2(
    *,
    method: str = "GET",
    path: str = "/items",
    query: str = "",
    body: Any = None,
    item_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    as_form: bool = False,
    stage: str = "",
) -> Event:
    """An event of payload 2.0. ``query`` is raw, ``item_id`` as in the URL."""
    text, is_base64 = make_body(body, as_form)
    url = path if item_id is None else f"{path}/{item_id}"
    event: Event = {
        "version": "2.0",
        "routeKey": f"{method} {path}{'' if item_id is None else '/{itemId}'}",
        "rawPath": stage + unquote(url),
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {"http": {"method": method, "path": stage + unquote(url)}, "requestId": "JKJaXmPLvHcESHA="},
        "isBase64Encoded": is_base64,
    }
    if query:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in _multi(query).items()}
    if item_id is not None:
        event["pathParameters"] = {"itemId": unquote(item_id)}
    return event if text is None else {**event, "body": text}


def make_event_rest(
    *,
    method: str = "GET",
    path: str = "/items",
    query: str = "",
    body: Any = None,
    item_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    as_form: bool = False,
    stage: str = "/prod",
) -> Event:
    """An event of a REST API: nothing decoded in paths, everything there, null where it is empty."""
    text, is_base64 = make_body(body, as_form)
    url = path if item_id is None else f"{path}/{item_id}"
    multi = _multi(query)
    return {
        "resource": path if item_id is None else f"{path}/{{itemId}}",
        "path": url,
        "httpMethod": method,
        "headers": dict(headers) if headers else None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} if headers else None,
        "queryStringParameters": {name: values[-1] for name, values in multi.items()} or None,
        "multiValueQueryStringParameters": multi or None,
        "pathParameters": None if item_id is None else {"itemId": item_id},
        "stageVariables": None,
        "requestContext": {"path": stage + url, "httpMethod": method, "requestId": REQUEST_ID},
        "body": text,
        "isBase64Encoded": is_base64,
    }


def make_event_http_v1(**request: Any) -> Event:
    """An event of an HTTP API with payload 1.0: as a REST API's, but path parameters are decoded."""
    event = make_event_rest(**{"stage": "", **request})
    decoded = event["pathParameters"] and {name: unquote(text) for name, text in event["pathParameters"].items()}
    context = {**event["requestContext"], "path": unquote(event["requestContext"]["path"])}
    return {"version": "1.0", **event, "pathParameters": decoded, "requestContext": context}


EVENT_FACTORIES: Mapping[str, EventFactory] = {
    "payload 2.0": make_event_v2,
    "payload 1.0 of an HTTP API": make_event_http_v1,
    "payload 1.0 of a REST API": make_event_rest,
}


def make_item(item_id: str = "1", *, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """An item of the model, made at NOW."""
    model = importlib.import_module("service.model")
    item: dict[str, Any] = model.new_item({"itemId": item_id, "name": "Widget", **fields}, new_id="", now=now)
    return item


def make_id() -> str:
    """An id that no other test has."""
    return f"t-{uuid4().hex[:12]}"


def in_url(text: str) -> str:
    """A text as a segment of a URL's path."""
    return quote(text, safe="")


def _multi(query: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        groups.setdefault(name, []).append(value)
    return groups
